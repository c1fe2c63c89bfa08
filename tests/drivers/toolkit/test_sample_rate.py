"""Sample rate from arrival times: the earliest arrival of each part counts."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.toolkit.sample_rate import earliest_in, rate_from_arrival


def test_of_each_part_the_earliest_arrival_counts() -> None:
    late_s = np.array([0.3, 0.1, 0.2, 0.5, 0.4, 0.0])
    assert earliest_in(np.array([0, 0, 0, 2, 2, 5]), late_s) == [1, 4, 5]


def test_arrivals_that_are_late_at_random_do_not_move_the_rate() -> None:
    rng, counted = np.random.default_rng(1), np.arange(1, 2001) * 10
    arrived_s = counted / 1000.0 + np.where(rng.random(2000) < 0.5, rng.exponential(0.02, 2000), 0.0)
    sample_rate_hz = rate_from_arrival(counted.tolist(), np.round(arrived_s * 1e9).astype(int).tolist())
    assert sample_rate_hz == pytest.approx(1000.0, rel=1e-4)
