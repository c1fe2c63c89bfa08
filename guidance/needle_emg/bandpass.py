"""One band of a running EMG, as every use of it shares: streaming, in any chunks."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from guidance.signal.sweep.arrays import hold_forward
from guidance.signal.sweep.basis import Array

_BELOW_NYQUIST = 0.45


class Bandpass:
    """A causal Butterworth band of one channel; missing samples (NaN) hold the value before them."""

    def __init__(self, low_hz: float, high_hz: float, sample_rate_hz: float, order: int = 1) -> None:
        """From ``low_hz`` to ``high_hz``, or as far as ``sample_rate_hz`` reaches; ``order`` of each flank."""
        top_hz = min(high_hz, _BELOW_NYQUIST * sample_rate_hz)
        self._sos = butter(order, (low_hz, top_hz), "bandpass", fs=sample_rate_hz, output="sos")
        self._state = np.zeros((len(self._sos), 2))
        self._last: float | None = None

    def __call__(self, samples: Array) -> Array:
        """The band of the next ``samples`` (n,), in the same unit; it begins at rest at the first that is there."""
        if not len(samples):
            return samples
        filled = self._hold_gaps(samples)
        out, self._state = sosfilt(self._sos, filled, zi=self._state)
        return np.asarray(out)

    def _hold_gaps(self, samples: Array) -> Array:
        known = np.isfinite(samples)
        if self._last is None:
            if not known.any():
                return np.zeros(len(samples))
            self._last = self._offset = float(samples[known.argmax()])
        filled = hold_forward(samples, known, self._last)
        self._last = float(filled[-1])
        return np.asarray(filled - self._offset)
