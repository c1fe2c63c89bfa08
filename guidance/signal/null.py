"""How large the detection statistic is where nothing was stimulated, learned from the stream itself.

The statistic of a sweep is the largest squared score among its pairs of matched filters, each score divided by the
spread that this filter shows on stimulus-free windows of the same stream (so coloured noise needs no other whitening).
Its p-value is the rank among the same statistic of recent stimulus-free windows, with an exponential tail fitted above
their upper fifth. Until enough windows were seen, some that Gaussian noise would give stand in.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from guidance.signal.basis import Array

_MEMORY = 300
_STAND_INS = 20
_SPREAD_WEIGHT = 60.0
_OUTLIER = 9.0
_TAIL = 0.2
_LEAST_P = 1e-6


class NullDistribution:
    """The statistic on stimulus-free windows of one channel."""

    def __init__(self, pairs: int) -> None:
        """For ``pairs`` pairs of matched filters."""
        self._spread = np.ones((pairs, 2))
        self._seen = 0.0
        self._windows: deque[float] = deque(maxlen=_MEMORY)
        ranks = (np.arange(_STAND_INS) + 0.5) / _STAND_INS
        self._stand_ins = -2.0 * np.log1p(-(ranks ** (2.0 / pairs)))

    def learn(self, scores: Array) -> None:
        """Take in the ``scores`` (m, pairs, 2) of stimulus-free windows, in order."""
        for one in scores:
            self._windows.append(self.statistic(one))
            self._seen = min(self._seen + 1.0, _SPREAD_WEIGHT)
            usual = np.minimum(one**2, _OUTLIER * self._spread)
            self._spread += (usual - self._spread) / (self._seen + _STAND_INS)

    def statistic(self, scores: Array) -> float:
        """The statistic of one sweep's ``scores`` (pairs, 2)."""
        return float((scores**2 / self._spread).sum(axis=1).max())

    def p_value(self, statistic: float) -> float:
        """Probability of at least this ``statistic`` without a response; never below 1e-6, which nothing here could
        verify.
        """
        null = np.concatenate([self._stand_ins, np.fromiter(self._windows, float)])
        high = float(np.quantile(null, 1.0 - _TAIL))
        if statistic <= high:
            return float((1 + np.count_nonzero(null >= statistic)) / (1 + len(null)))
        excess = float((null[null > high] - high).mean())
        return float(max(_TAIL * np.exp(-(statistic - high) / excess), _LEAST_P))
