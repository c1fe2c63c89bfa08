"""The world of muscles has the truth it claims, and the scores of firings are those of their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.scorers.firings import Firings, score
from tests.worlds.muscles import ELECTRODES, SECONDS, muscle

UNIT = np.arange(0.1, 9.9, 0.125)
OTHER = np.arange(0.133, 9.9, 0.091)
TIMES = np.concatenate([UNIT, OTHER])
LABELS = np.r_[np.zeros(len(UNIT)), np.ones(len(OTHER))].astype(np.int64)


@pytest.mark.parametrize("electrode", list(ELECTRODES))
def test_a_muscle_has_eight_to_ten_units_and_is_the_same_each_time(electrode: str) -> None:
    made, again = muscle(electrode, 6.0, 1, 3), muscle(electrode, 6.0, 1, 3)
    assert np.array_equal(made.uv, again.uv)
    assert len(made.uv) == round(SECONDS * ELECTRODES[electrode])
    assert 8 <= len(made.peaks_s) <= 10
    assert 45 <= sum(map(len, made.peaks_s)) / SECONDS <= 95


def test_a_potential_lies_where_the_truth_has_it() -> None:
    made = muscle("monopolar", 3.0, 1, 3)
    unit = max(made.peaks_s, key=lambda times: _mean_size(made.uv, times))
    assert _mean_size(made.uv, unit) > 3 * _mean_size(made.uv, unit + 0.02)


def _mean_size(uv: np.ndarray, times: np.ndarray) -> float:
    at = np.round(times * 10_000.0).astype(int)
    return float(np.ptp(np.mean([uv[k - 30 : k + 30] for k in at if 30 <= k < len(uv) - 30], axis=0)))


def test_the_truth_scores_full_marks_even_with_a_lag_of_each_label() -> None:
    perfect = score(Firings(TIMES + np.where(LABELS == 1, 0.0015, 0.0), LABELS), [UNIT, OTHER])
    assert (perfect.sensitivity, perfect.precision, perfect.labels_per_unit) == (1.0, 1.0, 1.0)
    assert perfect.sorted_share == (1.0, 1.0)


def test_two_units_under_one_label_count_for_one_of_them_only() -> None:
    merged = score(Firings(TIMES, np.zeros(len(TIMES), np.int64)), [UNIT, OTHER])
    assert sorted(merged.sorted_share) == pytest.approx([0.0, len(OTHER) / len(TIMES)], abs=0.03)


def test_missed_false_and_unsorted_firings_lower_their_own_scores() -> None:
    half = score(Firings(UNIT[::2], np.full(len(UNIT[::2]), -1)), [UNIT])
    assert half.sensitivity == pytest.approx(0.5, abs=0.01)
    assert (half.precision, half.sorted_share) == (1.0, (0.0,))
    doubled = score(Firings(np.concatenate([UNIT, UNIT + 0.02]), np.zeros(2 * len(UNIT), np.int64)), [UNIT])
    assert doubled.precision == 0.5
    assert doubled.sorted_share == (0.5,)


def test_without_any_firing_the_scores_are_zero() -> None:
    nothing = score(Firings(np.zeros(0), np.zeros(0, np.int64)), [UNIT])
    assert (nothing.sensitivity, nothing.precision, nothing.sorted_share) == (0.0, 0.0, (0.0,))
