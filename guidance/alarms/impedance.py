"""How a needle's impedance moves against its own baseline; an alarm of its own, no part of the estimate.

Absolute values tell little, for they go by the needle's bare tip. Bardou (Can J Anesth 2013, 140 blocks) measured at
0.5 to 1 cm from the nerve and again close to it: quartiles of the change were -20 and +36 % (median +6.6 %) where a
puncture was suspected and -28 and 0 % (median -10 %) where not; the best cut-off was +4.3 %. By these quartiles it is
passed in half to three quarters of the punctures, and in fewer than a quarter of the other blocks: a hint, no proof.

A rise is one above the highest level this needle has had, not above a mean: leaving a vessel, or the nerve's side,
brings the impedance back to where it was. What begins in a vessel is told as a rise when it leaves it. How often is
counted by ``tests/benchmarks/bench_impedance``, on a simulation.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median

RISE_SHARE = 0.043
FALL_SHARE = -0.30
"""Beyond the lower quartile close to an unhurt nerve (-28 %): a vessel, or a conductive fluid at the tip."""
BASELINE_READINGS = 8
RECENT_READINGS = 5
PLAUSIBLE_KOHM = (0.2, 60.0)
"""Readings outside are of the cable, not of tissue."""

_NOISE_SDS = 5.0
_SETTLES_S = 3.0
_SUDDEN = 1.4
_UP_S, _DOWN_S = 4.0, 60.0
_LONGEST_STEP_S = 2.0
_OVER_AT = 0.5


class ImpedanceTrend:
    """The median of the last readings: for a rise against the highest such level that is some seconds old, for a fall
    against a baseline that takes up slow drift. ``rise`` and ``fall`` are shares of these while they are too large,
    None otherwise.
    """

    def __init__(self) -> None:
        """No reading yet: the first ones make the baseline."""
        self.restart()

    def restart(self) -> None:
        """Another needle, another place or another fluid: the baseline is made anew."""
        self.rise: float | None = None
        self.fall: float | None = None
        self._first: list[float] = []
        self._recent: deque[float] = deque(maxlen=RECENT_READINGS)
        self._baseline: float | None = None
        self._highest = -math.inf
        self._fresh: deque[tuple[float, float]] = deque()
        self._rise_ln = math.log1p(RISE_SHARE)
        self._last_t = 0.0

    def interrupt(self) -> None:
        """The circuit was open: what was read before counts for the baseline alone."""
        self._recent.clear()
        self._fresh.clear()

    def read(self, t: float, impedance_kohm: float | None) -> None:
        """Take in the impedance of a delivered pulse at ``t`` in s; None and what cannot be tissue change nothing."""
        low, high = PLAUSIBLE_KOHM
        if impedance_kohm is None or not low <= impedance_kohm <= high:
            return
        reading = math.log(impedance_kohm)
        self._recent.append(reading)
        if self._baseline is None:
            self._begin(reading)
        elif len(self._recent) == RECENT_READINGS:
            level = median(self._recent)
            self._judge_rise(t, level)
            self._judge_fall(level - self._baseline, min(t - self._last_t, _LONGEST_STEP_S))
        self._last_t = t

    def _begin(self, reading: float) -> None:
        """A baseline of readings that scatter needs a larger rise than the cut-off."""
        self._first.append(reading)
        if len(self._first) == BASELINE_READINGS:
            self._baseline = self._highest = median(self._first)
            scatter = 1.48 * median(abs(first - self._baseline) for first in self._first)
            self._rise_ln = max(math.log1p(RISE_SHARE), _NOISE_SDS * scatter / math.sqrt(RECENT_READINGS / 1.57))

    def _judge_rise(self, t: float, level: float) -> None:
        """A level counts for the next ones when it has stood for some seconds; while one is too high, none does."""
        change = level - self._highest
        if self.rise is None and change > self._rise_ln and self._is_sudden(level):
            self.rise = math.expm1(change)
        elif self.rise is not None:
            self.rise = math.expm1(change) if change > _OVER_AT * self._rise_ln else None
        if self.rise is not None:
            self._fresh.clear()
            return
        self._fresh.append((t, level))
        while self._fresh and self._fresh[0][0] <= t - _SETTLES_S:
            self._highest = max(self._highest, self._fresh.popleft()[1])

    def _is_sudden(self, level: float) -> bool:
        """Whether it rose within seconds: a tip enters a nerve within millimetres, an electrode drifts for longer."""
        return not self._fresh or level - min(before for _, before in self._fresh) > _SUDDEN * self._rise_ln

    def _judge_fall(self, change: float, elapsed_s: float) -> None:
        limit = math.log1p(FALL_SHARE) * (_OVER_AT if self.fall is not None else 1.0)
        self.fall = math.expm1(change) if change < limit else None
        self._follow(change, elapsed_s)

    def _follow(self, change: float, elapsed_s: float) -> None:
        """Take up slow drift: a rise within the cut-off soon, a fall late, for near the nerve it comes before the rise
        that counts. What may be an alarm is not taken up.
        """
        if self._baseline is None or change > _OVER_AT * self._rise_ln or change < _OVER_AT * math.log1p(FALL_SHARE):
            return
        self._baseline += change * (1 - math.exp(-elapsed_s / (_UP_S if change > 0 else _DOWN_S)))
