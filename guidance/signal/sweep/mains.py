"""Mains interference, fitted before the pulse and predicted into the sweep: nothing of the response is notched away.

A fit uses nothing of earlier stretches, so 300 ms of a quiet muscle are enough, and the same samples give the same
sweep wherever a recording is entered. biofeedback/mains_tracker.py follows the mains through effort instead. There are
two, as neither can replace the other. Of a mains of 14.6 uV RMS the fit leaves 0.6 uV after 300 ms at rest, the other
1.5; in an effort of 100 uV RMS the fit leaves 12.7 uV, the other 1.0 (simulated, at the grid's nominal frequency; held
by tests/guidance/signal/test_mains.py).
"""

from __future__ import annotations

import numpy as np

from guidance.signal.sweep.basis import Array

MAINS_HZ = (50.0, 60.0)
_HARMONICS = np.array([1, 2, 3, 5])  # as _sines has them
_FIT_RATE_HZ = 2000.0
_CORRELATED = 10.0
"""EMG and drift are not white: near the mains their density is taken for this many times their mean."""


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
    means = signal[: n * factor].reshape(n, factor).mean(axis=1)
    at = np.asarray(first + factor * np.arange(n) + (factor - 1) / 2, np.float64)
    left, cycles, weights = min(
        (_least_squares(means, at * (hz / sample_rate_hz), hz / sample_rate_hz) for hz in MAINS_HZ),
        key=lambda fit: fit[0],
    )
    power = np.maximum((weights**2).sum(axis=1), 1e-12)
    shrink = np.maximum(0.0, 1.0 - 4.0 * _CORRELATED * left / n / power)
    flattened = np.sinc(_HARMONICS * cycles * factor)
    return MainsFit(cycles, weights * (shrink / flattened)[:, None])


def _least_squares(signal: Array, phase: Array, cycles: float) -> tuple[float, float, Array]:
    """Return the residual's mean square, ``cycles`` per sample as given, and the weights (harmonics, 2)."""
    n = len(signal)
    columns = np.concatenate([_sines(phase), np.ones((n, 1)), np.linspace(-1, 1, n)[:, None]], axis=1)
    gram = columns.T @ columns
    solution = np.linalg.solve(gram + 1e-9 * n * np.eye(len(gram)), columns.T @ signal)
    left = float(np.mean((signal - columns @ solution) ** 2))
    return left, cycles, solution[:-2].reshape(-1, 2)


def _sines(phase: Array) -> Array:
    """Return cosine and sine of each harmonic at ``phase`` (n,) in cycles, shape (n, 2 * harmonics)."""
    turn = np.exp(2j * np.pi * phase)
    square = turn * turn
    return np.stack([turn, square, square * turn, square * square * turn], axis=1).view(np.float64)
