"""A store changed by others: each fault is one sentence, no link is followed, nothing blocks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from guidance.common.errors import UsageError, UserError
from guidance.journal import store as store_module
from guidance.journal.event_log import EVENTS_NAME, Journal
from guidance.journal.event_reader import read_events
from guidance.journal.recover import recover
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.store import (
    clock_warning,
    end_is_requested,
    end_without_screen,
    find_procedure,
    new_procedure,
    procedures,
    unfinished,
)
from guidance.journal.summary import summarise
from guidance.journal.tombstones import DELETED_NAME, delete, tombstones, verify_tombstones
from guidance.journal.verify import RecordState, verify
from tests.support.recorded_procedure import NOW, record_procedure

posix = pytest.mark.skipif(os.name != "posix", reason="needs the files of POSIX")


@pytest.mark.parametrize(
    "name", ["..", ".", "", "../x", "/etc", "a/b", "a\\b", ".hidden", "a\0b", "\x1b[31m", "no-such", "x" * 300]
)
def test_a_name_never_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / EVENTS_NAME).touch()
    with pytest.raises(UsageError, match="procedures list' shows the names"):
        find_procedure(tmp_path / "store", name)


@pytest.mark.hazard("hostile-store")
@posix
def test_a_symbolic_link_is_no_procedure(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    folder = record_procedure(tmp_path / "elsewhere", cut_off=True)
    (store / folder.name).symlink_to(folder)
    assert procedures(store) == unfinished(store) == []
    assert end_without_screen(store) == {}
    with pytest.raises(UsageError, match="is a symbolic link"):
        find_procedure(store, folder.name)


@posix
@pytest.mark.parametrize("name", [EVENTS_NAME, SIGNAL_NAME])
def test_a_file_that_is_a_link_is_not_followed(tmp_path: Path, name: str) -> None:
    folder = record_procedure(tmp_path, cut_off=True)
    secret = tmp_path / "secret"
    (folder / name).rename(secret)
    (folder / name).symlink_to(secret)
    before = secret.read_bytes()
    if name == EVENTS_NAME:
        assert verify(folder).why == f"{EVENTS_NAME} cannot be read (it is a symbolic link)"
        with pytest.raises(UserError, match="symbolic link"):
            recover(folder)
        with pytest.raises(UserError, match="symbolic link"):
            read_events(folder)
    else:
        verdict = recover(folder)
        assert verdict is not None
        assert verdict.signal_s is None
    assert secret.read_bytes() == before


@posix
def test_a_pipe_in_place_of_the_journal_does_not_block(tmp_path: Path) -> None:
    folder = record_procedure(tmp_path)
    (folder / EVENTS_NAME).unlink()
    os.mkfifo(folder / EVENTS_NAME)
    os.mkfifo(folder / "without-screen")
    assert unfinished(tmp_path) == []
    assert end_without_screen(tmp_path) == {}
    assert verify(folder).why == f"{EVENTS_NAME} cannot be read (it is not a plain file)"
    assert summarise(folder).state == "unreadable"
    for act in (recover, read_events):
        with pytest.raises(UserError, match="not a plain file"):
            act(folder)


@posix
def test_a_store_where_everybody_may_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(UsageError, match=r"Every user may write in .*chmod o-w"):
        new_procedure(tmp_path, "p", NOW)
    tmp_path.chmod(0o1777)
    assert new_procedure(tmp_path, "p", NOW).exists()


@pytest.mark.hazard("hostile-store")
@posix
def test_no_process_is_signalled_whatever_a_store_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = record_procedure(tmp_path)
    (folder / "without-screen").write_text(str(os.getpid()))
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("killed"))
    assert end_without_screen(tmp_path) == {}
    monkeypatch.setattr(store_module, "_END_S", 0.0)
    with locked_elsewhere(folder / EVENTS_NAME):
        assert end_without_screen(tmp_path) == {folder: False}
    assert end_is_requested(folder)


@posix
def test_a_link_in_place_of_the_request_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, target = record_procedure(tmp_path), tmp_path / "target"
    (folder / "without-screen").touch()
    (folder / "end-requested").symlink_to(target)
    monkeypatch.setattr(store_module, "_END_S", 0.0)
    with locked_elsewhere(folder / EVENTS_NAME):
        assert end_without_screen(tmp_path) == {folder: False}
    assert not target.exists()


@contextmanager
def locked_elsewhere(path: Path) -> Iterator[None]:
    """Another process, perhaps a hostile one, that has locked ``path``."""
    code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    words = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate(b"\n")


@pytest.mark.parametrize("line", [b"\xff\xfe", b"[" * 100_000, b"x" * (1 << 21), b"[]", b"{", b'{"t": NaN'])
def test_the_error_names_the_number_of_a_damaged_line(tmp_path: Path, line: bytes) -> None:
    folder = record_procedure(tmp_path)
    path = folder / EVENTS_NAME
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n" + line + b"\n")
    with pytest.raises(UserError, match=r"^Line 2 of .*events.jsonl is damaged"):
        read_events(folder)
    assert summarise(folder).name == folder.name


def test_wrong_types_in_the_first_and_last_line_are_ignored(tmp_path: Path) -> None:
    folder = new_procedure(tmp_path, "p", NOW)
    (folder / EVENTS_NAME).write_text(
        '{"wall_time": 5, "protocol": "\\u001b[31mred", "device": [], "mode": {}}\n{"t": "x", "stimuli": "y"}\n'
    )
    verdict = summarise(folder)
    assert (verdict.began, verdict.protocol, verdict.device, verdict.lasted_s, verdict.stimuli) == (
        None,
        "[31mred",
        None,
        None,
        None,
    )


def test_a_journal_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / EVENTS_NAME).write_text("kept")
    with pytest.raises(UsageError, match="cannot be created"):
        Journal(tmp_path)
    assert (tmp_path / EVENTS_NAME).read_text() == "kept"


def test_a_clock_set_back_is_reported_in_one_sentence(tmp_path: Path) -> None:
    record_procedure(tmp_path, now=NOW.replace(year=2027))
    warning = clock_warning(tmp_path, NOW)
    assert warning is not None
    assert warning.startswith("This computer's clock may have been set back: a recorded procedure began at 2027-01-02")
    assert clock_warning(tmp_path, NOW.replace(year=2027)) is None


def test_a_folder_name_without_a_time_gives_no_clock_warning(tmp_path: Path) -> None:
    (tmp_path / "99999999T999999Z-p").mkdir()
    (tmp_path / "99999999T999999Z-p" / EVENTS_NAME).touch()
    assert clock_warning(tmp_path, NOW) is None


def test_a_deleted_procedure_leaves_a_tombstone_that_is_chained(tmp_path: Path) -> None:
    first, second = record_procedure(tmp_path), record_procedure(tmp_path)
    lines, chain = verify(first).lines, verify(first).chain
    assert verify_tombstones(tmp_path) is None
    delete(first, NOW)
    delete(second, NOW)
    assert procedures(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [DELETED_NAME]
    stones = tombstones(tmp_path)
    assert [stone["name"] for stone in stones] == [first.name, second.name]
    assert (stones[0]["lines"], stones[0]["last_chain"], stones[0]["state"]) == (lines, chain, "whole")
    verdict = verify_tombstones(tmp_path)
    assert verdict is not None
    assert (verdict.state, verdict.lines) == (RecordState.WHOLE, 2)


@pytest.mark.parametrize(
    "damage", [lambda raw: raw.replace(b"whole", b"empty"), lambda raw: raw[:-1], lambda _: b"\xff\n"]
)
def test_tombstones_that_were_changed_are_broken(tmp_path: Path, damage: object) -> None:
    delete(record_procedure(tmp_path), NOW)
    path = tmp_path / DELETED_NAME
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    verdict = verify_tombstones(tmp_path)
    assert verdict is not None
    assert verdict.state is RecordState.BROKEN


def test_nothing_is_deleted_if_the_tombstones_are_broken(tmp_path: Path) -> None:
    folder = record_procedure(tmp_path)
    (tmp_path / DELETED_NAME).write_text("{}\n")
    with pytest.raises(UserError, match="Nothing was deleted"):
        delete(folder, NOW)
    assert verify(folder).is_intact


def test_a_running_procedure_is_not_deleted(tmp_path: Path) -> None:
    folder = new_procedure(tmp_path, "p", NOW)
    journal = Journal(folder)
    with pytest.raises(UserError, match="still being recorded"):
        delete(folder, NOW)
    journal.close()
    assert folder.exists()


def test_a_deletion_that_was_interrupted_is_finished_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".deleting-x").mkdir()
    (tmp_path / ".deleting-x" / EVENTS_NAME).touch()
    assert procedures(tmp_path) == []
    delete(record_procedure(tmp_path), NOW)
    assert not (tmp_path / ".deleting-x").exists()
