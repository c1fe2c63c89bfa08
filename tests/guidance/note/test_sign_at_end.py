"""Signing when the screen closes: the same code and checks as the command; it may be left for later."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from guidance.cli.notes import sign_at_end
from guidance.note.case_sheet import save_case
from guidance.note.signing import load_signed
from tests.guidance.journal.scripted_procedure import femoral_block
from tests.guidance.note.case_sheets import BLOCK_SHEET, PERFORMER, sheet


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A procedure whose note has all answers, and a user at the terminal."""
    folder = femoral_block().record_in(tmp_path)
    save_case(folder, sheet(), None)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    return folder


def answer_prompts(monkeypatch: pytest.MonkeyPatch, answers: dict[str, str]) -> list[str]:
    """Answer each prompt by its beginning, others with nothing; return the list that collects the prompts."""
    prompts: list[str] = []

    def answer(question: str, **_: object) -> str:
        prompts.append(question)
        return next((text for begin, text in answers.items() if question.startswith(begin)), "")

    monkeypatch.setattr(click, "prompt", answer)
    return prompts


def test_the_note_is_shown_before_the_name_is_requested(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts = answer_prompts(monkeypatch, {"Signed by": PERFORMER})
    sign_at_end(folder, None)
    signed = load_signed(folder, None)
    assert signed is not None
    assert signed.signature["by"] == PERFORMER
    assert prompts == ["Signed by"]
    out = capsys.readouterr().out
    assert out.index("# Procedure note") < out.index(f"Signed by {PERFORMER}")


def test_missing_fields_are_requested_before_any_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without = "\n".join(line for line in BLOCK_SHEET.splitlines() if not line.startswith("consent"))
    save_case(folder, sheet(without), None)
    prompts = answer_prompts(monkeypatch, {})
    with pytest.raises(SystemExit) as left:
        sign_at_end(folder, None)
    assert left.value.code == 2
    assert len(prompts) == 1
    assert prompts[0].startswith("Consent")
    assert "1 required field is without an answer (consent)" in capsys.readouterr().err
    assert load_signed(folder, None) is None


def test_signing_may_be_left_for_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: object, **__: object) -> str:
        raise click.Abort

    monkeypatch.setattr(click, "prompt", gone)
    with pytest.raises(SystemExit) as left:
        sign_at_end(folder, None)
    assert left.value.code == 1
    command = f"To sign it later: needle-guidance procedures sign {folder.name} --store {folder.parent}"
    assert command in capsys.readouterr().err
    assert load_signed(folder, None) is None
