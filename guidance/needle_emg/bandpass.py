"""A streaming band-pass filter for EMG, the same for any block size."""

from __future__ import annotations

import numpy as np

from guidance.common.filters import StreamFilter, butterworth
from guidance.signal.sweep.arrays import hold_forward
from guidance.signal.sweep.basis import Array

_BELOW_NYQUIST = 0.45
"""Highest upper corner as a share of the sample rate, so that the filter can still be designed."""


class Bandpass:
    """A causal Butterworth band-pass of one channel; a missing sample (NaN) repeats the value before it."""

    def __init__(self, low_hz: float, high_hz: float, sample_rate_hz: float, order: int = 1) -> None:
        """Pass ``low_hz`` to ``high_hz``, at most 0.45 of ``sample_rate_hz``; ``order`` is that of each flank."""
        top_hz = min(high_hz, _BELOW_NYQUIST * sample_rate_hz)
        self._filter = StreamFilter(butterworth(order, sample_rate_hz, low_hz, top_hz), 1)
        self._last: float | None = None

    def __call__(self, samples: Array) -> Array:
        """Filter the next ``samples`` (n,) and return them in the same unit; the first known sample counts as zero."""
        if not len(samples):
            return samples
        filled = self._hold_gaps(samples)
        return self._filter.filter(filled[:, None])[:, 0]

    def _hold_gaps(self, samples: Array) -> Array:
        known = np.isfinite(samples)
        if self._last is None:
            if not known.any():
                return np.zeros(len(samples))
            self._last = self._offset = float(samples[known.argmax()])
        filled = hold_forward(samples, known, self._last)
        self._last = float(filled[-1])
        return np.asarray(filled - self._offset)
