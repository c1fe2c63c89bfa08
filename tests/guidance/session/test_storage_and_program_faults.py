"""A disk that is full, a copy that nobody reads, a fault of the program itself: the stimulator is switched off."""

from __future__ import annotations

import errno
import json
import os
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guidance.common.errors import DONE, FAILED, StorageError, UsageError
from guidance.contracts.events import End, TimedRecord
from guidance.engine.loop import Engine
from guidance.journal import event_log as log
from guidance.journal.event_log import EVENTS_NAME, Journal
from guidance.journal.seal import Seal, write_seal
from guidance.journal.store import mark_reported, new_procedure, unfinished, unreported_unfinished
from guidance.session.event_writer import BackgroundWriter, EventWriter, FileTarget
from tests.guidance.session.virtual import VirtualBench

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
END = TimedRecord(1.0, End("operator", 0, 0, 0, 0))
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device that is always full")


def full_from(monkeypatch: pytest.MonkeyPatch, bench: VirtualBench, seconds: float) -> None:
    """The journal's disk accepts half a line more, and nothing after it."""
    real_write: Callable[[int, bytes], int] = os.write

    def fill() -> None:
        left = [10]

        def write(fd: int, data: bytes) -> int:
            if not left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real_write(fd, data[: left.pop()])

        monkeypatch.setattr(os, "write", write)

    bench.after(seconds, fill)


@pytest.mark.hazard("lost-record")
def test_a_full_disk_switches_off_and_leaves_whole_lines(bench: VirtualBench, monkeypatch: pytest.MonkeyPatch) -> None:
    full_from(monkeypatch, bench, 4.1)
    outcome = bench.run(6.0)
    assert outcome.status == FAILED
    assert "No space left" in (outcome.sentence or "")
    assert bench.lines[-1]["t"] < 5.0
    assert not bench.is_enabled
    assert any(alarm.code == "storage" for alarm in bench.seat.shown[-1].alarms)
    assert unfinished(bench.store)


def test_where_the_copy_fails_with_the_journal_the_journal_fault_is_reported(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    full_from(monkeypatch, bench, 4.1)
    outcome = bench.run(6.0, events=str(tmp_path / "copy.jsonl"))
    assert outcome.status == FAILED
    assert "copy.jsonl" not in (outcome.sentence or "")
    assert "No space left" in (outcome.sentence or "")


@needs_full
def test_a_copy_that_cannot_be_written_is_alarmed_and_the_procedure_goes_on(bench: VirtualBench) -> None:
    outcome = bench.run(5.0, events="/dev/full")
    assert outcome.status == FAILED
    assert "/dev/full" in (outcome.sentence or "")
    assert bench.of("alarm", code="storage")[0]["active"]
    assert any(pulse["t"] > 4 for pulse in bench.of("stimulus"))
    assert bench.lines[-1]["reason"] == "duration"


def test_a_fault_of_the_program_switches_off_and_closes_the_journal(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    bench.after(4.0, lambda: monkeypatch.setattr(Engine, "step", fail))
    outcome = bench.run(8.0)
    assert outcome.status == FAILED
    assert (outcome.sentence or "").startswith("The program failed (ZeroDivisionError: division by zero)")
    assert (bench.lines[-1]["kind"], bench.lines[-1]["reason"]) == ("end", "error")
    assert not bench.is_enabled
    (trace,) = bench.store.glob("*/fault.txt")
    assert "ZeroDivisionError" in trace.read_text()
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600


def test_a_procedure_cut_off_is_reported_once_at_the_next_start(bench: VirtualBench) -> None:
    folder = new_procedure(bench.store, "generic-block", NOW)
    (folder / EVENTS_NAME).write_text('{"kind": "start", "seq": 0')
    bench.run(1.0)
    assert [sentence for sentence in bench.seat.notices if folder.name in sentence]
    bench.seat.notices.clear()
    bench.run(1.0)
    assert len(bench.seat.notices) == 1
    assert " s recorded in " in bench.seat.notices[0]


def test_a_procedure_under_way_elsewhere_is_not_taken_for_cut_off(tmp_path: Path) -> None:
    folder = new_procedure(tmp_path, "p", NOW)
    open_journal = Journal(folder)
    assert unfinished(tmp_path) == []
    open_journal.close()
    assert unfinished(tmp_path) == unreported_unfinished(tmp_path) == [folder]
    mark_reported(folder)
    assert (unfinished(tmp_path), unreported_unfinished(tmp_path)) == ([folder], [])


def test_a_journal_with_an_end_is_finished(tmp_path: Path) -> None:
    folder = new_procedure(tmp_path, "p", NOW)
    writer = EventWriter(Journal(folder))
    writer.write(END)
    writer.close()
    assert unfinished(tmp_path) == [folder], "its end is written, but nobody has sealed it"
    write_seal(folder, Seal(1, "", None))
    assert unfinished(tmp_path) == []


def test_stored_files_are_readable_by_their_user_only(bench: VirtualBench) -> None:
    bench.run(0.5)
    (written,) = bench.store.glob("*/events.jsonl")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (bench.store, written.parent, written)]
    assert modes == [0o700, 0o700, 0o600]


def test_procedures_of_one_second_get_folders_of_their_own(tmp_path: Path) -> None:
    assert len({new_procedure(tmp_path, "p", NOW) for _ in range(3)}) == 3


def test_a_store_that_cannot_be_made_is_a_bad_argument(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="another --store"):
        new_procedure(tmp_path / "file" / "store", "p", NOW)


def test_a_journal_reaches_the_disk_about_every_second_without_its_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(log, "SYNC_S", 0.01)
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_size))
    folder = new_procedure(tmp_path, "p", NOW)
    book = Journal(folder)
    book.write(b'{"one": 1}\n')
    until = time.monotonic() + 5.0
    size = (folder / EVENTS_NAME).stat().st_size
    while size not in synced and time.monotonic() < until:
        time.sleep(0.01)
    assert size in synced
    book.close()


def test_a_disk_that_fails_late_is_reported_at_the_next_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(log, "SYNC_S", 0.01)
    monkeypatch.setattr(os, "fsync", fail)
    book = Journal(new_procedure(tmp_path, "p", NOW))
    writer = EventWriter(book)
    writer.write(END)
    book._worker.join(5)
    with pytest.raises(StorageError, match="Input/output"):
        writer.write(END)
    writer.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_without_a_reader_delays_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guidance.session.event_writer._CLOSE_S", 0.01)
    monkeypatch.setattr("guidance.session.event_writer._MOST_WAITING", 10)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = EventWriter(BackgroundWriter(str(pipe)))
    for _ in range(10):
        writer.write(END)
    with pytest.raises(StorageError, match="does not keep up"):
        writer.write(END)
    writer.close()
    pipe.open("rb").close()  # lets the thread that waits for a reader go


def test_a_pipe_is_copied_to_once_it_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = EventWriter(BackgroundWriter(str(pipe)))
    writer.write(END)
    with pipe.open("rb") as reader:
        writer.write(END)
        writer.close()
        assert reader.read().count(b"\n") == 2


@needs_full
def test_one_target_that_fails_leaves_the_others(tmp_path: Path) -> None:
    writer = EventWriter(FileTarget(str(tmp_path / "good")), FileTarget("/dev/full"))
    with pytest.raises(StorageError) as caught:
        writer.write(END)
    assert caught.value.target == "/dev/full"
    writer.write(END)
    writer.close()
    assert (tmp_path / "good").read_bytes().count(b"\n") == 2


def test_a_run_ends_well(bench: VirtualBench, tmp_path: Path) -> None:
    assert bench.run(3.0, events=str(tmp_path / "copy.jsonl")).status == DONE
    (kept,) = bench.store.glob("*/events.jsonl")
    chained = [json.loads(line) for line in kept.read_text().splitlines()]
    copied = [json.loads(line) for line in (tmp_path / "copy.jsonl").read_text().splitlines()]
    assert [record | {"chain": line["chain"]} for record, line in zip(copied, chained, strict=True)] == chained
