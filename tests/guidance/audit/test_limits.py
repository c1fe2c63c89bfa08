"""The limits of chance in the charts of an audit."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.audit.limits import limits_of_median, limits_of_share
from guidance.audit.results import percentile


def every_median(values: list[float], size: int) -> Counter[float]:
    """Return how often each median of ``size`` values occurs among all draws from ``values``."""
    return Counter(percentile(Counter(drawn), 0.5) for drawn in product(values, repeat=size))


@given(st.lists(st.integers(0, 9).map(float), min_size=1, max_size=4), st.integers(1, 5), st.sampled_from([0.5, 0.9]))
def test_the_limits_of_a_median_leave_out_the_tails_of_all_draws(values: list[float], size: int, inside: float) -> None:
    medians, draws = every_median(values, size), len(values) ** size
    (low,), (high,) = limits_of_median(Counter(values), np.array([size]), inside)
    tail, rounding = (1 - inside) / 2, 1e-9
    assert sum(number for median, number in medians.items() if median < low) <= (tail + rounding) * draws
    assert sum(number for median, number in medians.items() if median > high) <= (tail + rounding) * draws
    assert sum(number for median, number in medians.items() if median <= low) >= (tail - rounding) * draws


def test_the_limits_of_a_median_close_in_on_it_with_more_procedures() -> None:
    values = {float(value): 10 for value in range(101)}
    low, high = limits_of_median(values, np.array([1, 5, 50, 5000]), 0.9973)
    assert (low[0], high[0]) == (0.0, 100.0)
    assert np.all(np.diff(high - low) < 0)
    assert (low[-1], high[-1]) == pytest.approx((50.0, 50.0), abs=3.0)


def test_the_limits_of_a_share_are_those_of_the_binomial_distribution() -> None:
    # of 10 coins, 2 to 8 heads have 97.9 % and 3 to 7 have 89.1 %
    low, high = limits_of_share(0.5, np.array([10]), 0.95)
    assert (low.tolist(), high.tolist()) == ([0.2], [0.8])


def test_a_share_of_none_has_no_width() -> None:
    assert [each.tolist() for each in limits_of_share(0.0, np.array([1, 10]), 0.998)] == [[0.0, 0.0]] * 2
