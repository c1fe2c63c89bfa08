"""The record of a live procedure: written before any request to the stimulator, supervised, recovered."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyedflib
import pytest

from drivers.ona.frames import FrameReader
from drivers.recording import Recording
from drivers.simulated import messages
from guidance.common.errors import BAD_ARGUMENTS, DONE, FAILED
from guidance.engine.settings import Mode, Settings
from guidance.journal import signal
from guidance.journal.disk_space import RESERVE_BYTES
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.locks import lock
from guidance.journal.seal import SEAL_NAME
from guidance.journal.signal import SIGNAL_NAME, SignalFile
from guidance.journal.verify import RecordState, verify
from guidance.protocol import load
from guidance.session import LiveJob
from tests.guidance.session.virtual import VirtualBench
from tests.support.recorded_procedure import record_procedure


def newest(bench: VirtualBench) -> Path:
    return max(bench.store.glob(f"*/{EVENTS_NAME}")).parent


def test_a_procedure_leaves_an_intact_record_with_its_signal(bench: VirtualBench) -> None:
    assert bench.run(5.0).status == DONE
    folder = newest(bench)
    assert verify(folder).state is RecordState.WHOLE
    recording = Recording(folder / SIGNAL_NAME)
    assert recording.total_samples == bench.lines[-1]["samples"]
    delivered = bench.of("stimulus", outcome="delivered")
    assert [pulse.sample for pulse in recording.pulses] == [pulse["sample"] for pulse in delivered]
    assert len(delivered) > 3


def test_the_state_of_the_record_is_there_for_the_screen(bench: VirtualBench) -> None:
    bench.run(2.0)
    view = bench.seat.shown[-1].journal
    assert view is not None
    assert (view.state, view.folder) == ("ok", str(newest(bench)))
    assert view.minutes_left is not None
    assert view.minutes_left > 0


def test_what_is_not_on_record_is_not_requested_from_the_stimulator(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills at the very line that would arm the stimulator."""
    real_write: Callable[[int, bytes], int] = os.write

    def write(fd: int, data: bytes) -> int:
        if b'"enabled": true' in bytes(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real_write(fd, data)

    monkeypatch.setattr(os, "write", write)
    enabled: list[bool] = []
    for tenth in range(60):
        bench.after(tenth / 10, lambda: enabled.append(bench.is_enabled))
    outcome = bench.run(6.0)
    assert outcome.status == FAILED
    assert "No space left" in (outcome.sentence or "")
    assert not any(enabled)
    view = bench.seat.shown[-1].journal
    assert view is not None
    assert view.state == "failed"
    commands = [
        frame.body for frame in FrameReader(tuple(range(256))).feed(bench.written) if frame.type == messages.STIM_ENABLE
    ]
    assert set(commands) == {b"\0"}


def test_a_signal_that_cannot_be_written_is_alarmed_and_the_guidance_goes_on(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    bench.after(2.0, lambda: monkeypatch.setattr(SignalFile, "_append", fail))
    outcome = bench.run(6.0)
    assert outcome.status == FAILED
    assert "The signal is no longer recorded (Input/output error)" in (outcome.sentence or "")
    assert [alarm["active"] for alarm in bench.of("alarm", code="storage")] == [True]
    assert bench.of("stimulus")[-1]["t"] > 5.0
    view = bench.seat.shown[-1].journal
    assert view is not None
    assert view.state == "events-only"
    assert verify(newest(bench)).why.endswith("the signal was not sealed")


def test_a_disk_that_will_soon_be_full_is_alarmed_in_time_and_no_longer_once_there_is_room(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = {"bytes": RESERVE_BYTES + 5 * 60 * 30_000}
    monkeypatch.setattr(signal, "SYNC_S", 0.005)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free["bytes"]))
    bench.after(3.0, lambda: free.update(bytes=10**12))
    assert bench.run(8.0).status == DONE
    begun, ended = bench.of("alarm", code="storage")
    assert begun["text"].startswith("The disk will be full in ")
    assert (begun["active"], ended["active"]) == (True, False)
    assert ended["t"] > 2.9
    assert bench.of("stimulus")


class Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_a_disk_without_room_for_a_record_is_reported_at_the_start(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(RESERVE_BYTES - 1))
    outcome = bench.run(1.0)
    assert outcome.status == BAD_ARGUMENTS
    assert "make room, or name another --store" in (outcome.sentence or "")
    assert list(bench.store.iterdir()) == []


def test_a_store_that_is_read_only_is_reported_at_the_start(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("guidance.journal.files.create_private", refuse)
    outcome = bench.run(1.0)
    assert outcome.status == BAD_ARGUMENTS
    assert "(Read-only file system); name another --store" in (outcome.sentence or "")


def test_what_was_cut_off_is_recovered_and_reported_at_the_next_start(bench: VirtualBench) -> None:
    folder = record_procedure(bench.store, cut_off=True)
    bench.run(1.0)
    (notice,) = (sentence for sentence in bench.seat.notices if folder.name in sentence)
    assert "lines and 2.2 s of the signal were recovered" in notice
    assert verify(folder).state is RecordState.WHOLE
    with pyedflib.EdfReader(str(folder / SIGNAL_NAME)) as reader:
        assert reader.file_duration == pytest.approx(2.2)


def test_a_record_that_is_broken_is_reported_once_and_left_as_it_is(bench: VirtualBench) -> None:
    folder = record_procedure(bench.store, cut_off=True)
    (folder / EVENTS_NAME).write_text("{}\n")
    bench.run(1.0)
    assert "line 1 is broken" in " ".join(bench.seat.notices)
    bench.seat.notices.clear()
    bench.run(1.0)
    assert len(bench.seat.notices) == 1
    assert " s recorded in " in bench.seat.notices[0]
    assert (folder / EVENTS_NAME).read_text() == "{}\n"


def test_a_clock_that_was_set_back_is_reported_and_nothing_is_overwritten(bench: VirtualBench) -> None:
    later = record_procedure(bench.store, now=datetime(2099, 1, 1, tzinfo=UTC))
    before = (later / EVENTS_NAME).read_bytes()
    assert bench.run(1.0).status == DONE
    assert any("clock may have been set back" in sentence for sentence in bench.seat.notices)
    assert (later / EVENTS_NAME).read_bytes() == before


def test_a_procedure_does_not_disturb_another(bench: VirtualBench) -> None:
    other = record_procedure(bench.store, cut_off=True)
    before = (other / EVENTS_NAME).read_bytes()
    with (other / EVENTS_NAME).open("rb") as held:
        lock(held.fileno())
        assert bench.run(1.0).status == DONE
    assert len(bench.seat.notices) == 1
    assert " s recorded in " in bench.seat.notices[0]
    assert (other / EVENTS_NAME).read_bytes() == before
    assert not (other / SEAL_NAME).exists()


def test_the_raw_log_holds_every_byte_of_the_line_for_its_user_alone(bench: VirtualBench) -> None:
    settings = Settings(load("generic-block"), Mode.MANUAL, headless=True)
    live = LiveJob(settings, str(bench.store), "ona:virtual", None, 3.0, raw_log=True, host=bench.host)
    assert live.open().run(bench.seat, lambda: False) is None
    received, sent = newest(bench) / "received.raw", newest(bench) / "sent.raw"
    assert bench.written.endswith(sent.read_bytes())
    reader = FrameReader(tuple(range(256)))
    assert sum(frame.type == messages.SAMPLES for frame in reader.feed(received.read_bytes())) > 100
    assert reader.bad == 0
    assert received.stat().st_mode & 0o777 == sent.stat().st_mode & 0o777 == 0o600


def test_no_raw_log_is_kept_unless_requested(bench: VirtualBench) -> None:
    bench.run(1.0)
    assert {path.name for path in newest(bench).iterdir()} == {EVENTS_NAME, SIGNAL_NAME, SEAL_NAME}
