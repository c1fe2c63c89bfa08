"""What the benchmark of the envelope counts: the lag between envelopes, onsets, and which of two programs' meet."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.biofeedback.envelope import STEP_S
from tests.benchmarks.bench_envelope import correlation, differences_ms, lag_s, onsets_s


def test_an_envelope_that_comes_later_has_that_lag() -> None:
    reference = np.random.default_rng(1).standard_normal(400).cumsum()
    envelope = np.concatenate([np.full(7, np.nan), reference[:-7]])
    assert lag_s(envelope, reference) == pytest.approx(7 * STEP_S)
    assert lag_s(reference, reference) == 0.0


def test_unknown_values_count_neither_for_nor_against() -> None:
    first, second = np.array([1.0, np.nan, 2.0, 3.0]), np.array([2.0, 9.0, 4.0, 6.0])
    assert correlation(first, second) == pytest.approx(1.0)


def test_an_onset_is_reported_at_its_steps_end_and_a_dip_begins_none() -> None:
    above = np.zeros(200, bool)
    above[50:60] = above[75:90] = above[150:160] = True
    assert onsets_s(above).tolist() == pytest.approx([0.51, 1.51])
    assert len(onsets_s(np.zeros(10, bool))) == 0


def test_onsets_meet_the_nearest_and_far_ones_none() -> None:
    ours, theirs = np.array([1.05, 1.3, 9.0]), np.array([1.0, 4.0])
    assert differences_ms(ours, theirs).tolist() == pytest.approx([50.0])
    assert differences_ms(theirs, ours).tolist() == pytest.approx([-50.0, -300.0])
    assert len(differences_ms(ours, np.zeros(0))) == len(differences_ms(np.zeros(0), ours)) == 0
