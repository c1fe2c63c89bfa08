"""Priors of what a sweep holds: baseline, artefact and response, as functions of the time after the pulse.

All times are in ms after the pulse. Priors are Gaussian: covariances over the sweep's samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIRST_MS = 0.5
"""Nothing before this time is ever used: the pulse itself."""

_SWEEP_RATE_HZ = 5000.0
_ONSET_RAMP_MS = 1.0
_SHORTEST_MS, _WIDTH_STEP, _LONGEST_MS = 0.8, 1.5, 8.0
_TAILS = ((0.7, 0.10), (2.0, 0.10), (6.0, 0.05), (18.0, 0.05), (54.0, 0.02))
"""Time constants in ms of the exponentials of an artefact's tail, and their shares of its peak."""

_RECOVERY = ((0.2, 1.0), (0.4, 1.0), (0.7, 1.0), (1.0, 1.0))
_SLOW_RECOVERY = ((1.7, 0.7), (2.5, 0.7), (4.0, 0.4), (8.0, 0.05))
"""Time constants in ms of the recovery from a pulse and from an overload, and their shares (one standard deviation) of
the rail or the visible peak. Even where no rail is recognised there may have been one (a filter follows it)."""

_SWINGS = ((0.035, 6.0, 2.5), (0.0095, 40.0, 1.5))
"""Share of the peak, decay and length in ms of what swings in the tail."""

ROUGH_SHARE = 0.002
"""What the courses of the tail leave out, in every sample: its standard deviation as a share of the peak."""

_BASELINE_SD, _SLOPE_SD = 2.0, 3.0
"""Prior standard deviations of offset and slope over the sweep, in units of the noise (judgements, unsourced)."""

_LEAST_MODE = 1e-4
"""A component is kept where its standard deviation in a sample is larger, in units of the prior's."""

_DRIFT_MS, _LEAST_DRIFT = 5.0, 1e-3
"""Time scale in ms of slow change, and the least share of the largest variance kept (judgements, unsourced)."""


@dataclass(frozen=True, slots=True)
class SweepGrid:
    """The samples of a sweep: from ``first`` raw samples after the pulse on, ``count`` means of ``factor`` each.

    Responses end below 2 kHz, so a sweep is kept at 5 to 10 kHz whatever the device's rate.
    """

    sample_rate_hz: float
    first: int
    factor: int
    count: int

    @classmethod
    def over(cls, window_ms: tuple[float, float], sample_rate_hz: float) -> SweepGrid:
        """Return the grid from FIRST_MS to the end of ``window_ms`` for a device at ``sample_rate_hz``."""
        first = round(FIRST_MS * sample_rate_hz / 1e3)
        factor = max(1, int(sample_rate_hz // _SWEEP_RATE_HZ))
        last = int(window_ms[1] * sample_rate_hz / 1e3 + 1e-6)
        return cls(sample_rate_hz, first, factor, (last + 1 - first) // factor)

    @property
    def stop(self) -> int:
        """Raw samples from the pulse to the first one after the sweep."""
        return self.first + self.count * self.factor

    @property
    def times(self) -> Array:
        """Times of the sweep's samples in ms after the pulse, shape (count,)."""
        middle = self.first + (self.factor - 1) / 2
        return np.asarray((middle + self.factor * np.arange(self.count)) * 1e3 / self.sample_rate_hz)

    def means(self, raw: Array) -> Array:
        """Average ``raw`` (..., count * factor) to this grid, shape (..., count)."""
        if self.factor == 1:
            return raw
        return np.asarray(sum(raw[..., at :: self.factor] for at in range(self.factor)) / self.factor)


def baseline_columns(times: Array, end_ms: float) -> Array:
    """Return columns (n, 2) of the baseline's error and of its drift up to ``end_ms``, one standard deviation each,
    in units of the noise. The baseline itself was measured before the pulse.
    """
    return np.stack([np.full_like(times, _BASELINE_SD), _SLOPE_SD * times / end_ms], axis=1)


class Tails:
    """Principal components of an artefact's tail: ``modes`` (n, r), orthonormal, and the prior ``variance`` (r,) of
    their coefficients for an artefact of peak 1, with its standard deviation ``sd`` (n,) in each sample.
    """

    def __init__(self, times: Array) -> None:
        """Compute the components for sweeps at ``times`` (n,) in ms after the pulse."""
        covariance = artefact_covariance(times)
        self.sd = np.sqrt(np.diag(covariance))
        variance, modes = np.linalg.eigh(covariance)
        kept = variance > len(times) * _LEAST_MODE**2
        self.variance, self.modes = variance[kept], modes[:, kept]
        smooth, turn = np.linalg.eigh(matern(times, _DRIFT_MS))
        large = smooth > _LEAST_DRIFT * smooth[-1]
        self._bends = turn[:, large] * np.sqrt(smooth[large])

    def drift(self, mean: Array) -> Array:
        """Return columns (r, k) of the drift of the coefficients ``mean`` (r,): the artefact is smooth over 5 ms,
        in proportion to its own size.
        """
        size = np.abs(self.modes @ mean)
        return np.asarray(self.modes.T @ (size[:, None] * self._bends))


def artefact_covariance(times: Array) -> Array:
    """Return the prior covariance (n, n) of the tail of an artefact of peak 1.

    Decaying exponentials (electrode and overload recovery) and a damped swing (the amplifier's own high-pass), both as
    seen in published artefact shapes (10.1101/2025.08.26.25334489): some hundredths of the peak at first, then less.
    """
    tails = np.stack([share * np.exp(-times / tail) for tail, share in _TAILS if tail < 3 * times[-1]], axis=1)
    covariance = tails @ tails.T
    for share, decay, length in _SWINGS:
        envelope = share * np.exp(-times / decay)
        covariance += envelope[:, None] * envelope[None, :] * matern(times, length)
    return np.asarray(covariance)


def recovery_columns(since_ms: Array, *, overloaded: bool) -> Array:
    """Return columns (n, k) of an amplifier's recovery after an overload of unit size that ended at time 0 of
    ``since_ms``: exponentials, independent from pulse to pulse. The slow ones are there only where ``overloaded``.
    """
    known = _RECOVERY + (_SLOW_RECOVERY if overloaded else ())
    since_ms = np.maximum(since_ms, 0.0)
    return np.stack([share * np.exp(-since_ms / tail) for tail, share in known], axis=1)


def response_covariance(times: Array, window_ms: tuple[float, float]) -> Array:
    """Return the prior covariance (n, n) of a response of unit size: smooth over 1 ms, 0 before the window."""
    ramp = np.clip((times - window_ms[0] + _ONSET_RAMP_MS) / _ONSET_RAMP_MS, 0.0, 1.0)
    return np.asarray(matern(times, 1.0) * ramp[:, None] * ramp[None, :])


def matern(times: Array, length_ms: float) -> Array:
    """Return the Matern 3/2 correlation (n, n) of length ``length_ms``."""
    lag = np.sqrt(3.0) * np.abs(times[:, None] - times[None, :]) / length_ms
    return np.asarray((1.0 + lag) * np.exp(-lag))


def spans(shapes: Array, times: Array) -> Array:
    """Return first and last time in ms (pairs, 2) at which each pair of ``shapes`` exceeds a tenth of its size."""
    size = np.abs(shapes).max(axis=1)
    large = size > 0.1 * size.max(axis=1, keepdims=True)
    last = len(times) - 1 - large[:, ::-1].argmax(axis=1)
    return np.stack([times[large.argmax(axis=1)], times[last]], axis=1)


def response_shapes(times: Array, window_ms: tuple[float, float]) -> Array:
    """Return pairs of shapes (pairs, 2, n) that together match a bi- or triphasic wave of any phase.

    They are the first and second derivative of a Gaussian, at widths of 0.8 to 8 ms, everywhere in the window.
    """
    pairs: list[tuple[Array, Array]] = []
    width = _SHORTEST_MS
    start, stop = window_ms
    while width == _SHORTEST_MS or (width < _LONGEST_MS and 3.2 * width <= stop - start):
        centre = start + min(1.5 * width, (stop - start) / 2)
        while centre < stop - 0.5 * width or not pairs:
            u = (times - centre) / width
            bell = np.exp(-0.5 * u * u)
            pairs.append((u * bell, (u * u - 1.0) * bell))
            centre += 0.75 * width
        width *= _WIDTH_STEP
    return np.array(pairs)
