"""The commands about recorded procedures: list, show, verify, recover, delete, and replay of one."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from guidance.journal.event_log import EVENTS_NAME, Journal
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.verify import verify
from tests.support.command_line import Done, command
from tests.support.recorded_procedure import record_procedure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return record_procedure(tmp_path)


def procedures(verb: str, store: Path, *words: str) -> Done:
    return command("procedures", verb, *words, "--store", store)


def damage(folder: Path) -> None:
    path = folder / EVENTS_NAME
    path.write_bytes(path.read_bytes().replace(b"generic", b"Generic", 1))


def test_procedures_are_listed_with_their_state(folder: Path) -> None:
    cut_off = record_procedure(folder.parent, cut_off=True)
    done = procedures("list", folder.parent)
    first, second = done.out.splitlines()
    assert (done.status, done.err) == (0, "")
    assert first.startswith(f"{folder.name}  finished  2026-01-02T03:04:05")
    assert "generic-block  manual  2 s  6 pulses" in first
    assert second.startswith(f"{cut_off.name}  cut off")
    listed = json.loads(procedures("list", folder.parent, "--json").out)["procedures"]
    assert [(one["name"], one["state"], one["stimuli"]) for one in listed] == [
        (folder.name, "finished", 6),
        (cut_off.name, "cut off", None),
    ]


def test_an_empty_store_is_reported(tmp_path: Path) -> None:
    for verb in ("list", "verify"):
        done = procedures(verb, tmp_path)
        assert (done.status, done.out) == (0, f"There is no recorded procedure in {tmp_path}.\n")


def test_one_procedure_is_shown(folder: Path) -> None:
    out = procedures("show", folder.parent, folder.name).out
    for word in ("generic-block", "ended: operator", "injection volume ml 5", "whole:", "signal.bdf"):
        assert word in out
    listed = json.loads(procedures("show", folder.parent, folder.name, "--json").out)
    assert (listed["state"], listed["reason"], listed["entries"][0]["what"]) == ("whole", "operator", "injection")


def test_verify_without_a_name_checks_all_and_names_the_first_broken_line(folder: Path) -> None:
    other = record_procedure(folder.parent)
    assert procedures("verify", folder.parent).status == 0
    damage(other)
    done = procedures("verify", folder.parent)
    assert done.status == 1
    assert f"{folder.name}  whole" in done.out
    assert f"{other.name}  broken: line 1 is broken" in done.out
    assert procedures("verify", folder.parent, folder.name).status == 0
    assert json.loads(procedures("verify", folder.parent, other.name, "--json").out)["holds"] is False


def test_a_cut_off_procedure_is_not_intact_until_it_is_recovered(tmp_path: Path) -> None:
    folder = record_procedure(tmp_path, cut_off=True)
    assert procedures("verify", tmp_path).status == 1
    done = procedures("recover", tmp_path)
    assert (done.status, done.err) == (0, "")
    assert "2.2 s of the signal were recovered" in done.out
    assert procedures("verify", tmp_path, folder.name).status == 0
    assert procedures("recover", tmp_path).out == "No procedure was cut off.\n"
    assert "recovered" in procedures("show", tmp_path, folder.name).out


def test_a_record_that_cannot_be_recovered_is_reported_and_the_others_are_recovered(tmp_path: Path) -> None:
    broken, other = record_procedure(tmp_path, cut_off=True), record_procedure(tmp_path, cut_off=True)
    damage(broken)
    done = procedures("recover", tmp_path)
    assert done.status == 1
    assert done.err.count("\n") == 1
    assert "the record is not changed" in done.err
    assert verify(other).is_intact


def test_deleting_needs_confirmation(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in ("n\n", ""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        done = procedures("delete", folder.parent, folder.name)
        assert (done.status, done.out) == (1, "")
        assert done.err.endswith("Nothing was deleted; in a script, use --yes.\n")
        assert verify(folder).is_intact
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert procedures("delete", folder.parent, folder.name).status == 0
    assert not folder.exists()


def test_a_deleted_procedure_is_listed_and_its_tombstone_verified(folder: Path) -> None:
    assert procedures("delete", folder.parent, folder.name, "--yes").out == f"{folder.name}: deleted\n"
    assert procedures("list", folder.parent).out.startswith(f"{folder.name}  deleted 20")
    assert procedures("verify", folder.parent).out == "(deleted)  whole: 1 tombstone is intact\n"
    stones = folder.parent / "deleted.jsonl"
    stones.write_bytes(stones.read_bytes().replace(b"whole", b"empty"))
    assert procedures("verify", folder.parent).status == 1


def test_what_is_still_being_recorded_is_not_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "20260102T030405Z-p"
    folder.mkdir()
    journal = Journal(folder)
    done = procedures("delete", tmp_path, folder.name, "--yes")
    journal.close()
    assert (done.status, done.is_one_sentence) == (1, True)
    assert "still being recorded" in done.err


@pytest.mark.parametrize("verb", ["show", "verify", "recover", "delete"])
@pytest.mark.parametrize("name", ["../x", "no-such", "\x1b[2J"])
def test_a_name_that_names_no_procedure_is_a_bad_argument(tmp_path: Path, verb: str, name: str) -> None:
    done = procedures(verb, tmp_path, name)
    assert (done.status, done.is_one_sentence) == (2, True)
    assert "\x1b" not in done.err


def test_a_store_that_is_not_there_is_a_bad_argument(tmp_path: Path) -> None:
    done = procedures("list", tmp_path / "none")
    assert (done.status, done.is_one_sentence) == (2, True)


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_a_link_in_the_store_is_reported_and_left_alone(folder: Path) -> None:
    (folder.parent / "20260102T030405Z-link").symlink_to(folder)
    done = procedures("verify", folder.parent)
    assert done.status == 0
    assert "20260102T030405Z-link is a symbolic link" in done.err
    assert "link  " not in done.out


def test_a_name_that_is_not_text_breaks_no_list(folder: Path) -> None:
    try:
        os.rename(folder, os.path.join(os.fsencode(folder.parent), b"20260102T030405Z-\xff\x1b[2J"))  # noqa: PTH104, PTH118
    except OSError:
        pytest.skip("the file system takes no such name")
    for verb in ("list", "verify"):
        done = procedures(verb, folder.parent)
        assert done.status == 0
        assert "\x1b" not in done.out


def test_a_procedure_replayed_by_the_same_code_does_not_differ(folder: Path) -> None:
    done = command("replay", folder.name, "--store", folder.parent)
    assert (done.status, done.err) == (0, "")
    listed = json.loads(command("replay", folder, "--json").out)
    assert [(row["what"], row["recorded"], row["today"], row["differences"]) for row in listed["rows"]] == [
        ("pulses", 6, 6, []),
        ("detected", 6, 6, []),
        ("amplitude", 6, 6, []),
        ("zone", 6, 6, []),
        ("alarms", 0, 0, []),
    ]


def test_a_replay_shows_where_todays_decisions_differ(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guidance.engine.settings.Settings.named_criterion_uv", 1e4)
    done = command("replay", folder)
    assert done.status == 0
    assert "detected: yes on record, no today" in done.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["no-such"], "There is no file 'no-such'"),
        (["--channel", "x"], "--channel is for a recorded file"),
        (["--speed", "2"], "--speed is for a recorded file"),
        (["--protocol", "fds"], "--protocol is for a recorded file"),
        (["--below-threshold", "0"], "--below-threshold is for a recorded file"),
    ],
)
def test_a_replay_that_is_not_possible_is_a_bad_argument(folder: Path, words: list[str], sentence: str) -> None:
    name = words if len(words) == 1 else [folder.name, *words]
    done = command("replay", *name, "--store", folder.parent)
    assert (done.status, done.is_one_sentence) == (2, True)
    assert sentence in done.err


def test_a_procedure_without_its_signal_cannot_be_replayed(folder: Path) -> None:
    (folder / SIGNAL_NAME).unlink()
    done = command("replay", folder)
    assert (done.status, done.is_one_sentence) == (1, True)


def test_a_procedure_whose_start_record_lacks_fields_cannot_be_replayed(folder: Path) -> None:
    path = folder / EVENTS_NAME
    path.write_bytes(path.read_bytes().replace(b'"device"', b'"Device"', 1))
    done = command("replay", folder)
    assert (done.status, done.is_one_sentence) == (1, True)
    assert "lacks what a replay needs" in done.err
