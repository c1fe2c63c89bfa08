"""Weights of particles, and new particles where few still count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guidance.signal.basis import Array

_BEARABLE = 0.25
_LEAST_BEARABLE = 1 / 16


def even(count: int) -> Array:
    """Weights of ``count`` particles that all count the same."""
    return np.full(count, 1 / count)


def weighed(weights: Array, ln_factor: Array) -> Array:
    """``weights`` times e^``ln_factor``, summing to 1."""
    changed = weights * np.exp(ln_factor - ln_factor.max())
    return np.asarray(changed / changed.sum())


def effective(weights: Array) -> float:
    """Share of the particles that still count."""
    return float(1 / np.sum(weights**2) / len(weights))


def bearable(weights: Array, ln_factor: Array) -> float:
    """How much of ``ln_factor`` may be taken in at once, as a power: all of it, or as much as leaves enough guesses."""
    share = 1.0
    while effective(weighed(weights, share * ln_factor)) < _BEARABLE and share > _LEAST_BEARABLE:
        share /= 2
    return share


def systematic(rng: np.random.Generator, weights: Array) -> NDArray[np.intp]:
    """Indices of as many particles, each chosen as often as its weight is worth."""
    points = (rng.random() + np.arange(len(weights))) / len(weights)
    return np.minimum(np.searchsorted(np.cumsum(weights), points), len(weights) - 1)


def spread(rng: np.random.Generator, cloud: Array, kernel: float) -> Array:
    """``cloud`` (values, particles) spread within itself by ``kernel`` of its deviation, mean and covariance kept
    (Liu and West 2001).
    """
    mean = cloud.mean(axis=1, keepdims=True)
    centred = cloud - mean
    covariance = centred @ centred.T / cloud.shape[1]
    root = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(cloud)))
    noise = root @ rng.standard_normal(cloud.shape)
    return np.asarray(mean + np.sqrt(1 - kernel**2) * centred + kernel * noise)
