"""Rest, largest effort, and the reasons where one is missing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from guidance.biofeedback.calibration import RestLevel, largest_uv, measure_rest, too_weak
from guidance.biofeedback.records import MuscleCalibration, PhaseRecord, TrialRecord
from guidance.biofeedback.trial_sequence import ROUNDS
from tests.support.biofeedback_signals import FULL_UV, REST_UV, exercise, follows, of_kind, sequence_of, walk


def test_the_limit_of_rest_is_the_mean_and_some_deviations() -> None:
    envelope = np.array([1.0, 2.0, 3.0] * 100)
    result = measure_rest(envelope, 3.0)
    assert isinstance(result, RestLevel)
    assert result.mean_uv == pytest.approx(2.0)
    assert result.limit_uv == pytest.approx(2.0 + 3 * np.std(envelope))


@pytest.mark.parametrize("envelope", [np.zeros(0), np.full(500, math.nan), np.array([1.0] * 100 + [math.nan] * 200)])
def test_rest_is_unknown_while_the_electrode_is_off(
    envelope: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    assert "attach the electrode" in str(measure_rest(envelope, 3.0))


def test_a_flat_channel_has_no_rest() -> None:
    assert "flat" in str(measure_rest(np.zeros(500), 3.0))


def test_the_largest_effort_is_one_that_was_sustained() -> None:
    spike, sustained = np.ones(300), np.ones(300)
    spike[100:103] = 500.0
    sustained[100:200] = 80.0
    assert largest_uv([spike, sustained]) == pytest.approx(80.0)
    assert largest_uv([np.full(300, math.nan)]) is None
    assert largest_uv([np.ones(10)]) is None


def test_a_missing_effort_is_refused_with_its_reason() -> None:
    rest = RestLevel(2.0, 0.1, 2.3)
    assert "no effort stood out" in (too_weak(rest, 3.0) or "")
    assert "missing" in (too_weak(rest, None) or "")
    assert too_weak(rest, 100.0) is None


def test_the_first_line_is_forty_percent_of_the_largest_effort() -> None:
    plan = exercise("contract-relax", trials=1)
    result = of_kind(walk(sequence_of(plan), follows(plan)), MuscleCalibration)
    assert [each.channel for each in result] == ["agonist"]
    assert result[0].largest_uv == pytest.approx(FULL_UV, rel=0.05)
    assert result[0].line_uv == pytest.approx(0.4 * FULL_UV, rel=0.05)
    assert result[0].rest_mean_uv == pytest.approx(REST_UV, rel=0.05)


def test_calibration_without_effort_is_repeated_and_then_fails_with_a_reason() -> None:
    sequence = sequence_of(exercise("contract-relax"))
    records = walk(sequence, lambda _: (REST_UV, REST_UV))
    efforts = [record for record in of_kind(records, PhaseRecord) if record.name == "effort"]
    assert len(efforts) == ROUNDS * 3
    assert sequence.failed is not None
    assert "no effort stood out from rest" in sequence.failed
    assert of_kind(records, MuscleCalibration)[-1].why
    assert not of_kind(records, TrialRecord)


def test_calibration_waits_for_an_electrode_and_then_fails_with_a_reason() -> None:
    sequence = sequence_of(exercise("relax"))
    walked = 0
    while not sequence.over:
        sequence.step((math.nan, math.nan), (math.nan, math.nan))
        walked += 1
    assert sequence.failed == "The signal was missing for a minute; attach the electrodes and start again."
    assert 6000 < walked < 6400


def test_calibration_goes_on_once_the_electrode_is_back() -> None:
    plan = exercise("relax", trials=1)
    sequence = sequence_of(plan)
    for _ in range(1000):
        sequence.step((math.nan, math.nan), (math.nan, math.nan))
    assert sequence.waiting
    walk(sequence, follows(plan))
    assert sequence.failed is None
