"""Mains interference, fitted before the pulse and predicted into the sweep: nothing of the response is notched away.

A fit uses nothing of earlier stretches, so 300 ms of a quiet muscle are enough, and the same samples give the same
sweep wherever a recording is entered. biofeedback/mains_tracker.py follows the mains through effort instead. There are
two, as neither can replace the other. Of a mains of 14.6 uV RMS the fit leaves 0.6 uV after 300 ms at rest, the other
1.5; in an effort of 100 uV RMS the fit leaves 12.7 uV, the other 1.0 (simulated, at the grid's nominal frequency; held
by tests/guidance/signal/test_mains.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from guidance.signal.sweep.basis import Array

MAINS_HZ = (50.0, 60.0)
_HARMONICS = np.array([1, 2, 3, 5])  # as _sines has them
_FIT_RATE_HZ = 2000.0
_CORRELATED = 10.0
"""EMG and drift are not white: near the mains their density is taken for this many times their mean."""

_KEPT = 32
"""So many lengths and frequencies are prepared for at a time: those of a few channels and of the quality's second."""


class MainsFit:
    """Sines of one mains frequency and its harmonics, by absolute sample index."""

    def __init__(self, cycles_per_sample: float, weights: Array) -> None:
        """Take ``weights`` (harmonics, 2): cosine and sine of each harmonic in uV."""
        self._cycles_per_sample, self._weights = cycles_per_sample, weights

    @property
    def amplitude_uv(self) -> float:
        """Peak amplitude of the fundamental in uV."""
        return float(np.hypot(*self._weights[0]))

    def __call__(self, first: int, count: int) -> Array:
        """Return the interference at samples ``first`` to ``first + count``, in uV, shape (count,)."""
        if not self._weights.any():
            return np.zeros(count)
        return np.asarray(
            _sines(np.arange(first, first + count, dtype=np.float64) * self._cycles_per_sample)
            @ self._weights.reshape(-1)
        )


def fit_mains(signal: Array, first: int, sample_rate_hz: float) -> MainsFit | None:
    """Fit mains to the stimulus-free ``signal`` (n,) that begins at sample ``first``; None if it is too short.

    Least squares on sines at 50 or 60 Hz, whichever explains more, with a straight line beside them. Each harmonic is
    shrunk by 1 - (standard error / amplitude)^2 (positive part, James and Stein), so that where there is no mains
    nothing is taken away.
    """
    factor = max(1, int(sample_rate_hz // _FIT_RATE_HZ))
    n = len(signal) // factor
    if n * factor < sample_rate_hz / MAINS_HZ[0]:
        return None
    means = sum((signal[at : n * factor : factor] for at in range(1, factor)), signal[: n * factor : factor]) / factor
    left, cycles, weights = min(
        (_least_squares(means, _sines_of(n, factor * hz / sample_rate_hz), hz / sample_rate_hz) for hz in MAINS_HZ),
        key=lambda fit: fit[0],
    )
    power = np.maximum((weights**2).sum(axis=1), 1e-12)
    shrink = np.maximum(0.0, 1.0 - 4.0 * _CORRELATED * left / n / power)
    turned = _turned(weights, cycles * (first + (factor - 1) / 2))
    return MainsFit(cycles, turned * (shrink / _flattened(cycles * factor))[:, None])


@lru_cache(maxsize=_KEPT)
def _flattened(cycles: float) -> Array:
    """Return what is left of each harmonic in means over so many ``cycles`` of the mains."""
    return np.asarray(np.sinc(_HARMONICS * cycles))


@dataclass(frozen=True, slots=True, eq=False)
class _Sines:
    """Cosines and sines of the harmonics and a straight line (n, k), from phase 0 on; ``inverse`` (k, n): what gives
    their least-squares weights in a signal.
    """

    columns: Array
    inverse: Array


@lru_cache(maxsize=_KEPT)
def _sines_of(count: int, cycles: float) -> _Sines:
    """Return the sines of ``count`` samples, ``cycles`` of the mains apart. They depend on no signal, and are kept."""
    line = np.linspace(-1, 1, count)[:, None]
    columns = np.concatenate([_sines(np.arange(count, dtype=np.float64) * cycles), np.ones((count, 1)), line], axis=1)
    gram = columns.T @ columns
    return _Sines(columns, np.linalg.solve(gram + 1e-9 * count * np.eye(len(gram)), columns.T))


def _least_squares(signal: Array, sines: _Sines, cycles: float) -> tuple[float, float, Array]:
    """Return the residual's mean square, ``cycles`` per sample as given, and the weights (harmonics, 2)."""
    solution = sines.inverse @ signal
    rest = signal - sines.columns @ solution
    return float(rest @ rest) / len(signal), cycles, solution[:-2].reshape(-1, 2)


def _turned(weights: Array, phase: float) -> Array:
    """Return ``weights`` (harmonics, 2) of sines that begin at ``phase`` in cycles, for sines that begin at 0."""
    angle = 2 * np.pi * np.remainder(_HARMONICS * phase, 1.0)
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack(
        [weights[:, 0] * cosine - weights[:, 1] * sine, weights[:, 0] * sine + weights[:, 1] * cosine], axis=1
    )


def _sines(phase: Array) -> Array:
    """Return cosine and sine of each harmonic at ``phase`` (n,) in cycles, shape (n, 2 * harmonics)."""
    turn = np.exp(2j * np.pi * phase)
    square = turn * turn
    return np.stack([turn, square, square * turn, square * square * turn], axis=1).view(np.float64)
