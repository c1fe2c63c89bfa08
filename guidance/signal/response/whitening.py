"""Coordinates of a sweep in which noise is white and a response's prior diagonal; the nuisance is of low rank.

All that is expensive is done once for a noise; a sweep then costs a few products of small matrices.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_solve, eigh, solve_triangular

from guidance.signal.sweep.basis import Array

_NEGLIGIBLE = 1e-3
"""What adds less than this share of the noise's variance in any direction is left out."""


class WhitenedBasis:
    """One noise's coordinates. ``whiten`` (n, n) leads from a sweep in units of the noise into them, ``unwhiten`` out.

    ``gains`` (n,): the variance there of what has variance 1 in every sample.
    """

    def __init__(self, noise: Array, response: Array) -> None:
        """For covariances (n, n) of the ``noise`` and of a ``response`` of unit size.

        They are diagonalised together (the generalised symmetric eigenvalue problem).
        """
        spread, vectors = eigh(response, noise, check_finite=False)
        self.response = np.maximum(spread, 0.0)
        self.whiten = np.ascontiguousarray(vectors.T)
        self.unwhiten = noise @ vectors
        self.unwhiten_squared = self.unwhiten**2
        self.gains = (self.whiten**2).sum(axis=1)


class LowRankInverse:
    """The inverse of diag(``spread``) + columns columns^T: what is left of a vector that the columns do not explain."""

    def __init__(self, columns: Array, spread: Array) -> None:
        """For ``columns`` (n, k) in a space and the ``spread`` (n,) of the rest."""
        self.spread = spread
        self.weighed = columns / spread[:, None]
        small = columns.T @ self.weighed
        small[np.diag_indices(len(small))] += 1.0
        self.factor = np.linalg.cholesky(small)

    def __call__(self, x: Array) -> Array:
        """Return the inverse times ``x`` (n,) or (n, m)."""
        scaled = x / self.spread if x.ndim == 1 else x / self.spread[:, None]
        inner = cho_solve((self.factor, True), self.weighed.T @ x, check_finite=False)
        return np.asarray(scaled - self.weighed @ inner)

    def explained(self, x: Array) -> Array:
        """Return columns (k, m) whose Gram matrix is what the columns take away from that of ``x`` (n, m)."""
        return np.asarray(solve_triangular(self.factor, self.weighed.T @ x, lower=True, check_finite=False))

    def diagonal(self) -> Array:
        """Return the diagonal (n,) of the inverse."""
        taken = solve_triangular(self.factor, self.weighed.T, lower=True, check_finite=False)
        return np.asarray(1.0 / self.spread - (taken**2).sum(axis=0))


def compressed(columns: Array) -> Array:
    """Reduce ``columns`` (n, k) to as few as have about the same product with their own transpose."""
    weights, turn = np.linalg.eigh(columns.T @ columns)
    kept = weights > _NEGLIGIBLE
    return np.asarray(columns @ turn[:, kept])
