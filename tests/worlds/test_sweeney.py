"""The second opinion on pulse widths is what its model computes, and the model is the one that was published."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.simulated.fibre_table import DIAMETERS_UM, DISTANCES_MM, THRESHOLDS_MA
from tests.worlds import chronaxies, sweeney


@pytest.mark.slow
def test_the_ratios_of_the_worlds_are_those_that_the_model_computes() -> None:
    for row, published in zip(sweeney.table(), chronaxies.SWEENEY_RATIOS, strict=True):
        ratios = sweeney.ratios(row)
        assert (ratios[0], ratios[2], ratios[3]) == pytest.approx(published, abs=2e-3)


@pytest.mark.slow
def test_at_five_millimetres_it_needs_nearly_twice_the_current_of_the_double_cable_model() -> None:
    double_cable = THRESHOLDS_MA[np.searchsorted(DIAMETERS_UM, 12.0)][np.searchsorted(DISTANCES_MM, 5.0)]
    at_5_mm = sweeney.table()[sweeney.DISTANCES_MM.index(5.0)]
    assert at_5_mm[1] / double_cable == pytest.approx(1.88, abs=0.06)


def test_every_model_of_widths_has_the_usual_width_as_its_unit_and_wider_pulses_need_less() -> None:
    for draw in chronaxies.LAWS.values():
        law = draw(np.random.default_rng(1))
        for distance_mm in (0.0, 1.0, 10.0):
            assert law(distance_mm, 0.1) == pytest.approx(1.0)
            assert law(distance_mm, 1.0) <= law(distance_mm, 0.3) + 5e-3 < 1.0
