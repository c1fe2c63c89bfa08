"""Operations on sampled signals that several stages share. Pure functions; units are those of the input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guidance.signal.sweep.basis import Array


def hold_forward(samples: Array, there: NDArray[np.bool_], before: Array | float) -> Array:
    """Return ``samples``, (n,) or (n, channels), with each one not ``there`` (n,) replaced by the last one that is.

    Where there is none in front of it, ``before`` stands: the last value of the stretch before, or one a channel.
    """
    if there.all():
        return samples
    at = np.maximum.accumulate(np.where(there, np.arange(len(samples)), -1))
    known = at.reshape(-1, *[1] * (samples.ndim - 1)) >= 0
    return np.asarray(np.where(known, samples[np.maximum(at, 0)], before))


def second_difference(samples: Array, lag: int = 1) -> Array:
    """Return x[i + lag] - 2 x[i] + x[i - lag] of ``samples`` (n,), shape (n - 2 lag,): small but for sharp edges."""
    step = samples[lag:] - samples[:-lag]
    return np.asarray(step[lag:] - step[:-lag])


def fitted_slope(x: Array, y: Array) -> tuple[float, float]:
    """Return the slope of the least-squares line of ``y`` on ``x``, both (n,) with n > 2, and its standard error."""
    apart, off = x - x.mean(), y - y.mean()
    power = float(apart @ apart)
    slope = float(apart @ off) / power
    rest = off - slope * apart
    return slope, float(np.sqrt(rest @ rest / (len(x) - 2) / power))


def medians(rows: Array) -> Array:
    """Return the median (m,) of each of ``rows`` (m, n) with n > 0 and no NaN: as numpy's, in a third of its time."""
    half = rows.shape[1] // 2
    if rows.shape[1] % 2:
        return np.asarray(np.partition(rows, half, axis=1)[:, half])
    parted = np.partition(rows, half, axis=1)  # for one place it is much faster than for two
    return np.asarray(0.5 * (parted[:, :half].max(axis=1) + parted[:, half]))


def median(values: Array) -> float:
    """Return the median of ``values`` (n,) with n > 0 and no NaN."""
    return float(medians(values[None])[0])
