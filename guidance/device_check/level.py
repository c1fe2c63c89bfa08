"""How large a steady calibration signal is, in the device's own steps."""

from __future__ import annotations

import numpy as np

from drivers.base import Samples

_SHARE = 0.5
"""Percent of the samples left out at either end: a glitch is no peak."""


class CalibrationLevel:
    """Peak to peak of the first channel, second by second."""

    def __init__(self, sample_rate_hz: float) -> None:
        self._size = round(sample_rate_hz)
        self._rest = np.zeros(0, np.float32)
        self._sizes: list[float] = []

    def take(self, samples: Samples) -> None:
        """Take samples of shape (samples, channels)."""
        self._rest = np.concatenate([self._rest, samples[:, 0]])
        while len(self._rest) >= self._size:
            second, self._rest = self._rest[: self._size], self._rest[self._size :]
            low, high = np.percentile(second, (_SHARE, 100 - _SHARE))
            self._sizes.append(float(high - low))

    @property
    def peak_to_peak(self) -> float | None:
        """That of the typical second, the first left out if there is another; None before a second is over."""
        sizes = self._sizes[1:] or self._sizes
        return float(np.median(sizes)) if sizes else None
