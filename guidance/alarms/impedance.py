"""Change of a needle's impedance against its own baseline: an alarm, no part of the estimate.

Absolute values mean little, since they depend on the needle's bare tip. Bardou (Can J Anesth 2013, 140 blocks) measured
at 0.5 to 1 cm from the nerve and again close to it. Quartiles of the change were -20 and +36 % (median +6.6 %) where a
puncture was suspected, and -28 and 0 % (median -10 %) where not; the best cut-off was +4.3 %. By these quartiles the
cut-off is passed in half to three quarters of the punctures, and in fewer than a quarter of the other blocks: a hint,
no proof.

A rise is measured from the highest level this needle has had, not from a mean: leaving a vessel, or the nerve's side,
brings the impedance back to where it was. A measurement that begins in a vessel shows a rise when the needle leaves it.
``tests/benchmarks/bench_impedance`` counts how often, on a simulation.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median

RISE_SHARE = 0.043
"""Bardou's best cut-off for a puncture (see above)."""

FALL_SHARE = -0.30
"""Beyond the lower quartile close to an unhurt nerve (-28 %): a vessel, or a conductive fluid at the tip."""
BASELINE_READINGS = 8
"""Readings of the baseline, and of the present level: a few seconds at 1 to 2 pulses a second (a judgement)."""

RECENT_READINGS = 5
PLAUSIBLE_KOHM = (0.2, 60.0)
"""Readings outside come from the cable, not from tissue."""

_NOISE_SDS = 5.0
"""Standard errors of the present level that a rise must exceed (a judgement, unsourced)."""

_SETTLES_S = 3.0
"""Seconds after which a level counts as one that the needle has had (a judgement, unsourced)."""

_SUDDEN = 1.4
"""A rise is sudden if it is so many times the cut-off within ``_SETTLES_S`` (a judgement, unsourced)."""

_UP_S, _DOWN_S = 4.0, 60.0
"""Time constants in s with which the baseline follows a rise and a fall (a judgement, unsourced)."""

_LONGEST_STEP_S = 2.0
"""Longest time between two readings that counts for the drift, in s."""

_OVER_AT = 0.5
"""An alarm is over where the change is back within this share of its limit (a judgement, unsourced)."""


class ImpedanceTrend:
    """The median of the last readings. A rise is measured against the highest such level that is some seconds old, a
    fall against a baseline that follows slow drift. ``rise`` and ``fall`` are shares of these while they are too large,
    None otherwise.
    """

    def __init__(self) -> None:
        """Begin without a reading: the first ones make the baseline."""
        self.restart()

    def restart(self) -> None:
        """Make the baseline anew, for another needle, another place or another fluid."""
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
        """Note that the circuit was open: earlier readings count for the baseline alone."""
        self._recent.clear()
        self._fresh.clear()

    def read(self, t: float, impedance_kohm: float | None) -> None:
        """Receive the impedance in kOhm of a delivered pulse at ``t`` in s; None, and values that cannot come from
        tissue, change nothing.
        """
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
        """Collect the baseline; if its readings scatter, a rise must be larger than the cut-off."""
        self._first.append(reading)
        if len(self._first) == BASELINE_READINGS:
            self._baseline = self._highest = median(self._first)
            scatter = 1.48 * median(abs(first - self._baseline) for first in self._first)
            self._rise_ln = max(math.log1p(RISE_SHARE), _NOISE_SDS * scatter / math.sqrt(RECENT_READINGS / 1.57))

    def _judge_rise(self, t: float, level: float) -> None:
        """Update ``rise``. A level counts for the next ones once it has lasted some seconds; while one is too high,
        none does.
        """
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
        """Return whether the level rose within seconds: a tip enters a nerve within millimetres, an electrode drifts
        for longer.
        """
        return not self._fresh or level - min(before for _, before in self._fresh) > _SUDDEN * self._rise_ln

    def _judge_fall(self, change: float, elapsed_s: float) -> None:
        limit = math.log1p(FALL_SHARE) * (_OVER_AT if self.fall is not None else 1.0)
        self.fall = math.expm1(change) if change < limit else None
        self._follow(change, elapsed_s)

    def _follow(self, change: float, elapsed_s: float) -> None:
        """Follow slow drift: a rise within the cut-off soon, a fall late, since near the nerve a fall comes before the
        rise that counts. A change that may be an alarm is not followed.
        """
        if self._baseline is None or change > _OVER_AT * self._rise_ln or change < _OVER_AT * math.log1p(FALL_SHARE):
            return
        self._baseline += change * (1 - math.exp(-elapsed_s / (_UP_S if change > 0 else _DOWN_S)))
