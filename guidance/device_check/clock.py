"""The drift of a device's sample clock against the host's, from the arrival times of its samples."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.base import Block
from drivers.toolkit.sample_rate import earliest_in
from guidance.signal.sweep.arrays import fitted_slope

BIN_S = 0.2
_LEAST_BINS = 8
_REMEMBERED_S = 5.0


@dataclass(frozen=True, slots=True)
class ClockDrift:
    """Drift of a clock in parts per million (positive: fast), with half the width of its 95 % interval."""

    ppm: float
    uncertainty_ppm: float


def drift(samples: Sequence[int], arrived_ns: Sequence[int], sample_rate_hz: float) -> ClockDrift | None:
    """Estimate the drift of a clock of nominally ``sample_rate_hz``, from ``samples`` counted at ``arrived_ns``.

    Bytes arrive late, never early, so only the earliest arrival of each fifth of a second counts; a line is fitted
    through those. Returns None if there are too few arrivals.
    """
    if not samples:
        return None
    due_s = np.asarray(samples, np.float64) / sample_rate_hz
    late_s = (np.asarray(arrived_ns, np.int64) - arrived_ns[0]) / 1e9 - due_s
    bins = np.floor((due_s - due_s[0]) / BIN_S).astype(int)
    earliest = earliest_in(bins, late_s)[:-1]
    if len(earliest) < _LEAST_BINS:
        return None
    from scipy.special import stdtrit  # slow to import, and a live procedure does not need it

    slope, error = fitted_slope(due_s[earliest], late_s[earliest])
    spread = float(stdtrit(len(earliest) - 2, 0.975)) * error
    return ClockDrift(ppm=-slope / (1 + slope) * 1e6, uncertainty_ppm=spread * 1e6)


class HostClock:
    """Map from the host's clock to sample indices, from arrival times.

    Bytes arrive late, never early, so the earliest arrival of the last seconds counts. No line is fitted as in
    ``drift``: this runs at every block, and in 5 s a clock that is wrong by 100 ppm errs by half a millisecond.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        """Map for a device that counts ``sample_rate_hz`` samples a second."""
        self._sample_rate_hz = sample_rate_hz
        self._zeros: deque[tuple[int, float]] = deque()

    def take(self, block: Block) -> None:
        """Update the map with the arrival time of ``block``."""
        if not len(block.samples):
            return
        zero_ns = block.arrived_ns - block.end_sample * 1e9 / self._sample_rate_hz
        while self._zeros and self._zeros[-1][1] >= zero_ns:
            self._zeros.pop()
        self._zeros.append((block.arrived_ns, zero_ns))
        while block.arrived_ns - self._zeros[0][0] > _REMEMBERED_S * 1e9:
            self._zeros.popleft()

    def host_s(self, sample: int) -> float | None:
        """Return the host's clock in s when ``sample`` was recorded; None before any sample has arrived."""
        return (self._zeros[0][1] + sample * 1e9 / self._sample_rate_hz) / 1e9 if self._zeros else None

    def sample_at(self, host_ns: int) -> int | None:
        """Return the sample index at ``host_ns``; None before any sample has arrived."""
        if not self._zeros:
            return None
        return math.floor((host_ns - self._zeros[0][1]) * self._sample_rate_hz / 1e9)
