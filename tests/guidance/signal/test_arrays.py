"""What several stages share: holding over gaps, and the second difference that shows sharp edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress

from guidance.signal.sweep.arrays import fitted_slope, hold_forward, second_difference


def test_a_gap_holds_the_value_before_it_and_a_gap_at_the_begin_the_one_handed_in() -> None:
    samples = np.array([np.nan, 1.0, np.nan, np.nan, 2.0, np.nan])
    held = hold_forward(samples, np.isfinite(samples), before=7.0)
    assert held.tolist() == [7.0, 1.0, 1.0, 1.0, 2.0, 2.0]


def test_channels_are_held_each_by_its_own_value() -> None:
    samples = np.array([[5.0, 6.0], [1.0, 2.0], [9.0, 9.0]])
    held = hold_forward(samples, np.array([False, True, False]), before=np.array([3.0, 4.0]))
    assert held.tolist() == [[3.0, 4.0], [1.0, 2.0], [1.0, 2.0]]


def test_nothing_is_held_where_nothing_lacks_and_all_where_all_does() -> None:
    samples = np.array([1.0, 2.0])
    assert hold_forward(samples, np.ones(2, bool), 0.0).tolist() == [1.0, 2.0]
    assert hold_forward(samples, np.zeros(2, bool), 0.5).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("lag", [1, 3])
def test_a_ramp_has_no_second_difference_and_a_step_has_two(lag: int) -> None:
    assert not second_difference(np.arange(20.0), lag).any()
    found = second_difference(np.where(np.arange(20) < 10, 0.0, 1.0), lag)
    assert len(found) == 20 - 2 * lag
    assert sorted(found.tolist()) == [-1.0] * lag + [0.0] * (20 - 4 * lag) + [1.0] * lag


def test_the_slope_and_its_error_are_those_of_scipy() -> None:
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 5, 40)
    y = 3 * x + rng.standard_normal(40)
    line = linregress(x, y)
    assert fitted_slope(x, y) == pytest.approx((float(line.slope), float(line.stderr)))
