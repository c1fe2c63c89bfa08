"""Names and weights can be kept off the command line, which every user of the machine can read."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.support.command_line import command

DOSE = ("dose", "--drug", "ropivacaine", "--json", "--weight")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    text = io.StringIO("70 kg\n")
    monkeypatch.setattr("sys.stdin", text)
    return text


def test_a_weight_comes_from_standard_input_or_a_file_as_from_the_command_line(
    tmp_path: Path, typed: io.StringIO
) -> None:
    (tmp_path / "weight").write_text("70\n")
    given = [json.loads(command(*DOSE, weight).out) for weight in ("70", "-", f"@{tmp_path / 'weight'}")]
    assert given[0] == given[1] == given[2]


@pytest.mark.parametrize("value", ["-", "@/no/such/file", "@/dev/null", "@/"])
def test_a_value_that_is_not_there_is_one_sentence(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    done = command(*DOSE, value)
    assert (done.status, done.is_one_sentence) == (2, True), done.err


@pytest.mark.parametrize("words", [("procedures", "sign"), ("procedures", "addendum"), ("run",), ("dose",)])
def test_the_help_names_the_way(words: tuple[str, ...]) -> None:
    assert "standard input" in " ".join(command(*words, "--help").out.split())
