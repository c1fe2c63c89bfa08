"""End-plate activity in a piece of needle EMG: brief waves that begin negative, many, and without rhythm.

End-plate noise has 10-50 uV and 1-2 ms, end-plate spikes have 100-200 uV and 3-4 ms and are very irregular (from
memory, unsourced). Both occur in the end-plate zone only ("Normal EMG activity", Aminoff). Most waves of end-plate
noise hardly leave the noise: they show in that far more waves of their length are negative than positive.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, find_peaks, oaconvolve, sosfiltfilt

from guidance.analysis.artefact_jumps import follow_jumps
from guidance.analysis.discharges import PiecePotentials
from guidance.analysis.periodic import Places, stacked
from guidance.signal.sweep.basis import Array

_WIDTH_MS = 0.25
"""Standard deviation of the wave that is looked for: that of 1 ms."""

_HIGH_HZ = 50.0
_OVER_NOISE = 4.0
"""Least height in units of the noise: Gaussian noise has a few such waves in two seconds, on both sides."""

_LEAST_PER_S = 5.0
_TIMES_POSITIVE = 4.0
"""Least rate a second, and so many times as many as positive waves."""

_ALONE_MS = 3.0
"""A smaller wave so near to a larger one is its other phase."""

_SECOND_MS = 5.0
"""A smaller positive wave so soon after a negative one is the end of an end-plate spike (3-4 ms in all)."""

_AHEAD_MS = 2.5
_LEAST_NEGATIVE = 0.2
"""The mean wave rises ahead of its peak by less than this share of it: it begins negative."""

_AHEAD_NOISES = 2.0
"""A rise of so many times the noise of the mean wave is none (a judgement)."""

_LONGEST_MS = 3.0
"""Most length of the negative phase of the mean wave."""

LARGEST_UV = 400.0
"""Most amplitude of an end-plate spike, twice the usual one."""

_IRREGULAR_CV = 0.5
"""Least variation of intervals: random ones vary by 1, those of a motor unit or a fibrillation by 0.2 at most."""


def is_end_plate(piece: PiecePotentials) -> bool:
    """Return whether ``piece`` shows end-plate activity; waves that follow jumps of the signal are none."""
    high = butter(2, _HIGH_HZ, "highpass", fs=piece.sample_rate_hz, output="sos")
    uv = np.asarray(sosfiltfilt(high, piece.uv))
    lag = np.arange(-piece.per_ms(4 * _WIDTH_MS), piece.per_ms(4 * _WIDTH_MS) + 1) / piece.per_ms(_WIDTH_MS)
    matched = oaconvolve(uv, np.exp(-0.5 * lag**2), "same")
    negative, positive = _waves(matched, piece)
    seconds = len(uv) / piece.sample_rate_hz
    if len(negative) < _LEAST_PER_S * seconds or len(negative) < _TIMES_POSITIVE * len(positive):
        return False
    if follow_jumps(negative, piece.jumps, piece.sample_rate_hz):
        return False
    between = np.diff(negative)
    is_irregular = float(between.std() / between.mean()) >= _IRREGULAR_CV
    return is_irregular and _is_plate_wave(_mean(uv, negative, piece), len(negative), piece)


def _waves(matched: Array, piece: PiecePotentials) -> tuple[Places, Places]:
    """Return where waves leave the noise, negative and positive ones, without other phases of larger ones."""
    noise = float(np.median(np.abs(matched))) / 0.6745
    peaks, _ = find_peaks(np.abs(matched), height=_OVER_NOISE * noise, distance=piece.per_ms(_ALONE_MS))
    below = matched[peaks] < 0
    negative, positive = peaks[below], peaks[~below]
    lows, _ = find_peaks(-matched, height=_OVER_NOISE * noise)
    return negative, np.array([at for at in positive if not _is_second_phase(at, lows, matched, piece)], dtype=int)


def _is_second_phase(at: int, lows: Places, matched: Array, piece: PiecePotentials) -> bool:
    """Return whether a larger negative wave comes just before the positive one at ``at``."""
    ahead = lows[(lows < at) & (lows >= at - piece.per_ms(_SECOND_MS))]
    return bool(len(ahead)) and float(-matched[ahead].min()) > matched[at]


def _mean(uv: Array, samples: Places, piece: PiecePotentials) -> Array:
    """Return the median wave about ``samples``."""
    wide = piece.per_ms(2 * _AHEAD_MS)
    return np.asarray(np.median(stacked(uv, samples, wide, wide + 1), axis=0))


def _is_plate_wave(mean: Array, count: int, piece: PiecePotentials) -> bool:
    """Return whether the mean wave of ``count`` begins negative and is as brief and small as an end-plate's."""
    centre = len(mean) // 2
    mean = mean - np.median(mean[: centre // 2])
    near = piece.per_ms(1.0)
    peak = centre - near + int(mean[centre - near : centre + near + 1].argmin())
    size = -float(mean[peak])
    ahead = float(mean[max(peak - piece.per_ms(_AHEAD_MS), 0) : peak].max())
    half = mean < -0.5 * size
    length = int(half[max(peak - piece.per_ms(3.0), 0) : peak + piece.per_ms(3.0)].sum())
    most_ahead = _LEAST_NEGATIVE * size + _AHEAD_NOISES * piece.noise_uv / count**0.5
    return 0 < size <= LARGEST_UV and ahead < most_ahead and length <= piece.per_ms(_LONGEST_MS) / 2
