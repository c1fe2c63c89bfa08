"""The command ``record``: the device's signal is in the file, readable by others, however the recording ended."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyedflib
import pytest

from drivers.base import Amplifier, Block, Channel, DeviceInfo, DeviceLost, Outcome, Pulse
from drivers.recording import Recording
from guidance.common.errors import StorageError, UsageError
from guidance.session.recorder import RecordingJob

RATE_HZ, BLOCK = 2000.0, 100
INFO = DeviceInfo("Bench", "7", "bench:", RATE_HZ, (Channel("needle", 5000.0), Channel("surface", 20_000.0)))


def row(first: int, count: int) -> np.ndarray:
    at = np.arange(first, first + count)
    return np.stack([1000 * np.sin(at / 50), 5000 * np.cos(at / 90)], axis=1).astype(np.float32)


class Bench(Amplifier):
    """Blocks as fast as they are read; ``lost_at`` and ``hole`` are block numbers."""

    info = INFO

    def __init__(
        self, lost_at: int | None = None, hole: int | None = None, silent: bool = False, true_hz: float | None = None
    ) -> None:
        self._number = self._first = 0
        self._true_hz = true_hz
        self._lost_at, self._hole, self._silent = lost_at, hole, silent
        self.closed = False

    def start(self) -> None:
        """Do nothing."""

    def read(self, timeout_s: float = 0.0) -> list[Block]:
        del timeout_s
        if self._silent:
            return []
        self._number += 1
        if self._number == self._lost_at:
            raise DeviceLost("bench: is gone: it was unplugged.")
        lost = 500 if self._number == self._hole else 0
        first = self._first + lost
        pulses = (Pulse(first + 10, current_ma=0.5, width_ms=0.1),) if self._number % 10 == 1 else ()
        if self._number == 11:
            pulses = (Pulse(first + 10, current_ma=0.6, width_ms=0.1, outcome=Outcome.NOT_DELIVERED),)
        self._first = first + BLOCK
        arrived_ns = round(self._first / self._true_hz * 1e9) if self._true_hz else 0
        return [Block(first, row(first, BLOCK), pulses, lost_before=lost, arrived_ns=arrived_ns)]

    def close(self) -> None:
        self.closed = True


class Silent:
    gone = False

    def __init__(self) -> None:
        self.notices: list[str] = []

    def notify(self, sentence: str) -> None:
        self.notices.append(sentence)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bench]:
    def put(**options: object) -> Bench:
        bench = Bench(**options)  # type: ignore[arg-type]
        monkeypatch.setattr("guidance.session.recorder.open_device", lambda _: bench)
        return bench

    return put


def record(path: Path, seconds: float | None = 2.0, stop_after: int | None = None) -> tuple[str | None, list[str]]:
    screen_channel, turns = Silent(), iter(range(10**6))
    stopping = (lambda: next(turns) >= stop_after) if stop_after is not None else (lambda: False)
    return RecordingJob("bench:", str(path), seconds).open().run(screen_channel, stopping), screen_channel.notices  # type: ignore[arg-type]


def test_signal_and_pulses_come_back_as_they_were(device: Callable[..., Bench], tmp_path: Path) -> None:
    bench = device()
    delivery_fault, notices = record(tmp_path / "a.bdf")
    assert delivery_fault is None
    assert "2.0 s with 4 pulses" in notices[-1]
    assert bench.closed
    again = Recording(tmp_path / "a.bdf")
    assert [channel.name for channel in again.info.channels] == ["EMG needle", "EMG surface"]
    assert again.info.sample_rate_hz == RATE_HZ
    block = again.take(4000)
    assert block is not None
    assert np.abs(block.samples[:4000] - row(0, 4000)).max() < 0.01
    assert [(pulse.sample, pulse.current_ma, pulse.width_ms) for pulse in again.pulses] == [
        (10, 0.5, 0.1), (2010, 0.5, 0.1), (3010, 0.5, 0.1),
    ]  # fmt: skip


def test_another_reader_finds_a_right_header(device: Callable[..., Bench], tmp_path: Path) -> None:
    device()
    record(tmp_path / "a.bdf")
    with pyedflib.EdfReader(str(tmp_path / "a.bdf")) as read:
        assert read.filetype == pyedflib.FILETYPE_BDFPLUS
        assert read.getSignalLabels() == ["EMG needle", "EMG surface"]
        assert list(read.getSampleFrequencies()) == [RATE_HZ, RATE_HZ]
        assert read.getPhysicalDimension(0) == "uV"
        assert (read.getPhysicalMinimum(0), read.getPhysicalMaximum(0)) == (-5000.0, 5000.0)
        assert read.file_duration == 2
        assert "Bench 7" in read.getEquipment()
        texts = read.readAnnotations()[2]
    assert list(texts).count("stim current_ma=0.50 width_ms=0.10") == 3
    assert "stim-not-delivered current_ma=0.60 width_ms=0.10" in texts


def test_lost_samples_are_a_gap_and_what_follows_keeps_its_time(device: Callable[..., Bench], tmp_path: Path) -> None:
    device(hole=5)
    _, notices = record(tmp_path / "a.bdf")
    assert "500 samples lost" in notices[-1]
    again = Recording(tmp_path / "a.bdf")
    blocks = []
    while block := again.take(1000):
        blocks.append(block)
    assert sum(block.lost_before for block in blocks) == 500
    after = next(block for block in blocks if block.first_sample >= 900)
    assert np.abs(after.samples - row(after.first_sample, len(after.samples))).max() < 0.01


def test_ctrl_c_ends_it_in_order(device: Callable[..., Bench], tmp_path: Path) -> None:
    device()
    delivery_fault, _ = record(tmp_path / "a.bdf", None, stop_after=30)
    assert delivery_fault is None
    assert Recording(tmp_path / "a.bdf").total_samples == 3000


def test_a_pulled_plug_keeps_what_came_before(device: Callable[..., Bench], tmp_path: Path) -> None:
    bench = device(lost_at=21)
    with pytest.raises(DeviceLost, match=r"unplugged.*1\.0 s with"):
        record(tmp_path / "a.bdf", None)
    assert bench.closed
    assert Recording(tmp_path / "a.bdf").total_samples == 2000


def test_a_full_disk_is_reported_and_keeps_what_came_before(
    device: Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device()
    written = iter(range(10**6))

    def write(fd: int, data: bytes) -> None:
        if next(written) > 16:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.write(fd, data)

    monkeypatch.setattr("guidance.journal.files.write_all", write)
    with pytest.raises(StorageError, match="No space left") as fault:
        record(tmp_path / "a.bdf", None)
    assert fault.value.status == 1
    assert Recording(tmp_path / "a.bdf").total_samples >= 200


def test_a_device_that_sends_nothing_leaves_no_file(device: Callable[..., Bench], tmp_path: Path) -> None:
    device(silent=True)
    delivery_fault, _ = record(tmp_path / "a.bdf", None, stop_after=2)
    assert delivery_fault is not None
    assert "No samples" in delivery_fault
    assert not (tmp_path / "a.bdf").exists()


@pytest.mark.parametrize("name", ["a.edf", "a", "no/such/folder/a.bdf"])
def test_an_invalid_name_is_refused_before_the_device_is_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as fault:
        RecordingJob("sim:nobody", str(tmp_path / name)).open()
    assert fault.value.status == 2


def test_an_existing_file_is_never_overwritten(device: Callable[..., Bench], tmp_path: Path) -> None:
    path = tmp_path / "a.bdf"
    path.write_text("mine")
    with pytest.raises(UsageError, match="already"):
        RecordingJob("bench:", str(path), 1.0).open()
    assert path.read_text() == "mine"


@pytest.mark.parametrize(("true_hz", "is_reported"), [(RATE_HZ, False), (0.99 * RATE_HZ, True), (1.01 * RATE_HZ, True)])
def test_a_nominal_rate_that_is_wrong_is_reported(
    device: Callable[..., Bench], tmp_path: Path, true_hz: float, is_reported: bool
) -> None:
    device(true_hz=true_hz)
    fault, notices = record(tmp_path / "a.bdf", 10.0)
    assert fault is None
    warned = [notice for notice in notices if f"delivers {true_hz:.2f} samples a second, not 2000" in notice]
    assert len(warned) == is_reported
    assert not is_reported or "600 ms a minute" in warned[0]
