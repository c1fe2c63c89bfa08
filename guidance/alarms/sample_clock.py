"""The device's sample clock against the host's: whether its samples come at the rate that it claims.

Bytes arrive late, never early. So the earliest arrival of each half second counts, as its lateness against the claimed
rate: where that grows or shrinks every time, the rate is wrong. A stall of the line makes one half second late.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from drivers.base import Block

WRONG_SHARE = 0.2
"""Drift in s each second from which the rate counts as wrong. Crystals differ by 0.0001, the drivers' estimates of
devices without a claimed rate by 0.01 (from their sources); a wrong setting is a factor of 2 (a judgement).
"""

_BIN_NS = 500_000_000
"""Longer than the portions in which devices send (up to 0.25 s), so that each half second shows the clock."""

WRONG_BINS = 4
"""So many half seconds in a row must drift the same way: stalls come and go (a judgement)."""


class SampleClock:
    """Comparison of the clocks. ``factor`` is the true rate over the claimed one while that is wrong, else None."""

    def __init__(self, sample_rate_hz: float) -> None:
        """Compare with a device that claims ``sample_rate_hz``."""
        self._sample_rate_hz = sample_rate_hz
        self.factor: float | None = None
        self.restart()

    def restart(self) -> None:
        """Begin anew: the device was lost."""
        self._bin: int | None = None
        self._least_s = 0.0
        self._bins: deque[tuple[int, float]] = deque(maxlen=WRONG_BINS + 1)

    def feed(self, block: Block) -> None:
        """Receive ``block``, whose samples had arrived by ``arrived_ns``."""
        if not len(block.samples):
            return
        late_s = block.arrived_ns / 1e9 - block.end_sample / self._sample_rate_hz
        bin_number = block.arrived_ns // _BIN_NS
        if bin_number == self._bin:
            self._least_s = min(self._least_s, late_s)
            return
        if self._bin is not None:
            self._bins.append((self._bin, self._least_s))
            self._judge()
        self._bin, self._least_s = bin_number, late_s

    def _judge(self) -> None:
        found = list(self._bins)
        if len(found) <= WRONG_BINS:
            return
        bin_s = _BIN_NS / 1e9
        drifts = [(late - before) / (at - since) / bin_s for (since, before), (at, late) in pairwise(found)]
        if min(drifts) > WRONG_SHARE or max(drifts) < -WRONG_SHARE:
            self.factor = 1 - sum(drifts) / len(drifts)
        elif max(map(abs, drifts)) < WRONG_SHARE / 2:
            self.factor = None
