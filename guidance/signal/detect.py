"""Matched filters over a sweep, blind to what is not a response, and the response as best estimated.

Generalised least squares: a shape times the inverse covariance of all that is not response (noise, baseline, artefact)
gives a score of unit variance where there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from guidance.signal.basis import Array, response_shapes
from guidance.signal.noise import NoiseModel
from guidance.signal.null import NullDistribution

_SPREAD_WEIGHT = 60.0
_OUTLIER = 9.0
_POWER_95 = 1.64
_SIZES = 6
_LAGS = (-2, -1, 0, 1, 2)
_KNOWN_SHARE = 0.7
_SHAPE_MEMORY = 10
_SHAPE_FROM = 2


class Family:
    """The statistic for a response of unknown shape: the largest of pairs of filters, at all widths and places."""

    def __init__(self, times: Array, window_ms: tuple[float, float]) -> None:
        """For sweeps at ``times`` (n,) and responses in ``window_ms``."""
        self._shapes = response_shapes(times, window_ms)
        self._spread = np.ones(self._shapes.shape[:2])
        self._seen = 0.0
        self.null = NullDistribution(len(self._shapes) / 2, 2)
        self._quiet_filters: Array | None = None

    def renew(self, covariance: Array) -> None:
        """Take ``covariance`` (n, n) as that of stimulus-free windows."""
        self._quiet_filters = pair_filters(self._shapes, covariance)

    def learn(self, windows: Array, covariance: Array) -> None:
        """Take in stimulus-free ``windows`` (m, n) in units of their noise."""
        if self._quiet_filters is None:
            self.renew(covariance)
        filters = self._quiet_filters if self._quiet_filters is not None else self._shapes.reshape(-1, windows.shape[1])
        scores = (windows @ filters.T).reshape(len(windows), -1, 2)
        self.null.learn((scores**2 / self._spread).sum(axis=2).max(axis=1))
        for one in scores:
            self._seen = min(self._seen + 1.0, _SPREAD_WEIGHT)
            self._spread += (np.minimum(one**2, _OUTLIER * self._spread) - self._spread) / (self._seen + 20.0)

    def judge(self, sweep: Array, covariance: Array) -> tuple[float, float]:
        """P-value of ``sweep`` (n,), in which all but a response has ``covariance`` (n, n); and the peak-to-peak size
        of the largest response that could hide in it, at the middle of all places and widths, surely to 95 %.
        """
        filters = pair_filters(self._shapes, covariance)
        scores = (filters @ sweep).reshape(-1, 2)
        strength = np.abs(np.einsum("pn,pn->p", filters.reshape(*self._shapes.shape)[:, 0], self._shapes[:, 0]))
        statistic = float((scores**2 / self._spread).sum(axis=1).max())
        reach = np.sqrt(statistic * self._spread[:, 0]) + _POWER_95
        hidden_uv = float(np.median(reach / strength * np.ptp(self._shapes[:, 0], axis=1)))
        return self.null.p_value(statistic), hidden_uv


class KnownShape:
    """The statistic for the shape that this muscle has shown, at its latency give or take two samples."""

    def __init__(self) -> None:
        """Begin without a shape."""
        self._shape: Array | None = None
        self._count = 0
        self._spread = 1.0
        self.null = NullDistribution(len(_LAGS) / 2, 1)

    @property
    def ready(self) -> bool:
        """Whether enough responses were seen to know the shape."""
        return self._count >= _SHAPE_FROM

    def show(self, response: Array, noise: NoiseModel) -> None:
        """Take in a sure ``response`` (n,)."""
        unit = response / max(float(np.linalg.norm(response)), 1e-12)
        self._count = min(self._count + 1, _SHAPE_MEMORY)
        self._shape = unit if self._shape is None else self._shape + (unit - self._shape) / self._count
        if self.ready and noise.windows:
            self.renew(list(noise.windows), noise.covariance)

    def renew(self, windows: Sequence[Array], covariance: Array) -> None:
        """Judge stimulus-free ``windows`` by the shape as now known."""
        scores = np.array(windows) @ self._filters(covariance).T
        self._spread = float(np.mean(np.minimum(scores**2, _OUTLIER)))
        self.null.renew(self._statistic(scores))

    def p_value(self, sweep: Array, covariance: Array) -> float:
        """P-value of ``sweep`` (n,), in which all but a response has ``covariance`` (n, n)."""
        return self.null.p_value(float(self._statistic((self._filters(covariance) @ sweep)[None])[0]))

    def _statistic(self, scores: Array) -> Array:
        """Largest squared score of the right sign, of each row of ``scores`` (m, lags)."""
        return np.asarray(np.maximum(scores.max(axis=1), 0.0) ** 2 / max(self._spread, 0.25))

    def _filters(self, covariance: Array) -> Array:
        shape = self._shape if self._shape is not None else np.zeros(len(covariance))
        shapes = np.stack([_shifted(shape, lag) for lag in _LAGS])
        weighed = cho_solve(cho_factor(covariance), shapes.T).T
        power = np.einsum("ln,ln->l", shapes, weighed)
        return np.asarray(weighed / np.sqrt(np.maximum(power, 1e-12))[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The response: posterior mean and standard deviation (n,), and the artefact and baseline beside it, in uV."""

    mean: Array
    sd: Array
    nuisance: Array


def pair_filters(shapes: Array, covariance: Array) -> Array:
    """Filters (2 * pairs, n) for pairs of ``shapes`` (pairs, 2, n): orthogonal within a pair, of unit variance."""
    pairs, _, n = shapes.shape
    weighed = cho_solve(cho_factor(covariance), shapes.reshape(-1, n).T).T.reshape(pairs, 2, n)
    power = np.einsum("pin,pjn->pij", shapes, weighed)
    power += 1e-9 * np.trace(power, axis1=1, axis2=2)[:, None, None] * np.eye(2)
    whiten = np.linalg.cholesky(np.linalg.inv(power))
    return np.asarray(np.einsum("pji,pjn->pin", whiten, weighed).reshape(-1, n))


def estimate(sweep: Array, white: Array, nuisance: Array, unit: Array, least_uv: float) -> Estimate:
    """Split ``sweep`` (n,) by the covariances (n, n) of its parts: noise, nuisance, and a response of ``unit`` size.

    The response's size, ``least_uv`` at least, is the one that makes the sweep most probable (empirical Bayes).
    """
    largest = max(2.0 * float(np.abs(sweep).max()), 2.0 * least_uv)
    sizes = np.geomspace(least_uv, largest, _SIZES)
    tried = [cho_factor(white + nuisance + size**2 * unit, lower=True) for size in sizes]
    causes = [cho_solve(factor, sweep) for factor in tried]
    misfit = [
        float(sweep @ cause) + 2.0 * float(np.log(factor[0].diagonal()).sum())
        for factor, cause in zip(tried, causes, strict=True)
    ]
    best = int(np.argmin(misfit))
    factor, cause, response = tried[best], causes[best], sizes[best] ** 2 * unit
    explained = cho_solve(factor, response)
    variance = np.diag(response) - np.einsum("ij,ji->i", response, explained)
    return Estimate(response @ cause, np.sqrt(np.maximum(variance, 0.0)), nuisance @ cause)


def combined(unknown: float, known: float | None) -> float:
    """One p-value of the two statistics: most of the chance is spent on the known shape."""
    if known is None:
        return unknown
    return min(known / _KNOWN_SHARE, unknown / (1.0 - _KNOWN_SHARE), 1.0)


def _shifted(shape: Array, lag: int) -> Array:
    out = np.zeros_like(shape)
    if lag >= 0:
        out[lag:] = shape[: len(shape) - lag]
    else:
        out[:lag] = shape[-lag:]
    return out
