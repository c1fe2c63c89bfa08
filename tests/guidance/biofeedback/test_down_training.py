"""Down-training: the line is the muscle's own rest in uV, no largest effort is measured, and relaxing takes a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from guidance.biofeedback.phases import ExercisePhase
from guidance.biofeedback.plan import plan_of, recorded_plan
from guidance.biofeedback.records import MuscleCalibration, PhaseRecord, TrialRecord
from guidance.biofeedback.scoring import TrialScore, next_line_uv, time_to_relax_s
from guidance.biofeedback.trial_sequence import OPERATOR_SPAN
from guidance.protocol.library import load_sheet
from guidance.protocol.sheet import BiofeedbackProtocol
from tests.support.biofeedback_signals import REST_UV, exercise, follows, of_kind, sequence_of, walk

RELAX = exercise("relax", trials=2)


def test_the_line_of_relaxation_is_the_limit_of_rest_and_no_effort_is_measured() -> None:
    records = walk(sequence_of(RELAX), follows(RELAX))
    (calibration,) = of_kind(records, MuscleCalibration)
    assert calibration.largest_uv is None
    assert calibration.line_uv == calibration.rest_limit_uv
    assert calibration.line_uv == pytest.approx(REST_UV * (1 + 3 * 0.05), rel=0.02)
    assert not [phase for phase in of_kind(records, PhaseRecord) if phase.name == "effort"]


@pytest.mark.parametrize("tense_uv", [1.5 * REST_UV, 0.05 * 200.0])
def test_a_muscle_a_little_above_its_own_rest_reaches_no_trial(tense_uv: float) -> None:
    """A line at 40 % of the largest effort would let any resting muscle pass."""

    def tense(phase: ExercisePhase) -> tuple[float, ...]:
        return (tense_uv if phase.name == "work" else REST_UV, REST_UV)

    trials = of_kind(walk(sequence_of(RELAX), tense), TrialRecord)
    assert [trial.reached for trial in trials] == [False, False]
    assert [trial.relax_s for trial in trials] == [None, None]


def test_the_line_falls_with_success_and_never_rises_above_rest() -> None:
    assert next_line_uv(RELAX, 10.0, TrialScore(1.0, 6.0, limit_uv=7.0), 10.0, None) == pytest.approx(8.0)
    assert next_line_uv(RELAX, 10.0, TrialScore(1.0, 6.0, limit_uv=9.0), 10.0, None) == pytest.approx(9.0)
    assert next_line_uv(RELAX, 8.0, TrialScore(0.1, 20.0, limit_uv=30.0), 10.0, None) == pytest.approx(9.6)
    assert next_line_uv(RELAX, 9.0, TrialScore(0.1, 20.0, limit_uv=30.0), 10.0, None) == pytest.approx(10.0)
    assert next_line_uv(RELAX, 9.0, TrialScore(0.6, 20.0, limit_uv=30.0), 10.0, None) == pytest.approx(9.0)


def test_the_operator_moves_the_line_both_ways_from_rest() -> None:
    sequence = sequence_of(RELAX)
    while sequence.lines_uv[0] is None:
        values = follows(RELAX)(sequence.phase)
        sequence.step(values, values)
    limit_uv = sequence.lines_uv[0]
    assert sequence.move_line(-3)
    assert sequence.lines_uv[0] == pytest.approx(limit_uv * 1.05**-3)
    assert sequence.move_line(-500)
    assert sequence.lines_uv[0] == pytest.approx(limit_uv / OPERATOR_SPAN)


def test_the_time_to_relax_runs_from_the_prompt_to_a_second_at_rest() -> None:
    falling = np.array([20.0] * 150 + [2.0] * 60 + [20.0] * 20 + [2.0] * 200)
    assert time_to_relax_s(falling, 5.0) == pytest.approx(2.3)
    assert time_to_relax_s(np.full(300, 20.0), 5.0) is None
    assert time_to_relax_s(np.full(300, math.nan), 5.0) is None
    assert time_to_relax_s(np.full(50, 2.0), 5.0) is None, "too short to tell"


def test_the_time_to_relax_is_measured_after_an_effort_too() -> None:
    plan = exercise("contract-relax", trials=1, pause_s=4.0)
    slow = follows(plan)
    steps = iter(range(10_000))

    def person(phase: ExercisePhase) -> tuple[float, ...]:
        if phase.name == "pause" and next(steps) < 150:
            return (50.0, REST_UV)
        return slow(phase)

    (trial,) = of_kind(walk(sequence_of(plan), person), TrialRecord)
    assert trial.relax_s == pytest.approx(1.5, abs=0.05)


def test_the_patient_reads_rest_and_line_in_uv_and_the_time_to_relax_at_the_end() -> None:
    sequence = sequence_of(RELAX)
    seen: set[str] = set()

    def person(phase: ExercisePhase) -> tuple[float, ...]:
        seen.add(phase.do)
        return follows(RELAX)(phase)

    walk(sequence, person)
    assert any("Your rest: 2 uV; the line: 2.3" in do for do in seen)
    assert "At rest: 2 uV, time to relax: 0.0 s" in sequence.phase.do


def test_a_record_from_before_has_its_line_from_the_effort_as_it_was() -> None:
    sheet = load_sheet("contract-hold").sheet
    assert isinstance(sheet, BiofeedbackProtocol)
    fields = plan_of(sheet)[0].recorded | {"exercise": "relax"}
    del fields["levels"], fields["requests_symptom"]
    plan = recorded_plan(fields)
    assert not plan.line_from_rest
    assert plan.threshold_share == 0.4
