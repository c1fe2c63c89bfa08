"""How far a device's sample clock is from the host's, from when its samples arrived."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import linregress, t

from drivers.base import Block
from drivers.toolkit.sample_rate import earliest_in

BIN_S = 0.2
_LEAST_BINS = 8
_REMEMBERED_S = 5.0


@dataclass(frozen=True, slots=True)
class ClockDrift:
    """Parts per million by which a clock is fast (negative: slow), give or take ``uncertainty_ppm`` (95 %)."""

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
    line = linregress(due_s[earliest], late_s[earliest])
    slope, spread = float(line.slope), float(t.ppf(0.975, len(earliest) - 2)) * float(line.stderr)
    return ClockDrift(ppm=-slope / (1 + slope) * 1e6, uncertainty_ppm=spread * 1e6)


class HostClock:
    """Which sample was being recorded at an instant of the host's clock, as far as arrivals tell: bytes are only ever
    late, so of the last seconds the earliest counts. No line is fitted as in ``drift``: this runs at every block, and
    in so few seconds a clock that is wrong by 100 ppm goes wrong by half a millisecond.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        """For a device that counts ``sample_rate_hz`` samples a second."""
        self._sample_rate_hz = sample_rate_hz
        self._zeros: deque[tuple[int, float]] = deque()

    def take(self, block: Block) -> None:
        """Learn from when ``block`` arrived."""
        if not len(block.samples):
            return
        zero_ns = block.arrived_ns - block.end_sample * 1e9 / self._sample_rate_hz
        while self._zeros and self._zeros[-1][1] >= zero_ns:
            self._zeros.pop()
        self._zeros.append((block.arrived_ns, zero_ns))
        while block.arrived_ns - self._zeros[0][0] > _REMEMBERED_S * 1e9:
            self._zeros.popleft()

    def host_s(self, sample: int) -> float | None:
        """The host's clock in s when ``sample`` was recorded, as ``sample_at``."""
        return (self._zeros[0][1] + sample * 1e9 / self._sample_rate_hz) / 1e9 if self._zeros else None

    def sample_at(self, host_ns: int) -> int | None:
        """The sample index at ``host_ns``; None before anything arrived."""
        if not self._zeros:
            return None
        return math.floor((host_ns - self._zeros[0][1]) * self._sample_rate_hz / 1e9)
