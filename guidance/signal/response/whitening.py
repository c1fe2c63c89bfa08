"""Coordinates of a sweep in which noise is white and a response's prior diagonal; the nuisance is of low rank.

All that is expensive is done once for a noise; a sweep then costs a few products of small matrices.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh
from scipy.linalg.lapack import dtrtrs

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
    """The inverse of diag(``spread``) + columns columns^T: what is left of a vector that the columns do not explain.

    With L the Cholesky factor of 1 + columns^T columns / spread it is 1 / spread - taken^T taken, where
    taken = L^-1 columns^T / spread (the matrix inversion lemma). ``taken`` (k, n) is computed once.
    """

    def __init__(self, columns: Array, spread: Array) -> None:
        """For ``columns`` (n, k) in a space and the ``spread`` (n,) of the rest."""
        self.spread = spread
        weighed = columns / spread[:, None]
        small = columns.T @ weighed
        small.flat[:: len(small) + 1] += 1.0
        self.taken = lower_solved(np.asarray(np.linalg.cholesky(small)), weighed.T)

    def __call__(self, x: Array) -> Array:
        """Return the inverse times ``x`` (n,) or (n, m)."""
        scaled = x / self.spread if x.ndim == 1 else x / self.spread[:, None]
        return np.asarray(scaled - self.taken.T @ (self.taken @ x))

    def explained(self, x: Array) -> Array:
        """Return columns (k, m) whose Gram matrix is what the columns take away from that of ``x`` (n, m)."""
        return np.asarray(self.taken @ x)

    def diagonal(self) -> Array:
        """Return the diagonal (n,) of the inverse."""
        return np.asarray(1.0 / self.spread - (self.taken**2).sum(axis=0))


def lower_solved(factor: Array, x: Array) -> Array:
    """Return L^-1 ``x`` (k, m) for the lower triangular ``factor`` L (k, k), whose diagonal is positive."""
    return np.asarray(dtrtrs(factor, x, lower=1)[0]) if x.size else np.zeros_like(x)


def compressed(columns: Array) -> Array:
    """Reduce ``columns`` (n, k) to as few as have about the same product with their own transpose."""
    weights, turn = np.linalg.eigh(columns.T @ columns)
    kept = weights > _NEGLIGIBLE
    return np.asarray(columns @ turn[:, kept])
