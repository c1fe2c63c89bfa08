"""Coordinates of a sweep in which noise is white and a response's prior diagonal; the nuisance is of low rank.

All that is expensive is done once for a noise; a sweep then costs a few products of small matrices.
"""

from __future__ import annotations

import numpy as np

from guidance.common.lapack import dgesv, dpotrf, dtrsm
from guidance.signal.sweep.basis import Array


class WhitenedBasis:
    """One noise's coordinates. ``whiten`` (n, n) leads from a sweep in units of the noise into them, ``unwhiten`` out.

    ``gains`` (n,): the variance there of what has variance 1 in every sample.
    """

    def __init__(self, noise: Array, response: Array) -> None:
        """For covariances (n, n) of the ``noise`` and of a ``response`` of unit size.

        They are diagonalised together (the generalised symmetric eigenvalue problem): with L the Cholesky factor of
        the noise, by the eigenvectors of L^-1 response L^-T.
        """
        factor = lower_factor(noise.copy())
        half = lower_solved(factor, response.copy())
        spread, vectors = np.linalg.eigh(lower_solved(factor, half.T.copy()))
        self.response = np.maximum(spread, 0.0)
        self.whiten = vectors.T @ lower_solved(factor, np.eye(len(noise)))
        self.unwhiten = np.tril(factor) @ vectors
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
        self._inverse_spread = 1.0 / spread
        weighed = columns.T * self._inverse_spread
        small = weighed @ columns
        small.flat[:: len(small) + 1] += 1.0
        self.taken = lower_solved(lower_factor(small), weighed)

    def __call__(self, x: Array) -> Array:
        """Return the inverse times ``x`` (n,) or (n, m)."""
        left = self.taken.T @ (self.taken @ x)
        scaled = x * (self._inverse_spread if x.ndim == 1 else self._inverse_spread[:, None])
        return np.subtract(scaled, left, out=scaled)

    def explained(self, x: Array) -> Array:
        """Return columns (k, m) whose Gram matrix is what the columns take away from that of ``x`` (n, m)."""
        return np.asarray(self.taken @ x)

    def diagonal(self) -> Array:
        """Return the diagonal (n,) of the inverse."""
        return np.asarray(self._inverse_spread - np.einsum("kn,kn->n", self.taken, self.taken))


def lower_factor(matrix: Array, *, clean: bool = False) -> Array:
    """Return the Cholesky factor L (k, k) of a symmetric ``matrix`` (k, k), which is overwritten; above the diagonal of
    L stands anything, or 0 where L is to be ``clean``. Raises LinAlgError where the matrix is not positive definite.

    LAPACK's own routine: at these sizes numpy's takes twice the time.
    """
    if not len(matrix):
        return matrix
    factor, failed = dpotrf(matrix.T, lower=1, clean=clean, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    return np.asarray(factor)


def lower_solved(factor: Array, x: Array) -> Array:
    """Return L^-1 ``x`` (k, m), for L as ``lower_factor`` returns it; ``x`` is overwritten."""
    if not x.size:
        return x
    return np.asarray(dtrsm(1.0, factor, x.T, side=1, lower=1, trans_a=1, overwrite_b=1).T)


def solved_by(matrix: Array, given: Array) -> Array:
    """Return the solution (k, m) of ``matrix`` (k, k) times it = ``given`` (k, m), in Fortran's order, which is
    overwritten. Raises LinAlgError where the matrix is singular.
    """
    *_, solution, failed = dgesv(matrix, given, overwrite_b=1)
    if failed:
        raise np.linalg.LinAlgError("the matrix is singular")
    return np.asarray(solution)
