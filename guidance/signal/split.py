"""What part of a sweep is the response: its most probable course, how sure that is, and what lies beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from guidance.signal.basis import Array
from guidance.signal.parts import Parts
from guidance.signal.space import Screen, Space

_SIZES = 10.0 ** (np.arange(8) / 2)
"""Sizes of a response that are tried, in units of the noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The response: posterior mean and standard deviation (n,), and the artefact and baseline beside it, in uV."""

    mean: Array
    sd: Array
    nuisance: Array

    def times(self, unit_uv: float) -> Estimate:
        """The same, where it was in units of ``unit_uv``."""
        return Estimate(unit_uv * self.mean, unit_uv * self.sd, unit_uv * self.nuisance)


def split(space: Space, residual: Array, parts: Parts, share: float, baseline: Array) -> Estimate:
    """Split ``residual`` (n,), a sweep in ``space`` and units of the noise, by the covariances of its ``parts``.

    The artefact's is taken ``share`` times; ``baseline`` (n, 2) in time. The response's size is the one that makes the
    sweep most probable (empirical Bayes). The estimate is in units of the noise, in time.
    """
    columns = np.sqrt(share) * parts.columns
    beside = np.concatenate([columns, parts.blind], axis=1)
    rough = share * (parts.spread - 1.0)
    choices = [Screen(beside, 1.0 + rough + size**2 * space.response) for size in _SIZES]
    causes = [screen(residual) for screen in choices]
    best = int(np.argmin([residual @ cause + screen.log_size for cause, screen in zip(causes, choices, strict=True)]))
    cause, screen = causes[best], choices[best]
    size = _SIZES[best] ** 2 * space.response
    variance = space.back_squared @ (size * (1.0 + rough) / screen.spread)
    doubt = space.back @ (size[:, None] * screen.weighed)
    variance = variance + (solve_triangular(screen.factor, doubt.T, lower=True, check_finite=False) ** 2).sum(axis=0)
    nuisance = space.back @ (columns @ (columns.T @ cause) + rough * cause)
    nuisance = nuisance + baseline @ ((space.into @ baseline).T @ cause)
    return Estimate(space.back @ (size * cause), np.sqrt(variance), nuisance)
