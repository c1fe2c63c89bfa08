"""The nerve against its sources: distance, width, recruitment, and the spread between nerves."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from drivers.simulated.fibre_table import CHRONAXIES_MS, DIAMETERS_UM, DISTANCES_MM, THRESHOLDS_MA
from drivers.simulated.nerve import SimulatedNerve, Tip
from tests.support.shared import shared

SEEDS = range(120)


def _nerve(seed: int) -> SimulatedNerve:
    return SimulatedNerve(np.random.default_rng([seed, 0]), 1)


def _at(nerve: SimulatedNerve, distance_mm: float) -> Tip:
    return Tip(nerve.radius_mm + distance_mm, 0.0)


def _recruited_at(nerve: SimulatedNerve, distance_mm: float, shares: tuple[float, ...]) -> np.ndarray:
    thresholds = nerve.thresholds_ma(_at(nerve, distance_mm), 0.1)
    order = np.argsort(thresholds)
    return np.interp(shares, np.cumsum(nerve.sizes[order]), thresholds[order])


def test_the_table_is_that_of_the_reference_model_at_every_width() -> None:
    with shared("reference/fibre_thresholds.csv").open() as file:
        for row in csv.DictReader(file):
            i = int(np.flatnonzero(np.isclose(DIAMETERS_UM, float(row["diameter_um"])))[0])
            j = int(np.flatnonzero(np.isclose(DISTANCES_MM, float(row["distance_mm"])))[0])
            width = float(row["pw_ms"])
            weiss = (1 + CHRONAXIES_MS[i, j] / width) / (1 + CHRONAXIES_MS[i, j] / 0.1)
            expected = float(row["I_mean_alignment_mA"])
            assert THRESHOLDS_MA[i, j] * weiss == pytest.approx(expected, rel=0.07 if width != 0.1 else 1e-3)


@pytest.mark.parametrize("seed", SEEDS[::10])
def test_threshold_rises_with_distance(seed: int) -> None:
    nerve = _nerve(seed)
    currents = [nerve.thresholds_ma(_at(nerve, mm), 0.1).min() for mm in np.arange(0.0, 40.0, 0.25)]
    assert np.all(np.diff(currents) > 0)


@pytest.mark.parametrize("seed", SEEDS[::10])
def test_threshold_follows_weiss_and_the_chronaxie_grows_with_distance(seed: int) -> None:
    nerve = _nerve(seed)
    ratios = []
    for mm in (0.1, 1.0, 3.0, 8.0):
        widths = np.array([0.05, 0.1, 0.3, 0.5, 1.0])
        unit = int(np.argmin(nerve.thresholds_ma(_at(nerve, mm), 0.1)))
        charge = np.array([w * nerve.thresholds_ma(_at(nerve, mm), w)[unit] for w in widths])
        line = np.polyfit(widths, charge, 1)
        np.testing.assert_allclose(np.polyval(line, widths), charge, rtol=1e-6)
        ratios.append(line[1] / line[0])
    assert np.all(np.diff(ratios) > 0)


@pytest.mark.parametrize(
    ("distance_mm", "low", "high", "median"),
    [(0.0, 2.0, 8.0, 3.1), (1.0, 1.5, 5.0, 2.1), (5.0, 1.4, 3.0, 1.75), (20.0, 1.6, 2.4, 1.9)],
)
def test_recruitment_from_10_to_90_percent_spans_the_published_factor(
    distance_mm: float, low: float, high: float, median: float
) -> None:
    spans = [last / first for first, last in (_recruited_at(_nerve(s), distance_mm, (0.1, 0.9)) for s in SEEDS)]
    assert low < min(spans)
    assert max(spans) < high
    assert np.median(spans) == pytest.approx(median, rel=0.12)


def test_nerves_differ_several_fold_within_the_clinical_range_at_contact() -> None:
    contact = np.array([_recruited_at(_nerve(seed), 0.05, (0.02,))[0] for seed in SEEDS])
    low, median, high = np.percentile(contact, [5, 50, 95])
    assert 0.2 < median < 0.6
    assert high / low > 4
    assert contact.min() > 0.05
    assert contact.max() < 4.5


def test_one_needle_in_eight_inside_the_nerve_gets_a_response_only_near_a_milliampere() -> None:
    def ratio(seed: int) -> float:
        nerve = _nerve(seed)
        inside = nerve.thresholds_ma(_at(nerve, -0.3), 0.1).min()
        return float(inside)

    inside = np.array([ratio(seed) for seed in range(400)])
    silent = np.mean((inside > 0.79) & (inside < 1.81))
    assert 0.08 < silent < 0.3
    assert np.median(inside) < 0.4


def test_recruitment_is_stepwise_and_larger_units_tend_to_come_first() -> None:
    correlations = []
    for seed in SEEDS[:40]:
        nerve = _nerve(seed)
        assert 100 <= len(nerve.sizes) <= 300
        assert nerve.sizes.sum() == pytest.approx(1.0)
        correlations.append(np.corrcoef(nerve.sizes, nerve.thresholds_ma(_at(nerve, 5.0), 0.1))[0, 1])
    assert np.mean(correlations) < -0.1


def test_the_far_side_of_the_nerve_has_its_true_distance() -> None:
    nerve = _nerve(3)
    assert nerve.distance_mm(Tip(-nerve.radius_mm - 2.0, 0.0)) == pytest.approx(2.0)
    assert nerve.distance_mm(Tip(0.0, 0.0)) == pytest.approx(-nerve.radius_mm)
    assert np.all(np.isfinite(nerve.thresholds_ma(Tip(0.0, 0.0), 0.1)))
