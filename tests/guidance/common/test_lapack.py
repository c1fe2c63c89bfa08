"""Routines of BLAS and LAPACK are SciPy's, however they were loaded."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import blas, lapack

from guidance.common import lapack as ours


@pytest.mark.parametrize("name", ["_flapack", "_no_such_module"])
def test_a_module_that_is_not_in_its_place_comes_from_the_public_one(name: str) -> None:
    module = ours._compiled(name, "scipy.linalg.lapack")
    matrix = np.array([[4.0, 2.0], [2.0, 3.0]])
    factor, failed = module.dpotrf(matrix, lower=1, clean=1)
    assert not failed
    np.testing.assert_allclose(factor @ factor.T, matrix)
    assert (module is lapack) == (name == "_no_such_module")


def test_the_routines_give_what_scipy_gives() -> None:
    rng = np.random.default_rng(1)
    lower, x = np.tril(rng.normal(size=(5, 5))) + 4 * np.eye(5), rng.normal(size=(5, 3))
    assert ours.dtrsm(1.0, lower, x, lower=1).tolist() == blas.dtrsm(1.0, lower, x, lower=1).tolist()
    square = lower @ lower.T
    assert ours.dpotrf(square, lower=1)[0].tolist() == lapack.dpotrf(square, lower=1)[0].tolist()
    band = np.asfortranarray(rng.normal(size=(2, 5)))
    assert (
        ours.dtbsv(1, band, x[:, 0], lower=1, diag=1).tolist() == blas.dtbsv(1, band, x[:, 0], lower=1, diag=1).tolist()
    )
