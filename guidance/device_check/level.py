"""The size of a steady calibration signal, in the device's own steps."""

from __future__ import annotations

import numpy as np

from drivers.base import Samples

_SHARE = 0.5
"""Percent of the samples left out at either end, so that a glitch does not count as a peak."""


class CalibrationLevel:
    """Peak-to-peak size of the first channel, second by second."""

    def __init__(self, sample_rate_hz: float) -> None:
        self._size = round(sample_rate_hz)
        self._remainder = np.zeros(0, np.float32)
        self._sizes: list[float] = []

    def take(self, samples: Samples) -> None:
        """Add ``samples`` of shape (samples, channels)."""
        self._remainder = np.concatenate([self._remainder, samples[:, 0]])
        while len(self._remainder) >= self._size:
            second, self._remainder = self._remainder[: self._size], self._remainder[self._size :]
            low, high = np.nanpercentile(second, (_SHARE, 100 - _SHARE))
            self._sizes.append(float(high - low))

    @property
    def peak_to_peak(self) -> float | None:
        """Median size of the seconds, the first left out if there is another; None before a second is over."""
        sizes = self._sizes[1:] or self._sizes
        return float(np.median(sizes)) if sizes else None
