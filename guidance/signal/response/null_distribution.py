"""The distribution of a detection statistic without a stimulus, learned from the stream itself.

The p-value of a statistic is its rank among those of recent stimulus-free windows. Above their upper fifth a
generalised Pareto tail goes on from there, as heavy as the windows show it: nearly exponential for noise, heavier where
motor units fire. With few windows the tail counts as heavy, and values that Gaussian noise would give stand in.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

import numpy as np

from guidance.signal.sweep.basis import Array

_MEMORY = 300
_STAND_INS = 20
_TAIL = 0.2
_LEAST_P = 1e-6
_BEYOND = 100.0
"""A window whose statistic is so many times larger holds something else: a jolt, a cable."""

_HEAVY, _HEAVY_WINDOWS = 0.3, 40
"""Tail index that is assumed for few windows, and how many windows that counts as (a judgement, unsourced)."""

_HEAVIEST = 1.0
"""Largest tail index: beyond it the distribution has no mean."""

_RATIO_OF_EXPONENTIAL = np.log(10.0) / np.log(2.0)
"""Ratio of the distances of the upper tenth and the upper half in an exponential tail; larger ones are heavier."""


class NullDistribution:
    """The statistic, a largest squared score, on stimulus-free windows of one channel."""

    def __init__(self, candidates: float, degrees: int) -> None:
        """Until windows are seen: the largest of about ``candidates`` chi-squared values of 1 or 2 ``degrees``."""
        ranks = (np.arange(_STAND_INS) + 0.5) / _STAND_INS
        tail = -np.expm1(np.log(ranks) / max(candidates, 1.0))
        stand_ins = -2.0 * np.log(tail) - (np.log(np.maximum(-2.0 * np.log(tail), 1.0)) if degrees == 1 else 0.0)
        self._stand_ins = stand_ins.tolist()
        self._windows: deque[float] = deque()
        self._sorted: list[float] = sorted(self._stand_ins)

    @property
    def seen(self) -> int:
        """Number of null windows that it is based on."""
        return len(self._windows)

    def learn(self, statistics: Array) -> None:
        """Learn the ``statistics`` (m,) of null windows, in order."""
        for statistic in statistics.tolist():
            if len(self._windows) == _MEMORY:
                oldest = self._windows.popleft()
                del self._sorted[bisect_left(self._sorted, oldest)]
            self._windows.append(statistic)
            insort(self._sorted, statistic)

    def renew(self, statistics: Array) -> None:
        """Replace all windows by ``statistics`` (m,): the measured shape has changed."""
        kept = statistics[-_MEMORY:].tolist()
        self._windows = deque(kept)
        self._sorted = sorted(self._stand_ins + kept)

    def p_value(self, statistic: float) -> float:
        """Probability of at least this ``statistic`` without a response; never below 1e-6, which nothing here could
        verify.
        """
        null = self._sorted
        count = len(null)
        tail = int((1.0 - _TAIL) * count)
        above = count - bisect_left(null, statistic)
        if statistic <= null[tail]:
            return (1 + above) / (1 + count)
        beyond = count - bisect_left(null, _BEYOND * statistic)
        return max(self._fitted(statistic, tail), (above - beyond) / count, _LEAST_P)

    def _fitted(self, statistic: float, tail: int) -> float:
        """Return the share above ``statistic`` of a Pareto tail, fitted by median and upper tenth beyond ``tail``."""
        null = self._sorted
        above = len(null) - tail
        start = null[tail]
        half = max(null[tail + above // 2] - start, 1e-9)
        tenth = null[tail + (9 * above) // 10] - start
        seen = len(self._windows)
        some = min(seen, _HEAVY_WINDOWS)
        heavy = _HEAVIEST * _STAND_INS + _HEAVY * some + _heaviness(tenth / half) * seen
        heavy /= _STAND_INS + some + seen
        if heavy < 1e-3:
            return float(_TAIL * np.exp(-np.log(2.0) * (statistic - start) / half))
        scale = half * heavy / (2.0**heavy - 1.0)
        return float(_TAIL * (1.0 + heavy * (statistic - start) / scale) ** (-1.0 / heavy))


def _heaviness(ratio: float) -> float:
    """Shape x of the generalised Pareto tail whose upper tenth is ``ratio`` times its median: (10^x - 1)/(2^x - 1)."""
    if ratio <= _RATIO_OF_EXPONENTIAL:
        return 0.0
    shapes = np.linspace(0.01, _HEAVIEST, 25)
    return float(np.interp(ratio, (10.0**shapes - 1.0) / (2.0**shapes - 1.0), shapes))
