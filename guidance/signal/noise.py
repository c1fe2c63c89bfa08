"""The noise of one channel as its stimulus-free windows show it: how it is correlated, and what filters make of it."""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy.linalg import toeplitz

from guidance.signal.basis import Array, baseline_covariance

_MEMORY = 128
_TAPER_MS = 10.0
_RENEW_AT = (4, 16, 64, 256)
_RENEW_EVERY = 256
_FLOOR = 0.02


class NoiseModel:
    """Correlation of the noise over a sweep, in units of its variance, renewed as windows come in."""

    def __init__(self, times: Array) -> None:
        """For sweeps at ``times`` (n,) in ms. White until windows were seen."""
        self.baseline = baseline_covariance(times)
        self._taper = np.maximum(1.0 - np.arange(len(times)) * (times[1] - times[0]) / _TAPER_MS, 0.0)
        self._sum = np.zeros(len(times))
        self._seen = 0
        self.windows: deque[Array] = deque(maxlen=_MEMORY)
        self.correlation = np.eye(len(times))

    @property
    def covariance(self) -> Array:
        """Covariance (n, n) of a stimulus-free window: noise, and baseline with its drift."""
        return self.correlation + self.baseline

    def learn(self, windows: Array) -> bool:
        """Take in stimulus-free ``windows`` (m, n), in units of their noise; whether the covariance was renewed."""
        before = self._seen
        self.windows.extend(windows)
        for autocovariance in _autocovariances(windows):
            self._seen += 1
            self._sum += (autocovariance - self._sum) / min(self._seen, _MEMORY)
        due = any(before < at <= self._seen for at in _RENEW_AT) or before // _RENEW_EVERY != self._seen // _RENEW_EVERY
        if due:
            correlation = self._sum / max(float(self._sum[0]), 1e-12) * self._taper
            correlation[0] += _FLOOR
            self.correlation = toeplitz(correlation)
        return due


def _autocovariances(windows: Array) -> Array:
    """Autocovariances (m, n) of ``windows`` (m, n), cut at some standard deviations: a stray one counts little."""
    if not len(windows):
        return windows
    limits = 4.0 * np.median(np.abs(windows), axis=1, keepdims=True) / 0.6745
    usual = np.clip(windows - windows.mean(axis=1, keepdims=True), -limits, limits)
    n = windows.shape[1]
    spectra = np.abs(np.fft.rfft(usual, 2 * n, axis=1)) ** 2
    return np.asarray(np.fft.irfft(spectra, axis=1)[:, :n] / n)
