"""The command help: the documents in the terminal, without network, and through a pipe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from guidance.cli.help import TOPICS, document
from tests.support.command_line import command, started

BIDI_OR_ESCAPE = re.compile("[\x1b\x00-\x08]")


def test_without_a_topic_it_lists_all_topics() -> None:
    done = command("help")
    assert (done.status, done.err) == (0, "")
    assert all(re.search(rf"^ +{topic} ", done.out, re.MULTILINE) for topic in TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_is_shown_as_plain_text_where_there_is_no_terminal(topic: str) -> None:
    done = command("help", topic)
    assert (done.status, done.err) == (0, "")
    assert len(done.out.splitlines()) > 10
    assert not BIDI_OR_ESCAPE.search(done.out)
    assert max(map(len, done.out.splitlines())) <= 100


@pytest.mark.parametrize("topic", ["qqqq", "", "GUIDE", "../guide", "\x1b[2J"])
def test_an_unknown_topic_is_refused_with_those_that_exist(topic: str) -> None:
    done = command("help", topic)
    assert (done.status, done.is_one_sentence) == (2, True), done.err
    assert "guide" in done.err
    assert not BIDI_OR_ESCAPE.search(done.err)


def test_a_command_is_referred_to_its_own_help() -> None:
    done = command("help", "run")
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "needle-guidance run --help" in done.err


def test_pictures_are_left_out() -> None:
    assert "simulated patient" in (Path(__file__).resolve().parents[3] / "guidance/docs/guide.md").read_text("utf-8")
    assert "![" not in document("guide")
    assert ".svg" not in command("help", "guide").out


def test_nothing_is_cut_off_in_a_narrow_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    done = command("help", "devices")
    assert "\u2026" not in done.out
    assert max(map(len, done.out.splitlines())) <= 60


def test_a_topic_reaches_a_pipe() -> None:
    process = started("help", "dose")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "Doses" in out


@pytest.mark.parametrize("topic", TOPICS)
def test_the_documents_name_only_files_of_this_project(topic: str) -> None:
    root = Path(__file__).resolve().parents[3]
    named = re.findall(r"`((?:guidance|drivers|protocols|tests)/[\w./-]+)`", document(topic))
    assert [name for name in named if not (root / name).exists()] == []
