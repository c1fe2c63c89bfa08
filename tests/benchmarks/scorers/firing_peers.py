"""Ways to find and sort firings that others use, for comparison only: threshold, PCA with k-means, templates."""

from __future__ import annotations

import numpy as np
from scipy.cluster.vq import kmeans2
from scipy.signal import butter, find_peaks, sosfiltfilt

from tests.benchmarks.scorers.firings import Array, Firings

_BAND_HZ = (500.0, 4000.0)
_OVER = 5.0
_DEAD_MS, _HALF_MS = 1.5, 1.5
_COMPONENTS = 5
_ALIKE, _MOST = 0.25, 0.35
_LEARNS = 0.1


def threshold(uv: Array, sample_rate_hz: float, units: int) -> Firings:
    """Peaks of 500-4000 Hz above five times the noise (median absolute deviation), at most one in 1.5 ms; unsorted."""
    at, _ = _peaks(uv, sample_rate_hz)
    return Firings(at / sample_rate_hz, np.full(len(at), -1))


def pca_kmeans(uv: Array, sample_rate_hz: float, units: int) -> Firings:
    """The threshold's peaks, five principal components of the waves, k-means with the true number of units."""
    at, waves = _peaks(uv, sample_rate_hz)
    if len(at) <= units:
        return Firings(at / sample_rate_hz, np.full(len(at), -1))
    centred = waves - waves.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:_COMPONENTS]
    _, labels = kmeans2(centred @ axes.T, units, iter=50, minit="++", seed=1)
    return Firings(at / sample_rate_hz, labels.astype(np.int64))


def template_matcher(uv: Array, sample_rate_hz: float, units: int) -> Firings:
    """The threshold's peaks, each given to the nearest template or made a new one, then once more from the start."""
    at, waves = _peaks(uv, sample_rate_hz)
    templates: list[Array] = []
    for wave in waves:
        nearest = _nearest(wave, templates, _ALIKE)
        if nearest < 0:
            templates.append(wave.copy())
        else:
            templates[nearest] += _LEARNS * (wave - templates[nearest])
    labels = np.array([_nearest(wave, templates, _MOST) for wave in waves], np.int64)
    return Firings(at / sample_rate_hz, labels)


def random_times(uv: Array, sample_rate_hz: float, units: int) -> Firings:
    """As many times as the threshold finds, drawn at random: what chance alone scores."""
    at, _ = _peaks(uv, sample_rate_hz)
    rng = np.random.default_rng(len(at))
    return Firings(rng.uniform(0, len(uv) / sample_rate_hz, len(at)), rng.integers(0, units, len(at)))


def _nearest(wave: Array, templates: list[Array], most: float) -> int:
    """Return the template that differs least, by share of the wave's energy; -1 where all differ by more than that."""
    if not templates:
        return -1
    apart = ((np.stack(templates) - wave) ** 2).sum(axis=1) / max(float((wave**2).sum()), 1e-9)
    return int(apart.argmin()) if apart.min() <= most else -1


def _peaks(uv: Array, sample_rate_hz: float) -> tuple[Array, Array]:
    """Return the samples of the peaks, and the wave about each (peaks, points)."""
    top_hz = min(_BAND_HZ[1], 0.45 * sample_rate_hz)
    sharp = sosfiltfilt(butter(2, (_BAND_HZ[0], top_hz), "bandpass", fs=sample_rate_hz, output="sos"), uv)
    noise = float(np.median(np.abs(sharp))) / 0.6745
    at, _ = find_peaks(np.abs(sharp), height=_OVER * noise, distance=max(1, round(_DEAD_MS * sample_rate_hz / 1e3)))
    half = round(_HALF_MS * sample_rate_hz / 1e3)
    padded = np.pad(sharp, half)
    waves = np.stack([padded[k : k + 2 * half + 1] for k in at]) if len(at) else np.zeros((0, 2 * half + 1))
    return at.astype(float), waves
