"""How large a detection statistic is where nothing was stimulated, learned from the stream itself.

The p-value of a statistic is its rank among those of recent stimulus-free windows, with an exponential tail fitted
above their upper fifth (and never less than the share that reached it). Until enough windows were seen, some that
Gaussian noise would give stand in.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from guidance.signal.basis import Array

_MEMORY = 300
_STAND_INS = 20
_TAIL = 0.2
_LEAST_P = 1e-6
_BEYOND = 100.0
"""A window whose statistic is so many times larger holds something else: a jolt, a cable."""


class NullDistribution:
    """The statistic, a largest squared score, on stimulus-free windows of one channel."""

    def __init__(self, candidates: float, degrees: int) -> None:
        """Until windows are seen: the largest of about ``candidates`` chi-squared values of 1 or 2 ``degrees``."""
        ranks = (np.arange(_STAND_INS) + 0.5) / _STAND_INS
        tail = -np.expm1(np.log(ranks) / max(candidates, 1.0))
        self._stand_ins = -2.0 * np.log(tail) - (np.log(np.maximum(-2.0 * np.log(tail), 1.0)) if degrees == 1 else 0.0)
        self._windows: deque[float] = deque(maxlen=_MEMORY)

    def learn(self, statistics: Array) -> None:
        """Take in the ``statistics`` (m,) of stimulus-free windows, in order."""
        self._windows.extend(statistics.tolist())

    def renew(self, statistics: Array) -> None:
        """Begin again with ``statistics`` (m,): what is measured has changed."""
        self._windows.clear()
        self.learn(statistics)

    def p_value(self, statistic: float) -> float:
        """Probability of at least this ``statistic`` without a response; never below 1e-6, which nothing here could
        verify.
        """
        high, excess = self._tail()
        null = self._null()
        reached = int(np.count_nonzero((null >= statistic) & (null <= _BEYOND * statistic)))
        if statistic <= high:
            return float((1 + reached) / (1 + len(null)))
        return float(max(_TAIL * np.exp(-(statistic - high) / excess), reached / len(null), _LEAST_P))

    def _null(self) -> Array:
        return np.concatenate([self._stand_ins, np.fromiter(self._windows, float)])

    def _tail(self) -> tuple[float, float]:
        """Where the upper fifth begins, and the scale of its excess, by the median: bursts count by their rank."""
        null = self._null()
        high = float(np.quantile(null, 1.0 - _TAIL))
        return high, float(np.median(null[null > high] - high) / np.log(2.0))
