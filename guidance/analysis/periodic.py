"""A discharge that fills the signal: its period, its beats, and the mean wave of a period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks, oaconvolve

from guidance.signal.sweep.basis import Array

Places = NDArray[np.int64]
"""Sample indices (k,) in a piece."""

LEAST_BEATS = 8
"""Least beats of a discharge that is faster than the detector separates."""

_LEAST_BEAT = 0.35
"""Least size of a beat of a fast discharge as a share of the largest."""


def stacked(uv: Array, samples: Places, before: int, after: int) -> Array:
    """Return the stretches of ``uv`` (n,) about ``samples`` (k,), each (before + after,); zeros beyond its ends."""
    padded = np.pad(uv, (before, after))
    return np.stack([padded[int(at) : int(at) + before + after] for at in samples])


def find_beats(smooth: Array, sample_rate_hz: float, noise_uv: float) -> Places:
    """Return the largest peak of each period, on the side with the larger peaks."""
    side = 1.0 if smooth.max() > -smooth.min() else -1.0
    height = _LEAST_BEAT * float(np.percentile(side * smooth, 99.8))
    period = _period_of(smooth, sample_rate_hz)
    if period is None:
        least = max(6 * noise_uv, height)
        peaks, _ = find_peaks(side * smooth, height=least, distance=max(1, round(0.005 * sample_rate_hz)))
        return np.asarray(peaks)
    peaks, _ = find_peaks(side * smooth, height=height, distance=max(1, round(0.75 * period)))
    return _aligned(smooth, np.asarray(peaks), period)


def _aligned(smooth: Array, peaks: Places, period: int) -> Places:
    """Return where the mean wave about ``peaks`` lies best; of two like waves in a period, it is the same each time."""
    half = round(0.45 * period)
    inside = peaks[(peaks >= half) & (peaks + half < len(smooth))]
    if len(inside) < LEAST_BEATS:
        return peaks
    wave = np.median(np.stack([smooth[at - half : at + half + 1] for at in inside]), axis=0)
    gain = oaconvolve(smooth, wave[::-1], "same") / max(float(wave @ wave), 1e-9)
    found, _ = find_peaks(gain, height=_LEAST_BEAT, distance=max(1, round(0.75 * period)))
    return found if unsteadiness(found) < unsteadiness(peaks) else peaks


def unsteadiness(peaks: Places) -> float:
    """Return the median change from one interval to the next as a share of it."""
    between = np.diff(peaks)
    return float(np.median(np.abs(np.diff(between)) / between[:-1])) if len(peaks) >= LEAST_BEATS else np.inf


def _period_of(smooth: Array, sample_rate_hz: float) -> int | None:
    """Return the period in samples by the autocorrelation, between 6 and 250 ms; None where there is none."""
    n = min(len(smooth), round(1.0 * sample_rate_hz))
    power = np.abs(np.fft.rfft(smooth, 2 * len(smooth))) ** 2
    likeness = np.fft.irfft(power)[: len(smooth)]
    likeness = likeness / max(float(likeness[0]), 1e-9)
    low, high = round(0.006 * sample_rate_hz), min(round(0.25 * sample_rate_hz), n - 1)
    if high <= low:
        return None
    peaks, properties = find_peaks(likeness[low:high], height=0.25)
    if not len(peaks):
        return None
    best = float(properties["peak_heights"].max())
    return low + int(peaks[np.flatnonzero(properties["peak_heights"] >= 0.8 * best)[0]])


def mean_period(smooth: Array, peaks: Places, sample_rate_hz: float) -> Array:
    """Return the mean wave of one period about its peak."""
    length = min(round(float(np.median(np.diff(peaks)))), round(0.05 * sample_rate_hz))
    first = round(0.3 * length)
    inside = [at for at in peaks if at >= first and at - first + length <= len(smooth)]
    mean = np.median(np.stack([smooth[at - first : at - first + length] for at in inside]), axis=0)
    return np.asarray(mean - np.median(mean))


def change_ratio(values: Array) -> float:
    """Return the ratio of the 90th to the 10th percentile of the values, smoothed over five."""
    smooth = np.convolve(values, np.ones(5) / 5, "valid") if len(values) >= 10 else values
    low, high = np.percentile(smooth, [10, 90])
    return float(high / max(low, 1e-9))
