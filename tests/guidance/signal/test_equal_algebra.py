"""The algebra that was reorganised for speed gives what the formulas give that it replaces."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.signal.response import separation
from guidance.signal.response.artefact import ArtefactModel
from guidance.signal.response.whitening import LowRankInverse
from guidance.signal.sweep.arrays import median, medians
from guidance.signal.sweep.basis import Tails
from guidance.signal.sweep.mains import fit_mains

_COUNT, _COLUMNS = 40, 9


@pytest.mark.parametrize("columns", [0, 1, _COLUMNS])
def test_low_rank_inverse_is_that_of_the_whole_matrix(columns: int) -> None:
    rng = np.random.default_rng(columns)
    beside, spread = 5 * rng.normal(size=(_COUNT, columns)), rng.uniform(0.5, 2.0, _COUNT)
    x = rng.normal(size=(_COUNT, 3))
    dense = np.linalg.inv(np.diag(spread) + beside @ beside.T)
    inverse = LowRankInverse(beside, spread)
    np.testing.assert_allclose(inverse(x), dense @ x, atol=1e-9)
    np.testing.assert_allclose(inverse(x[:, 0]), dense @ x[:, 0], atol=1e-9)
    np.testing.assert_allclose(inverse.diagonal(), np.diag(dense), atol=1e-9)
    taken = x.T @ (x / spread[:, None]) - x.T @ dense @ x
    np.testing.assert_allclose(inverse.explained(x).T @ inverse.explained(x), taken, atol=1e-8)


@pytest.mark.parametrize("size", [0.3, 5.0, 80.0, 700.0])
def test_the_most_probable_size_is_that_of_the_whole_likelihood(size: float) -> None:
    rng = np.random.default_rng(int(10 * size))
    beside, response = 5 * rng.normal(size=(_COUNT, _COLUMNS)), np.geomspace(1.0, 1e-3, _COUNT)
    residual = rng.normal(size=_COUNT) * np.sqrt(1 + size**2 * response) + beside @ rng.normal(size=_COLUMNS)
    misfits = []
    for tried in separation._SIZES:
        whole = np.diag(1 + tried**2 * response) + beside @ beside.T
        misfits.append(residual @ np.linalg.solve(whole, residual) + np.linalg.slogdet(whole)[1])
    found = separation._best_size(residual, beside, np.ones(_COUNT), response)
    assert found == separation._SIZES[int(np.argmin(misfits))]


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (5, 41), (4, 250)])
def test_medians_are_numpys(shape: tuple[int, int]) -> None:
    rows = np.random.default_rng(1).normal(size=shape)
    assert medians(rows).tolist() == np.median(rows, axis=1).tolist()
    assert median(rows[0]) == np.median(rows[0])


def test_the_artefacts_variability_is_that_by_eigenvectors() -> None:
    rng = np.random.default_rng(4)
    columns, residual = 2 * rng.normal(size=(_COUNT, _COLUMNS)), 3 * rng.normal(size=_COUNT)
    inverse = LowRankInverse(rng.normal(size=(_COUNT, 2)), rng.uniform(0.5, 2.0, _COUNT))
    weighed = inverse(columns)
    power, turn = np.linalg.eigh(columns.T @ weighed)
    squares = (turn.T @ (weighed.T @ residual)) ** 2 / (power * (1 + power))
    change = float((power / (1 + power)) @ squares / (power / (1 + power)).sum())
    model = ArtefactModel(Tails(np.linspace(0.5, 25.0, _COUNT)))
    model._learned = 10
    model.learn_variability(columns, residual, inverse)
    assert 0.04 < change < 2.0
    assert model._variability == pytest.approx(1.0 + 0.2 * (change - 1.0), rel=1e-9)


@pytest.mark.parametrize("first", [0, 17, 123_456_789])
@pytest.mark.parametrize("hz", [50.0, 60.0])
def test_mains_is_fitted_alike_wherever_the_stretch_begins(first: int, hz: float) -> None:
    at = np.arange(first, first + 3500)
    mains = 20 * np.cos(2 * np.pi * hz * at / 10_000 + 0.4) + 6 * np.sin(2 * np.pi * 3 * hz * at / 10_000)
    fit = fit_mains(mains[:3000] + 2.0, first, 10_000.0)
    assert fit is not None
    np.testing.assert_allclose(fit(first + 3000, 500), mains[3000:], atol=1.0)
