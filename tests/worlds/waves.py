"""What the simulated procedures are made of: artefact shapes, the response, the noise. Times in ms after the pulse."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import toeplitz
from scipy.signal import butter, resample_poly, sosfilt
from scipy.signal.windows import tukey

from tests.support.shared import shared

Array = NDArray[np.float64]

NOISE_UV = 8.0
RESPONSE_MS = 40.0
_MEASURED_RATE_HZ = 22_000
_BAND_HZ = (20.0, 2000.0)
_PEAK_MS, _WIDTH_MS = 6.6, 1.1
"""A first peak 6.6 ms after the pulse; so wide that the ideal detector needs 2.42 x RMS, as the published table's."""

_SYNTHETIC = 60


@cache
def measured_shapes(rate_hz: float) -> tuple[Array, NDArray[np.str_]]:
    """Measured artefacts (shapes, n) of peak 1 from the pulse on, and the patient of each."""
    stored = np.load(shared("data/artefact_shapes_22k.npz"), allow_pickle=True)
    raw = np.asarray(stored["shapes"], float)
    raw -= raw[:, -raw.shape[1] // 3 :].mean(axis=1, keepdims=True)
    fading = np.where(np.arange(raw.shape[1]) < raw.shape[1] // 2, 1.0, tukey(raw.shape[1], 0.4))
    shapes = resample_poly(raw * fading, int(rate_hz), _MEASURED_RATE_HZ, axis=1, padtype="line")
    return shapes / np.abs(shapes).max(axis=1, keepdims=True), np.asarray(stored["patient"], str)


@cache
def synthetic_shapes(rate_hz: float) -> tuple[Array, NDArray[np.str_]]:
    """Artefacts as textbooks draw them: a spike and two exponentials; laid out as ``measured_shapes``."""
    rng = np.random.default_rng(5)
    t = np.arange(int(0.1 * rate_hz)) / rate_hz * 1e3
    decay = np.stack([rng.uniform(0.5, 2.0, _SYNTHETIC), rng.uniform(4.0, 20.0, _SYNTHETIC)])[..., None]
    share = rng.uniform(0.02, 0.1, decay.shape) * rng.choice([-1, 1], decay.shape)
    tail = (share * np.exp(-t / decay)).sum(axis=0)
    shapes = np.exp(-(((t - 0.3) / 0.15) ** 2)) + np.where(t > 0.3, tail, 0.0)
    return shapes / np.abs(shapes).max(axis=1, keepdims=True), np.array(["synthetic"] * _SYNTHETIC)


def response(times_ms: Array, later_ms: float = 0.0, wider: float = 1.0) -> Array:
    """An M-wave of peak-to-peak 1: two phases and the hint of a third."""
    width = _WIDTH_MS * wider
    u = (times_ms - _PEAK_MS - _WIDTH_MS - later_ms) / width
    wave = -u * np.exp(-0.5 * u * u) + 0.15 * np.exp(-0.5 * ((u - 2.6) / 1.2) ** 2)
    return np.asarray(wave / np.ptp(wave))


def noise(count: int, rate_hz: float, rng: np.random.Generator) -> Array:
    """Noise (count,) of NOISE_UV between 20 Hz and 2 kHz."""
    return np.asarray(NOISE_UV * sosfilt(_band(rate_hz), rng.standard_normal(count)) / _gain(rate_hz))


@cache
def noise_covariance(count: int, rate_hz: float) -> Array:
    """Covariance (count, count) of that noise in uV^2."""
    impulse = sosfilt(_band(rate_hz), np.eye(1, int(rate_hz))[0])
    spectrum = np.abs(np.fft.rfft(impulse, 4 * len(impulse))) ** 2
    covariance = np.fft.irfft(spectrum)[:count] / _gain(rate_hz) ** 2
    return np.asarray(NOISE_UV**2 * toeplitz(covariance))


def _band(rate_hz: float) -> Array:
    return np.asarray(butter(2, _BAND_HZ, "bandpass", fs=rate_hz, output="sos"))


@cache
def _gain(rate_hz: float) -> float:
    return float(np.linalg.norm(sosfilt(_band(rate_hz), np.eye(1, int(rate_hz))[0])))
