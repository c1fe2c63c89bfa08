"""Resampling from a device's rate to the loudspeaker's, with a ratio that follows the two clocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guidance.audio.waveforms import SAMPLE_RATE_HZ, Waveform

TAPS, PHASES = 32, 256
HIGHEST_HZ, _CUTOFF_HZ = 5000.0, 8000.0
_KAISER = 8.0
_FLOAT = NDArray[np.float64]


class Resampler:
    """Band-limited interpolation by a windowed sinc, with a cutoff above the band or at 0.45 of the device's rate."""

    def __init__(self, sample_rate_hz: float) -> None:
        """Resample from ``sample_rate_hz``; ``ratio`` is the input samples of an output sample."""
        self.nominal = self.ratio = sample_rate_hz / SAMPLE_RATE_HZ
        self._bank = _bank(min(_CUTOFF_HZ, 0.45 * sample_rate_hz) / sample_rate_hz)
        self._waiting: _FLOAT = np.zeros(TAPS)
        self._at = 0.0

    def take(self, samples: _FLOAT) -> Waveform:
        """Return the output that ``samples`` complete; it lags by half of TAPS samples."""
        waiting = np.concatenate([self._waiting, samples])
        count = max(int((len(waiting) - TAPS - self._at) // self.ratio), 0)
        places = self._at + self.ratio * np.arange(count)
        whole = places.astype(np.intp)
        phases = ((places - whole) * PHASES).astype(np.intp)
        windows = np.lib.stride_tricks.sliding_window_view(waiting, TAPS)[whole]
        out = np.einsum("ij,ij->i", windows, self._bank[phases])
        reached = self._at + self.ratio * count
        done = min(int(reached), len(waiting) - TAPS)
        self._waiting, self._at = waiting[done:], reached - done
        return np.asarray(out, np.float32)


def _bank(cutoff: float) -> _FLOAT:
    """Return filters of unit gain for each fraction of a sample; ``cutoff`` is in cycles a sample."""
    offsets = np.arange(TAPS)[None, :] - TAPS / 2 + 1 - np.arange(PHASES)[:, None] / PHASES
    window = np.i0(_KAISER * np.sqrt(np.maximum(1 - (offsets / (TAPS / 2)) ** 2, 0))) / np.i0(_KAISER)
    bank = np.sinc(2 * cutoff * offsets) * window
    return np.asarray(bank / bank.sum(axis=1, keepdims=True))
