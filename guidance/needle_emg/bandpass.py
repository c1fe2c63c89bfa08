"""One band of a running EMG, as every use of it shares: streaming, in any chunks."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from guidance.signal.sweep.arrays import hold_forward
from guidance.signal.sweep.basis import Array

_BELOW_NYQUIST = 0.45


class Bandpass:
    """A causal Butterworth band of one channel; missing samples (NaN) hold the value before them."""

    def __init__(self, low_hz: float, high_hz: float, rate_hz: float, order: int = 1) -> None:
        """From ``low_hz`` to ``high_hz``, or as far as ``rate_hz`` reaches; ``order`` of each flank."""
        top_hz = min(high_hz, _BELOW_NYQUIST * rate_hz)
        self._sos = butter(order, (low_hz, top_hz), "bandpass", fs=rate_hz, output="sos")
        self._state = np.zeros((len(self._sos), 2))
        self._last: float | None = None

    def __call__(self, samples: Array) -> Array:
        """The band of the next ``samples`` (n,), in the same unit; it begins at rest at the first that is there."""
        if not len(samples):
            return samples
        held = self._held(samples)
        out, self._state = sosfilt(self._sos, held, zi=self._state)
        return np.asarray(out)

    def _held(self, samples: Array) -> Array:
        there = np.isfinite(samples)
        if self._last is None:
            if not there.any():
                return np.zeros(len(samples))
            self._last = self._offset = float(samples[there.argmax()])
        held = hold_forward(samples, there, self._last)
        self._last = float(held[-1])
        return np.asarray(held - self._offset)
