"""Other ways to an envelope and to onsets, from mean squares of steps of STEP_S, for comparison with the program's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy.signal import butter, sosfilt

from guidance.biofeedback.envelope import STEP_S, wide_band
from guidance.biofeedback.mains_tracker import MainsTracker
from guidance.needle_emg.bandpass import Bandpass
from guidance.signal.sweep.basis import Array

Smoother = Callable[[Array, float], Array]
"""Mean squares (n,) in uV2 and a length in steps -> envelope (n,) in uV."""

BLOCK_S = 0.02
LEVELS_UV = np.geomspace(0.5, 500.0, 70)
"""Levels that the Bayesian filter knows."""
JUMP = 1e-3
"""Probability a step that the level jumps anywhere (as in Sanger 2007)."""
FREEDOM = 4.0
"""Degrees of freedom of a step's mean square for the Bayesian and the adaptive filter (made EMG at 1 kHz)."""
FAST, UNLIKELY = 3, 9.0
"""Steps that show a change to the adaptive filter, and its least log likelihood ratio."""

REST_STEPS, FIRST_STEPS, GAP_STEPS = 300, 25, 20
ABOVE, OF, DEVIATIONS = 4, 5, 3.0
"""Double threshold: so many of the last steps over the mean of rest by so many standard deviations."""


def clean_signal(samples: Array, sample_rate_hz: float) -> Array:
    """Return ``samples`` (n,) in uV in the usual band and without mains, as the program streams them."""
    band = wide_band(sample_rate_hz)
    bandpass = Bandpass(band.low_hz, band.high_hz, sample_rate_hz, band.order // 2)
    mains, size = MainsTracker(sample_rate_hz, band.high_hz), round(BLOCK_S * sample_rate_hz)
    parts = (samples[at : at + size] for at in range(0, len(samples), size))
    return np.concatenate([mains(bandpass(part), np.ones(len(part), dtype=bool)) for part in parts])


def step_means(values: Array, sample_rate_hz: float) -> Array:
    """Return the mean of ``values`` (n,) in each complete step."""
    edges = np.arange(0.0, len(values) / sample_rate_hz + 1e-9, STEP_S) * sample_rate_hz
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.round(edges).astype(int)
    return np.array([(sums[last] - sums[first]) / (last - first) for first, last in pairwise(at)])


def moving_rms(squares: Array, steps: float) -> Array:
    """Return the RMS of the last ``steps``."""
    count = max(1, round(steps))
    return np.sqrt(np.convolve(squares, np.ones(count) / count)[: len(squares)])


def one_pole(squares: Array, steps: float) -> Array:
    """Return the root of the mean squares through a filter of one pole with time constant ``steps``."""
    gain, level = 1 - np.exp(-1 / steps), 0.0
    out = np.zeros(len(squares))
    for at, square in enumerate(squares):
        level += gain * (square - level)
        out[at] = level
    return np.sqrt(out)


def butterworth_2(squares: Array, steps: float) -> Array:
    """Return the root of the mean squares through a Butterworth low-pass of second order, corner 1 / (2 pi steps)."""
    sos = butter(2, min(0.9, 1 / (np.pi * steps)), output="sos")
    return np.sqrt(np.maximum(sosfilt(sos, squares), 0.0))


def bayesian(squares: Array, steps: float) -> Array:
    """Return the posterior mean of the level, which drifts (less with more ``steps``) and may jump (Sanger 2007)."""
    drift = np.exp(-0.5 * ((np.log(LEVELS_UV)[:, None] - np.log(LEVELS_UV)[None, :]) * steps) ** 2)
    drift /= drift.sum(axis=0)
    belief, out = np.full(len(LEVELS_UV), 1 / len(LEVELS_UV)), np.zeros(len(squares))
    for at, square in enumerate(squares):
        belief = (1 - JUMP) * drift @ belief + JUMP / len(LEVELS_UV)
        log = -FREEDOM / 2 * (np.log(LEVELS_UV**2) + square / LEVELS_UV**2)
        belief *= np.exp(log - log.max())
        belief /= belief.sum()
        out[at] = LEVELS_UV @ belief
    return out


def adaptive(squares: Array, steps: float) -> Array:
    """Return the RMS of the last ``steps``, of fewer after a change that the newest ones show."""
    most, first = max(FAST + 1, round(steps)), 0
    out = np.zeros(len(squares))
    for at in range(len(squares)):
        first = max(first, at + 1 - most)
        new, old = squares[max(at + 1 - FAST, first) : at + 1], squares[first : max(at + 1 - FAST, first)]
        if len(old) and _differ(old, new):
            first = at + 1 - FAST
        out[at] = np.sqrt(squares[first : at + 1].mean())
    return out


def _differ(old: Array, new: Array) -> bool:
    """Return whether two levels explain the mean squares better than one, by UNLIKELY."""
    both = np.concatenate([old, new])
    gain = len(both) * np.log(both.mean()) - len(old) * np.log(old.mean()) - len(new) * np.log(new.mean())
    return bool(FREEDOM / 2 * gain > UNLIKELY)


SMOOTHERS: dict[str, Smoother] = {
    "moving RMS (used)": moving_rms,
    "one pole": one_pole,
    "Butterworth, order 2": butterworth_2,
    "Bayesian": bayesian,
    "adaptive window": adaptive,
}


def double_threshold(samples: Array, sample_rate_hz: float) -> Array:
    """Return the onsets in s by a double threshold on mean squares (after Bonato 1998)."""
    return _first_above(step_means(clean_signal(samples, sample_rate_hz) ** 2, sample_rate_hz))


def teager_kaiser(samples: Array, sample_rate_hz: float) -> Array:
    """Return the onsets in s by the same thresholds on the Teager-Kaiser energy (after Solnik 2010)."""
    clean = clean_signal(samples, sample_rate_hz)
    energy = np.abs(clean[1:-1] ** 2 - clean[:-2] * clean[2:])
    return _first_above(step_means(np.pad(energy, 1), sample_rate_hz))


def _first_above(values: Array) -> Array:
    """Return the times in s at which ABOVE of OF steps begin to lie over rest; a quiet gap ends what began."""
    rest: deque[float] = deque(maxlen=REST_STEPS)
    recent: deque[bool] = deque(maxlen=GAP_STEPS)
    onsets, is_active, limit = [], False, np.inf
    for at, value in enumerate(values):
        recent.append(bool(value > limit))
        last = list(recent)[-OF:]
        if not is_active:
            if sum(last) >= ABOVE:
                onsets.append((at + 1 - len(last) + last.index(True)) * STEP_S)
                is_active = True
            elif not recent[-1]:
                rest.append(float(value))
                if len(rest) >= FIRST_STEPS:
                    limit = float(np.mean(rest) + DEVIATIONS * np.std(rest))
        elif len(recent) == GAP_STEPS and sum(recent) <= 1:
            is_active = False
    return np.array(onsets)
