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
_SIZES = 8
_LAGS = (-2, -1, 0, 1, 2)
_KNOWN_SHARE = 0.7
_SHAPE_MEMORY = 10
_SHAPE_FROM = 2


Factor = tuple[Array, bool]
"""A Cholesky factor as scipy gives it."""


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
        self._quiet_filters = pair_filters(self._shapes, cho_factor(covariance))

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

    def filters(self, factor: Factor) -> Array:
        """Filters (2 * pairs, n) for sweeps in which all but a response has the covariance of ``factor``."""
        return pair_filters(self._shapes, factor)

    def judge(self, sweep: Array, filters: Array) -> tuple[float, float]:
        """P-value of ``sweep`` (n,) by ``filters``; and the peak-to-peak size of the largest response that could hide
        in it, at the middle of all places and widths, surely to 95 %.
        """
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
        scores = np.array(windows) @ self.filters(cho_factor(covariance)).T
        self._spread = float(np.mean(np.minimum(scores**2, _OUTLIER)))
        self.null.renew(self._statistic(scores))

    def filters(self, factor: Factor) -> Array:
        """Filters (lags, n) for sweeps in which all but a response has the covariance of ``factor``."""
        shape = self._shape if self._shape is not None else np.zeros(len(factor[0]))
        shapes = np.stack([_shifted(shape, lag) for lag in _LAGS])
        weighed = cho_solve(factor, shapes.T).T
        power = np.einsum("ln,ln->l", shapes, weighed)
        return np.asarray(weighed / np.sqrt(np.maximum(power, 1e-12))[:, None])

    def p_value(self, sweep: Array, filters: Array) -> float:
        """P-value of ``sweep`` (n,) by ``filters``."""
        return self.null.p_value(float(self._statistic((filters @ sweep)[None])[0]))

    def _statistic(self, scores: Array) -> Array:
        """Largest squared score of the right sign, of each row of ``scores`` (m, lags)."""
        return np.asarray(np.maximum(scores.max(axis=1), 0.0) ** 2 / max(self._spread, 0.25))


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The response: posterior mean and standard deviation (n,), and the artefact and baseline beside it, in uV."""

    mean: Array
    sd: Array
    nuisance: Array


def pair_filters(shapes: Array, factor: Factor) -> Array:
    """Filters (2 * pairs, n) for pairs of ``shapes`` (pairs, 2, n): orthogonal within a pair, of unit variance."""
    pairs, _, n = shapes.shape
    weighed = cho_solve(factor, shapes.reshape(-1, n).T).T.reshape(pairs, 2, n)
    power = np.einsum("pin,pjn->pij", shapes, weighed)
    power += 1e-9 * np.trace(power, axis1=1, axis2=2)[:, None, None] * np.eye(2)
    whiten = np.linalg.cholesky(np.linalg.inv(power))
    return np.asarray(np.einsum("pji,pjn->pin", whiten, weighed).reshape(-1, n))


class Splitter:
    """Splits sweeps by the covariances (n, n) of their parts: noise, nuisance, and a response of ``unit`` size.

    The response's size is the one that makes the sweep most probable (empirical Bayes), of some from ``least_uv`` up.
    """

    def __init__(self, silent: Array, nuisance: Array, unit: Array, least_uv: float) -> None:
        """``silent`` is the covariance of noise and nuisance together."""
        self._nuisance, self._unit = nuisance, unit
        self._sizes = least_uv * 10.0 ** (np.arange(_SIZES) / 2)
        self._factors = [cho_factor(silent + size**2 * unit, lower=True) for size in self._sizes]
        self._spreads = [2.0 * float(np.log(factor[0].diagonal()).sum()) for factor in self._factors]

    def split(self, sweep: Array) -> Estimate:
        """The parts of ``sweep`` (n,)."""
        causes = [cho_solve(factor, sweep) for factor in self._factors]
        best = int(np.argmin([sweep @ cause + spread for cause, spread in zip(causes, self._spreads, strict=True)]))
        response = self._sizes[best] ** 2 * self._unit
        explained = cho_solve(self._factors[best], response)
        variance = np.diag(response) - np.einsum("ij,ji->i", response, explained)
        return Estimate(response @ causes[best], np.sqrt(np.maximum(variance, 0.0)), self._nuisance @ causes[best])


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
