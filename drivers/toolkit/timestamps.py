"""Samples with time stamps instead of numbers: gaps between them, and the sample at a given time. No I/O."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEARN_S = 0.5
"""Time after the first stamp in which the jitter of the stamps is learnt (assumed)."""
_UNSURE_S = 0.1
"""Shortest gap accepted while the jitter is not known (assumed: longer than a usual chunk)."""
_JITTERS = 4.0
"""A gap is longer than this many times the largest jitter observed (assumed)."""
_LEAST_SAMPLES = 0.5
"""A gap is at least this many sample periods: less rounds to no missing sample."""
_FOLLOW = 0.02
"""Share of each chunk's deviation by which the time of sample 0 follows the stream's clock (assumed)."""


class StampedSamples:
    """Tracker of the stamps of a stream of ``sample_rate_hz``.

    A stamp shows a gap where it is later than four times the jitter observed so far, and by half a sample at least. A
    stream stamped by its own sample clock shows every missing sample; one stamped when sent hides shorter gaps.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        self._period_s = 1 / sample_rate_hz
        self._last_s: float | None = None
        self._jitter_s = 0.0
        self._begin_s: float | None = None
        self._zero_s = 0.0

    def gaps(self, stamps_s: NDArray[np.float64], first_sample: int) -> list[tuple[int, int]]:
        """Return, for each gap, its position in ``stamps_s`` (samples,) and the samples missing before that position.

        ``first_sample`` is the index that the first stamp has if nothing is missing before it.
        """
        if not len(stamps_s):
            return []
        if self._last_s is None or self._begin_s is None:
            self._last_s = self._begin_s = float(stamps_s[0]) - self._period_s
            self._zero_s = float(stamps_s[0]) - first_sample * self._period_s
        late_s = np.diff(stamps_s, prepend=self._last_s) - self._period_s
        found, missing = [], 0
        for at in np.flatnonzero(late_s > self._threshold_s(float(stamps_s[0]))).tolist():
            lost = round(late_s[at] / self._period_s)
            found.append((at, lost))
            missing += lost
            late_s[at] = 0.0
        self._jitter_s = max(self._jitter_s, float(np.abs(late_s).max()))
        self._last_s = float(stamps_s[-1])
        self._follow(self._last_s - (first_sample + missing + len(stamps_s) - 1) * self._period_s, jumped=bool(found))
        return found

    def place(self, time_s: float) -> tuple[int, float]:
        """Return the index of the sample at or before ``time_s``, and the seconds between the two."""
        position = (time_s - self._zero_s) / self._period_s
        sample = int(np.floor(position + 1e-3))
        return sample, max(0.0, (position - sample) * self._period_s)

    def _threshold_s(self, now_s: float) -> float:
        if self._begin_s is None or now_s - self._begin_s < _LEARN_S:
            return _UNSURE_S
        return max(_LEAST_SAMPLES * self._period_s, _JITTERS * self._jitter_s)

    def _follow(self, zero_s: float, *, jumped: bool) -> None:
        """Let the time of sample 0 follow the stream's clock; at once after a gap, whose length is rounded."""
        self._zero_s += (zero_s - self._zero_s) * (1.0 if jumped else _FOLLOW)
