"""Outlets of the Lab Streaming Layer that a test pushes: with a sample clock of their own, gaps and an end."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.lsl import library

pylsl = library()
RATE_HZ = 2000.0


def ramp(first: int, count: int, channels: int = 2) -> NDArray[np.float32]:
    """Return a saw tooth of 1000 steps on each channel, 100 apart."""
    return np.asarray((np.arange(first, first + count)[:, None] + 100 * np.arange(channels)) % 1000, np.float32)


class Outlet:
    """Outlet whose ``push`` sends samples stamped by a sample clock, ``skip`` drops some, ``end`` closes the stream."""

    def __init__(
        self,
        *,
        name: str | None = None,
        units: Sequence[str] = ("microvolts", "microvolts"),
        sample_rate_hz: float = RATE_HZ,
        labels: Sequence[str] | None = None,
    ) -> None:
        self.name = name or f"test {uuid.uuid4().hex[:8]}"
        self.sample_rate_hz, self.channels = sample_rate_hz, len(units)
        info = pylsl.StreamInfo(self.name, "EMG", len(units), sample_rate_hz, "float32", uuid.uuid4().hex)
        info.set_channel_labels(list(labels or (f"EMG {i}" for i in range(len(units)))))
        if any(units):
            info.set_channel_units(list(units))
        self._outlet: Any = pylsl.StreamOutlet(info)
        self.began_s = pylsl.local_clock()
        self.sent = 0

    def wait(self) -> None:
        assert self._outlet.wait_for_consumers(2.0)

    def push(self, count: int, late_s: float = 0.0) -> None:
        self.push_rows(ramp(self.sent, count, self.channels), late_s)

    def push_rows(self, rows: NDArray[np.float32], late_s: float = 0.0) -> None:
        """Send ``rows``, shape (samples, channels)."""
        self.sent += len(rows)
        stamp_s = self.began_s + (self.sent - 1) / self.sample_rate_hz + late_s
        self._outlet.push_chunk(rows, stamp_s)

    def skip(self, count: int) -> None:
        self.sent += count

    def end(self) -> None:
        self._outlet = None


class Markers:
    """A marker stream; a marker carries the time of a sample of an Outlet."""

    def __init__(self) -> None:
        self.name = f"markers {uuid.uuid4().hex[:8]}"
        info = pylsl.StreamInfo(self.name, "Markers", 1, pylsl.IRREGULAR_RATE, "string", uuid.uuid4().hex)
        self._outlet: Any = pylsl.StreamOutlet(info)

    def push(self, text: str, outlet: Outlet, sample: float) -> None:
        self._outlet.push_sample([text], outlet.began_s + sample / outlet.sample_rate_hz)

    def wait(self) -> None:
        assert self._outlet.wait_for_consumers(2.0)
