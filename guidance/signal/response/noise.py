"""The noise of one channel as its stimulus-free windows show it: how it is correlated over a sweep."""

from __future__ import annotations

from collections import deque
from functools import lru_cache

import numpy as np

from guidance.signal.sweep.arrays import medians
from guidance.signal.sweep.basis import Array, baseline_columns

_MEMORY = 128
"""The correlation is an average over so many of the newest null windows (a judgement, unsourced)."""

_TAPER_MS = 10.0
"""The correlation fades to zero over so many ms: few windows show it poorly at long lags (a judgement, unsourced)."""

_RENEW_AT = (4, 16, 64, 256)
"""The filters are renewed after so many windows: often at first, while the estimate still changes much."""

_RENEW_EVERY = 256
"""After the last of these they are renewed as often; renewal is the costliest step."""

_LARGEST_FACTOR = 5
"""Numbers with larger factors make slow lengths of a Fourier transform."""

_FLOOR = 0.02
"""White noise added to the correlation as a share of its variance: it stays invertible (a judgement, unsourced)."""


class NoiseModel:
    """Correlation of the noise over a sweep, in units of its variance, renewed as windows come in."""

    def __init__(self, times: Array) -> None:
        """For sweeps at ``times`` (n,) in ms. White until windows were seen."""
        self._end_ms = float(times[-1])
        self._taper = np.maximum(1.0 - np.arange(len(times)) * (times[1] - times[0]) / _TAPER_MS, 0.0)
        self._sum = np.zeros(len(times))
        self._seen = 0
        self.windows: deque[Array] = deque(maxlen=_MEMORY)
        self._correlation = np.eye(1, len(times))[0]

    def covariance(self, times: Array) -> Array:
        """Covariance (m, m) at ``times`` (m,), which begin as the sweep's: noise, and baseline with its drift."""
        correlation = np.zeros(len(times))
        correlation[: len(self._correlation)] = self._correlation[: len(times)]
        baseline, at = baseline_columns(times, self._end_ms), np.arange(len(times))
        return np.asarray(correlation[np.abs(at[:, None] - at)] + baseline @ baseline.T)

    def learn(self, windows: Array) -> bool:
        """Take in stimulus-free ``windows`` (m, n), in units of their noise; whether the covariance was renewed."""
        before = self._seen
        self.windows.extend(windows)
        self._seen += len(windows)
        self._sum += (_autocovariance(windows) - self._sum) * min(len(windows) / min(self._seen, _MEMORY), 1.0)
        due = any(before < at <= self._seen for at in _RENEW_AT) or before // _RENEW_EVERY != self._seen // _RENEW_EVERY
        if due:
            self._correlation = self._sum / max(float(self._sum[0]), 1e-12) * self._taper
            self._correlation[0] += _FLOOR
        return due


def _autocovariance(windows: Array) -> Array:
    """Mean autocovariance (n,) of ``windows`` (m, n), cut at some standard deviations: a stray one counts little."""
    limits = 4.0 * medians(np.abs(windows))[:, None] / 0.6745
    usual = np.clip(windows - windows.mean(axis=1, keepdims=True), -limits, limits)
    n = windows.shape[1]
    length = _fast_length(2 * n)
    spectra = np.fft.rfft(usual, length, axis=1)
    power = (spectra.real**2 + spectra.imag**2).mean(axis=0)
    return np.asarray(np.fft.irfft(power, length)[:n] / n)


@lru_cache(maxsize=16)
def _fast_length(least: int) -> int:
    """Return the next even length of a Fourier transform that has small factors only: others take twice the time."""
    length = least + least % 2
    while _largest_factor(length) > _LARGEST_FACTOR:
        length += 2
    return length


def _largest_factor(number: int) -> int:
    """Return what is left of ``number`` without its factors 2, 3 and 5, at least ``_LARGEST_FACTOR``."""
    for factor in (2, 3, 5):
        while number % factor == 0:
            number //= factor
    return max(number, _LARGEST_FACTOR)
