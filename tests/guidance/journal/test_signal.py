"""``signal.bdf``: other programs can read it wherever it was cut off, and writing never blocks."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import edfio
import numpy as np
import pyedflib
import pytest

from drivers.base import Block, Channel, DeviceInfo, Outcome, Pulse
from drivers.recording import Recording
from guidance.journal import signal
from guidance.journal.bdf import annotation, layout_of, pulse_text
from guidance.journal.disk_space import RESERVE_BYTES, DiskSpace
from guidance.journal.recover import recover_signal
from guidance.journal.signal import SIGNAL_NAME, Note, SignalFile

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SAMPLE_RATE = 1000
INFO = DeviceInfo("Model", "S 1", "ona:x", float(SAMPLE_RATE), (Channel("EMG1", 5000.0), Channel("µ2")))


def samples(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return (np.random.default_rng(1).normal(size=(count, 2)) * 100).astype(np.float32)


def written(folder: Path, *items: Block | Note, info: DeviceInfo = INFO) -> Path:
    file = SignalFile(folder, info, NOW)
    file.start()
    for item in items:
        file.put(item)
        for pulse in item.pulses if isinstance(item, Block) else ():
            file.put(Note(pulse.sample / SAMPLE_RATE + pulse.offset_ns / 1e9, pulse_text(pulse)))
    file.close()
    assert file.fault is None
    return folder / SIGNAL_NAME


def test_every_channel_is_kept_to_a_thousandth_of_a_microvolt(tmp_path: Path) -> None:
    uv = samples(730)
    path = written(tmp_path, Block(0, uv[:333]), Block(333, uv[333:]))
    with pyedflib.EdfReader(str(path)) as reader:
        assert reader.getSignalLabels() == ["EMG 1", "EMG 2"]
        assert np.abs(reader.readSignal(0)[:730] - uv[:, 0]).max() < 0.001
        assert np.abs(reader.readSignal(1)[:730] - uv[:, 1]).max() < 0.07
        assert reader.getStartdatetime() == NOW.replace(tzinfo=None)


def test_nobody_is_named_in_the_header(tmp_path: Path) -> None:
    file = edfio.read_bdf(written(tmp_path, Block(0, samples(100))))
    assert file.local_patient_identification == "X X X X"
    assert file.recording.equipment_code == "Model_S_1"
    assert (file.recording.hospital_administration_code, file.recording.investigator_technician_code) == ("X", "X")


@pytest.mark.parametrize("year", [1970, 2100])
def test_a_signal_is_recorded_though_the_clock_is_wrong(tmp_path: Path, year: int) -> None:
    file = SignalFile(tmp_path, INFO, NOW.replace(year=year))
    file.start()
    file.put(Block(0, samples(100)))
    file.close()
    with pyedflib.EdfReader(str(tmp_path / SIGNAL_NAME)) as reader:
        assert reader.getStartdatetime().year == 1985


def test_pulses_are_annotated_as_replay_reads_them(tmp_path: Path) -> None:
    pulses = (Pulse(20, 123_456, 0.5, 0.5, 0.1), Pulse(333, 0, 1.255, None, 0.05), Pulse(400))
    record_in = Recording(written(tmp_path, Block(0, samples(500), pulses))).pulses
    assert [(pulse.sample, pulse.offset_ns, pulse.current_ma, pulse.width_ms) for pulse in record_in] == [
        (20, 123_456, 0.5, 0.1),
        (333, 0, 1.255, 0.05),
        (400, 0, None, None),
    ]
    assert pulse_text(pulses[0]) == "stim current_ma=0.50 width_ms=0.10"


def test_a_pulse_that_was_not_delivered_is_no_pulse_to_a_reader(tmp_path: Path) -> None:
    refused = Pulse(20, current_ma=0.5, outcome=Outcome.NOT_DELIVERED)
    recording = Recording(written(tmp_path, Block(0, samples(100), (refused,))))
    assert recording.pulses == ()
    assert recording.annotations[0].text == "stim-not-delivered current_ma=0.50"


def test_a_gap_is_filled_and_annotated_and_replayed_as_a_gap(tmp_path: Path) -> None:
    uv = samples(1000)
    path = written(tmp_path, Block(0, uv[:250]), Block(613, uv[613:], lost_before=363))
    recording = Recording(path)
    first, *others = iter(lambda: recording.take(400), None)
    assert (first.end_sample, others[0].first_sample, others[0].lost_before) == (250, 613, 363)
    assert recording.total_samples == 1000
    skips = [(a.onset, a.duration) for a in edfio.read_bdf(path).annotations if a.text == "BAD_ACQ_SKIP"]
    assert skips == [(0.25, 0.363)]
    with pyedflib.EdfReader(str(path)) as reader:
        assert not reader.readSignal(0)[250:613].any()


def test_the_last_record_is_filled_up_and_annotated(tmp_path: Path) -> None:
    path = written(tmp_path, Block(0, samples(142)))
    assert Recording(path).total_samples == 142
    assert edfio.read_bdf(path).annotations[-1] == edfio.EdfAnnotation(0.142, 0.058, "BAD_ACQ_SKIP")


def test_many_entries_at_once_are_all_written(tmp_path: Path) -> None:
    notes = [Note(0.05, f"entry {i} {'é' * 200}") for i in range(30)]
    path = written(tmp_path, Block(0, samples(100)), *notes)
    found = [a.text for a in edfio.read_bdf(path).annotations if a.text.startswith("entry")]
    assert sorted(int(text.split()[1]) for text in found) == list(range(30))


def test_a_text_cannot_break_out_of_its_annotation() -> None:
    assert annotation(1.5, "a\x14b\x00c\x15d\n e") == b"+1.5\x14abcd e\x14\0"


def test_values_beyond_the_input_range_read_as_clipped(tmp_path: Path) -> None:
    uv = np.array([[6000.0, np.nan], [-5000.0, 1.0]], np.float32).repeat(50, 0)
    block = Recording(written(tmp_path, Block(0, uv))).take(100)
    assert block is not None
    assert block.samples[0, 0] == pytest.approx(5000.0)
    assert block.clipped == (True, False)


@pytest.mark.parametrize(("rate_hz", "seconds"), [(30_000.0, 0.1), (12_345.0, 0.2), (250.0, 0.1), (333.0, 1.0)])
def test_a_record_has_a_whole_number_of_samples(rate_hz: float, seconds: float) -> None:
    layout = layout_of(DeviceInfo("", "", "", rate_hz, (Channel("EMG"),)), NOW)
    assert (layout.samples, layout.duration_s) == (rate_hz * seconds, seconds)


def test_what_was_written_before_a_cut_at_any_byte_is_recovered(tmp_path: Path) -> None:
    uv = samples(1000)
    path = written(tmp_path, *(Block(i, uv[i : i + 50], (Pulse(i, current_ma=1.0),)) for i in range(0, 1000, 50)))
    whole, layout = path.read_bytes(), layout_of(INFO, NOW)
    for size in range(len(layout.header), len(whole) + 1, 501):
        path.write_bytes(whole[:size])
        seconds = recover_signal(path)
        records = (size - len(layout.header)) // layout.record_bytes
        assert (seconds or 0.0) == pytest.approx(0.1 * records)
        assert path.exists() == bool(records)
        if records:
            assert len(edfio.read_bdf(path).signals[0].data) == 100 * records
            with pyedflib.EdfReader(str(path)) as reader:
                assert reader.getNSamples()[0] == 100 * records


def test_records_that_a_power_cut_left_empty_are_cut_off(tmp_path: Path) -> None:
    path, layout = written(tmp_path, Block(0, samples(300))), layout_of(INFO, NOW)
    path.write_bytes(path.read_bytes() + bytes(2 * layout.record_bytes))
    assert recover_signal(path) == pytest.approx(0.3)


def test_a_file_with_another_header_is_no_signal(tmp_path: Path) -> None:
    path = tmp_path / SIGNAL_NAME
    path.write_bytes(b"\xffBIOSEMI" + b"?" * 500)
    assert recover_signal(path) is None


def test_the_signal_can_be_read_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "SYNC_S", 0.01)
    file = SignalFile(tmp_path, INFO, NOW)
    file.put(Block(0, samples(500)))
    file.start()
    while not file.space.minutes_left:
        threading.Event().wait(0.01)
    copy = tmp_path / "copy.bdf"
    shutil.copy(tmp_path / SIGNAL_NAME, copy)
    with pyedflib.EdfReader(str(copy)) as reader:
        assert reader.getNSamples()[0] == 500
    file.close()


def test_without_a_sample_no_file_is_left(tmp_path: Path) -> None:
    assert not written(tmp_path).exists()


def test_a_gap_of_hours_ends_the_recording_with_a_reason(tmp_path: Path) -> None:
    file = SignalFile(tmp_path, INFO, NOW)
    file.start()
    file.put(Block(0, samples(100)))
    file.put(Block(2**31, samples(100)))
    file.close()
    assert "too long" in str(file.fault)
    assert file.digest is None
    assert Recording(tmp_path / SIGNAL_NAME).total_samples == 100


def test_a_disk_that_fills_in_the_middle_of_a_record_leaves_whole_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_write: Callable[[int, bytes], int] = os.write
    records: list[int] = []

    def write(fd: int, data: bytes) -> int:
        if len(data) < 500:
            return real_write(fd, data)
        records.append(len(data))
        if len(records) == 4:
            return real_write(fd, data[:300])
        if len(records) > 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real_write(fd, data)

    file = SignalFile(tmp_path, INFO, NOW)
    monkeypatch.setattr(os, "write", write)
    file.start()
    file.put(Block(0, samples(1000)))
    file.close()
    assert file.fault is not None
    assert file.fault.errno == errno.ENOSPC
    with pyedflib.EdfReader(str(tmp_path / SIGNAL_NAME)) as reader:
        assert reader.getNSamples()[0] == 300


def test_a_stalled_disk_does_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stalled, go = threading.Event(), threading.Event()

    def stall(*_: object) -> None:
        stalled.set()
        go.wait(20)

    monkeypatch.setattr(signal, "MOST_WAITING", 5)
    file = SignalFile(tmp_path, INFO, NOW)
    monkeypatch.setattr(SignalFile, "_append", stall)
    file.start()
    file.put(Block(0, samples(1)))
    assert stalled.wait(10)
    for i in range(1, 9):
        file.put(Block(i, samples(1)))
    assert file.fault is not None
    assert file.fault.strerror == "the disk does not keep up"
    go.set()
    file.close()


def test_a_failed_worker_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(SignalFile, "_append", fail)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    file = SignalFile(tmp_path, INFO, NOW)
    file.start()
    file.put(Block(0, samples(1)))
    file._worker.join(10)
    file.put(Block(1, samples(1)))
    assert file.fault is not None
    assert file.fault.errno == errno.EIO


def test_the_signal_stops_before_it_takes_the_journals_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = DiskSpace(tmp_path, 52_000.0)
    free = {"bytes": RESERVE_BYTES + 60_000 * 60 * 30}
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(free["bytes"]))
    space.measure()
    assert space.minutes_left == pytest.approx(30.0)
    for minutes, low in ((30, False), (9, True), (11, True), (13, False)):
        free["bytes"] = RESERVE_BYTES + 60_000 * 60 * minutes
        space.measure()
        assert space.low == low
    free["bytes"] = RESERVE_BYTES - 1
    with pytest.raises(OSError, match="full except for what the journal needs"):
        space.measure()


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free
