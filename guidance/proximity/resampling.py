"""Weights of particles, and new particles where few still count."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from guidance.proximity.random_table import Cloud
from guidance.signal.sweep.basis import Array

_BEARABLE = 0.25
"""Smallest effective share of particles that one stage of weighing may leave (a judgement, unsourced)."""

_LEAST_BEARABLE = 1 / 16
"""Smallest power of a likelihood in one stage (a judgement, unsourced)."""


def uniform(count: int) -> Array:
    """Return weights of ``count`` particles that all count the same."""
    return np.full(count, 1 / count)


def reweight(weights: Array, ln_factor: Array) -> Array:
    """Return ``weights`` times e^``ln_factor``, summing to 1."""
    changed = weights * np.exp(ln_factor - ln_factor.max())
    changed /= changed.sum()
    return np.asarray(changed)


def effective_share(weights: Array) -> float:
    """Return the share of the particles that still count."""
    return float(1 / np.sum(weights**2) / len(weights))


def tempered(weights: Array, ln_factor: Array) -> tuple[float, Array]:
    """Return the power to which e^``ln_factor`` may be applied at once: 1, or as much as leaves enough particles; and
    the ``weights`` times that.
    """
    share, changed = 1.0, reweight(weights, ln_factor)
    while effective_share(changed) < _BEARABLE and share > _LEAST_BEARABLE:
        share /= 2
        changed = reweight(weights, share * ln_factor)
    return share, changed


def systematic(rng: np.random.Generator, weights: Array) -> NDArray[np.intp]:
    """Return indices of as many particles, each chosen as often as its weight is worth."""
    count = len(weights)
    upto = np.ceil(np.cumsum(weights) * count - rng.random()).astype(np.intp)
    upto[-1] = count
    copies = upto.copy()
    copies[1:] -= upto[:-1]
    return np.arange(count).repeat(copies)


def thin(weights: Array, few: int) -> NDArray[np.intp]:
    """Return indices of ``few`` particles, chosen evenly by ``weights``."""
    points = (np.arange(few) + 0.5) / few
    return np.minimum(np.searchsorted(np.cumsum(weights), points), len(weights) - 1)


def jitter(cloud: Cloud, kernel: float, shift: int) -> None:
    """Jitter ``cloud`` (values, particles) in place by ``kernel`` of its deviation; mean and covariance stay (Liu and
    West 2001). The kernel's draws are the deviations of the cloud itself, of particles ``shift`` further on.
    """
    mean = cloud.mean(axis=1, keepdims=True)
    cloud -= mean
    other = np.empty_like(cloud)
    np.multiply(cloud[:, : cloud.shape[1] - shift], kernel, out=other[:, shift:])
    np.multiply(cloud[:, cloud.shape[1] - shift :], kernel, out=other[:, :shift])
    cloud *= math.sqrt(1 - kernel**2)
    cloud += other
    cloud += mean
