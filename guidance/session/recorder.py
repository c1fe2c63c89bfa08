"""Recording of a device's signal to a BDF+ file, without guidance or stimulation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drivers import open_device
from drivers.base import Amplifier, Block, DeviceLost
from guidance.common.errors import StorageError, UsageError
from guidance.common.start_lines import AMPLIFIER, GOOD, RECORD, StageReporter, report_nowhere
from guidance.device_check.advice import DRIFT_PPM
from guidance.device_check.clock import drift
from guidance.journal.bdf import pulse_text
from guidance.journal.signal import Note, SignalFile
from guidance.processes.screen_channel import ScreenChannel

_READ_S = 0.05
_NOTICE_S = 10.0
_COUNT_NS = 20_000_000


@dataclass(frozen=True, slots=True)
class RecordingJob:
    """A recording to make, of the device at ``address`` to ``path``, for ``duration_s`` or until it is stopped."""

    address: str
    path: str
    duration_s: float | None = None

    @property
    def stages(self) -> tuple[str, ...]:
        """What opens."""
        return (AMPLIFIER, RECORD)

    def open(self, report: StageReporter = report_nowhere) -> RecordingSession:
        """Open the session, its device streaming and its file begun, and ``report`` both.

        Raises UsageError and DeviceError.
        """
        path = _unused_path(Path(self.path))
        with ExitStack() as stack:
            amplifier = open_device(self.address)
            stack.callback(amplifier.close)
            amplifier.start()
            report(AMPLIFIER, GOOD)
            file = _start_file(path, amplifier)
            report(RECORD, GOOD)
            return RecordingSession(amplifier, file, path, self.duration_s, stack.pop_all())


class _ArrivalClock:
    """The device's sample clock against this computer's: the file states the device's nominal rate."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._arrived_ns: list[int] = []

    def take(self, block: Block) -> None:
        """Count ``block``; one in 20 ms is enough."""
        if len(block.samples) and (not self._arrived_ns or block.arrived_ns - self._arrived_ns[-1] > _COUNT_NS):
            self._ends.append(block.end_sample)
            self._arrived_ns.append(block.arrived_ns)

    def warnings(self, sample_rate_hz: float) -> Iterator[str]:
        """Yield a sentence where the nominal rate is wrong by more than a quartz clock drifts, as ``check`` does."""
        found = drift(self._ends, self._arrived_ns, sample_rate_hz)
        if found and abs(found.ppm) - found.uncertainty_ppm > DRIFT_PPM:
            measured_hz = sample_rate_hz * (1 + found.ppm * 1e-6)
            yield (
                f"The device delivers {measured_hz:.2f} samples a second, not {sample_rate_hz:g} as it states and the "
                f"file says: times in the file are off by {abs(found.ppm) * 0.06:.0f} ms a minute."
            )


class RecordingSession:
    """A recording under way. It owns the file, and what ``stack`` closes: the device."""

    def __init__(
        self, amplifier: Amplifier, file: SignalFile, path: Path, duration_s: float | None, stack: ExitStack
    ) -> None:
        """Record ``amplifier`` to ``file`` at ``path``, for ``duration_s`` of its time."""
        self._amplifier, self._file, self._path, self._stack = amplifier, file, path, stack
        self._duration_s = duration_s
        self._samples = self._lost = self._pulses = self._end = 0
        self._clock = _ArrivalClock()

    def run(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> str | None:
        """Record to the end; returns a sentence about what went wrong, or None.

        Raises DeviceLost and StorageError; what was recorded before stays in the file.
        """
        with self._stack:
            try:
                self._record(screen_channel, stopping)
            except DeviceLost as fault:
                self._file.close()
                raise DeviceLost(f"{fault} {self._progress()}") from None
            self._file.close()
        self._check_file()
        if not self._samples:
            return f"No samples arrived; nothing was recorded in {self._path}."
        screen_channel.notify(self._progress())
        for sentence in self._clock.warnings(self._amplifier.info.sample_rate_hz):
            screen_channel.notify(sentence)
        if self._file.beyond_range:
            channels = ", ".join(f"'{name}'" for name in self._file.beyond_range)
            return f"Values of {channels} were beyond the range of {self._path}; they are cut there and annotated."
        return None

    def _record(self, screen_channel: ScreenChannel, stopping: Callable[[], bool]) -> None:
        noticed_at = time.monotonic()
        while not stopping() and not self._is_over():
            self._read_blocks()
            self._check_file()
            if time.monotonic() - noticed_at > _NOTICE_S:
                noticed_at = time.monotonic()
                screen_channel.notify(self._progress())

    def _read_blocks(self) -> None:
        """Write what has arrived to the file."""
        for block in self._amplifier.read(_READ_S):
            if self._is_over():
                return
            self._file.put(block)
            for pulse in block.pulses:
                self._file.put(Note(self._at_s(pulse.sample) + pulse.offset_ns / 1e9, pulse_text(pulse)))
            self._clock.take(block)
            self._samples += len(block.samples)
            self._lost += block.lost_before
            self._pulses += len(block.pulses)
            self._end = max(self._end, block.end_sample)

    def _is_over(self) -> bool:
        return self._duration_s is not None and self._seconds >= self._duration_s

    @property
    def _seconds(self) -> float:
        return self._at_s(self._end)

    def _at_s(self, sample: int) -> float:
        return sample / self._amplifier.info.sample_rate_hz

    def _check_file(self) -> None:
        """Check that the file can still be written. Raises StorageError where it cannot."""
        fault = self._file.fault
        if fault is not None:
            self._file.close()
            why = fault.strerror or str(fault)
            raise StorageError(
                f"{self._path} can no longer be written ({why}); what was recorded before is still there.",
                str(self._path),
            )

    def _progress(self) -> str:
        lost = f", {self._lost} samples lost" if self._lost else ""
        return f"{self._seconds:.1f} s with {self._pulses} pulses recorded in {self._path}{lost}."


def _unused_path(path: Path) -> Path:
    """Check that a new BDF file can be created at ``path``, and return it. Raises UsageError."""
    if path.suffix.lower() != ".bdf":
        raise UsageError(f"{path} is not the name of a BDF+ file; it must end in .bdf.")
    try:
        exists, has_folder = path.exists() or path.is_symlink(), path.absolute().parent.is_dir()
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror}; name another file.") from None
    if exists:
        raise UsageError(f"{path} exists already; name another file: a recording is never overwritten.")
    if not has_folder:
        raise UsageError(f"There is no folder {path.parent}; create it first.")
    return path


def _start_file(path: Path, amplifier: Amplifier) -> SignalFile:
    """Begin the file now. Raises UsageError where it cannot be written."""
    try:
        file = SignalFile(path.parent, amplifier.info, datetime.now().astimezone(), name=path.name)
        file.space.measure()
    except OSError as fault:
        raise UsageError(
            f"{path} cannot be written ({fault.strerror}); make room, or name a file in a folder you may write to."
        ) from None
    file.start()
    return file
