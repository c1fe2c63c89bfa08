"""Artefact and response estimated jointly, window by window: a linear Gaussian model with no filter that could ring.

A sweep, in units of its noise, is  y = nuisance + response + noise.  Detection weighs y with matched filters that are
blind to the nuisance (generalised least squares: shapes times the inverse covariance of nuisance and noise);
measurement takes the posterior mean of the response. Filters depend only on how long the artefact blinds the sweep and
on the decade of its size, so they are computed once and kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from guidance.signal.basis import Array, Grid, nuisance, response_covariance, response_shapes

_BLIND_SD = 1e3
_DECADE_STEPS = 2
_KEPT = 64

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What decides the filters: ``blind_ms``, up to where the artefact hides everything, and ``tail_sd``, how large
    its tail may be in units of the noise.
    """

    blind_ms: float
    tail_sd: float


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The response: posterior mean and standard deviation (n,), and the artefact beside it; in units of the noise."""

    mean: Array
    sd: Array
    artefact: Array


class _Kept(Generic[K, V]):
    """Values made once a key; the least recently used ones are let go."""

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._values: OrderedDict[K, V] = OrderedDict()

    def __call__(self, key: K) -> V:
        if key not in self._values:
            self._values[key] = self._make(key)
            if len(self._values) > _KEPT:
                self._values.popitem(last=False)
        self._values.move_to_end(key)
        return self._values[key]


def half_decade(size: float) -> float:
    """``size`` rounded up to a half decade, so that filters computed for it can be used again."""
    return float(10.0 ** (np.ceil(np.log10(max(size, 1.0)) * _DECADE_STEPS) / _DECADE_STEPS))


class Estimator:
    """Matched filters and posterior means for sweeps of one sampling rate and one window."""

    def __init__(self, window_ms: tuple[float, float], rate_hz: float) -> None:
        """Prepare for ``window_ms`` (start, end after the pulse) of a device at ``rate_hz``."""
        self.window_ms = window_ms
        self.grid = Grid.over(window_ms, rate_hz)
        self.times = self.grid.times
        self._shapes = response_shapes(self.times, window_ms)
        self._response = response_covariance(self.times, window_ms)
        self._filters = _Kept(self._make_filters)
        self._gains = _Kept(self._make_gains)

    @property
    def pairs(self) -> int:
        """Number of pairs of matched filters."""
        return len(self._shapes)

    def scores(self, sweeps: Array, conditions: Conditions) -> Array:
        """Matched-filter outputs of ``sweeps`` (m, n), shape (m, pairs, 2): unit variance where noise is white."""
        return (sweeps @ self._filters(conditions).T).reshape(len(sweeps), -1, 2)

    def response(self, sweep: Array, conditions: Conditions, size: float) -> Estimate:
        """The response in ``sweep`` (n,), where ``size`` is about how large it is in units of the noise."""
        gain, sd, artefact_gain = self._gains((conditions, half_decade(size)))
        return Estimate(gain @ sweep, sd, artefact_gain @ sweep)

    def _covariances(self, conditions: Conditions) -> tuple[Array, Array]:
        """Covariance (n, n) of the nuisance, and of nuisance and noise together."""
        blind = self.times < conditions.blind_ms
        noise = np.where(blind, _BLIND_SD**2 * (1.0 + conditions.tail_sd**2), 1.0)
        columns, sd = nuisance(self.times, conditions.tail_sd)
        spread = (columns * sd**2) @ columns.T
        return spread, spread + np.diag(noise)

    def _make_filters(self, conditions: Conditions) -> Array:
        _, covariance = self._covariances(conditions)
        blind = np.linalg.solve(covariance, self._shapes.reshape(-1, len(self.times)).T).T.reshape(self._shapes.shape)
        power = np.einsum("pin,pjn->pij", self._shapes, blind)
        power += 1e-9 * np.trace(power, axis1=1, axis2=2)[:, None, None] * np.eye(2)
        whiten = np.linalg.cholesky(np.linalg.inv(power))
        return np.asarray(np.einsum("pji,pjn->pin", whiten, blind).reshape(-1, len(self.times)))

    def _make_gains(self, key: tuple[Conditions, float]) -> tuple[Array, Array, Array]:
        conditions, size = key
        spread, covariance = self._covariances(conditions)
        prior = size**2 * self._response
        gain, artefact_gain = np.linalg.solve(covariance + prior, np.stack([prior, spread])).transpose(0, 2, 1)
        variance = np.diag(prior) - np.einsum("ij,ji->i", gain, prior)
        return gain, np.sqrt(np.maximum(variance, 0.0)), artefact_gain
