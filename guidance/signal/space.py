"""Coordinates of a sweep in which noise is white and a response's prior diagonal; what lies beside is of low rank.

All that is expensive is done once for a noise; a sweep then costs a few products of small matrices.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_solve, eigh, solve_triangular

from guidance.signal.basis import Array

_NEGLIGIBLE = 1e-3
"""What adds less than this share of the noise's variance in any direction is left out."""


class Space:
    """One noise's coordinates. ``into`` (n, n) leads from a sweep in units of the noise into them, ``back`` out."""

    def __init__(self, noise: Array, response: Array) -> None:
        """For covariances (n, n) of the ``noise`` and of a ``response`` of unit size.

        They are diagonalised together (the generalised symmetric eigenvalue problem).
        """
        spread, vectors = eigh(response, noise, check_finite=False)
        self.response = np.maximum(spread, 0.0)
        self.into = np.ascontiguousarray(vectors.T)
        self.back = noise @ vectors
        self.back_squared = self.back**2


class Screen:
    """The inverse of diag(``spread``) + columns columns^T: what is left of a vector that the columns do not explain."""

    def __init__(self, columns: Array, spread: Array | None = None) -> None:
        """For ``columns`` (n, k) in a space and the ``spread`` (n,) of the rest (all 1 where not given)."""
        weighed = columns if spread is None else columns / spread[:, None]
        small = columns.T @ weighed
        small[np.diag_indices(len(small))] += 1.0
        self.weighed, self._spread = weighed, spread
        self.factor = np.linalg.cholesky(small)
        self.log_size = 2.0 * float(np.log(self.factor.diagonal()).sum())
        self.log_size += 0.0 if spread is None else float(np.log(spread).sum())

    def __call__(self, x: Array) -> Array:
        """The inverse times ``x`` (n,) or (n, m)."""
        rest = x if self._spread is None else (x.T / self._spread).T
        return np.asarray(
            rest - self.weighed @ cho_solve((self.factor, True), self.weighed.T @ x, check_finite=False)
        )

    def explained(self, x: Array) -> Array:
        """Columns (k, m) whose Gram matrix is what the columns take away from that of ``x`` (n, m)."""
        return np.asarray(solve_triangular(self.factor, self.weighed.T @ x, lower=True, check_finite=False))


def compressed(columns: Array) -> Array:
    """``columns`` (n, k) with as few columns as have about the same product with their own transpose."""
    weights, turn = np.linalg.eigh(columns.T @ columns)
    kept = weights > _NEGLIGIBLE
    return np.asarray(columns @ turn[:, kept])
