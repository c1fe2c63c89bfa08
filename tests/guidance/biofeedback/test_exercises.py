"""Each exercise: its score, how the line moves, what is not known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from guidance.biofeedback.feedback import EXERCISE
from guidance.biofeedback.phases import ExercisePhase
from guidance.biofeedback.records import PhaseRecord, TrialRecord
from guidance.biofeedback.scoring import TrialScore, longest_s, next_line_uv, score
from guidance.contracts.events import Cue
from guidance.protocol.library import load_sheet
from guidance.protocol.sheet import BiofeedbackProtocol
from tests.support.biofeedback_signals import FULL_UV, REST_UV, Person, exercise, follows, of_kind, sequence_of, walk
from tests.support.some import some

EXERCISES = ("relax", "contract-hold", "contract-relax", "antagonist-quiet", "discriminate")
GRACE = 100


def steps(first: list[float], second: float = 1.0) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return an envelope whose first second is not scored."""
    return np.array([[value, second] for value in [0.0] * GRACE + first])


@pytest.mark.parametrize("name", EXERCISES)
def test_a_person_who_follows_the_prompts_reaches_every_trial(name: str) -> None:
    plan = exercise(name, trials=2)
    sequence = sequence_of(plan)
    trials = of_kind(walk(sequence, follows(plan)), TrialRecord)
    assert [trial.reached for trial in trials] == [True, True]
    assert [trial.number for trial in trials] == [1, 2]
    assert sequence.failed is None


def _opposite(plan_name: str) -> Person:
    plan = exercise(plan_name)
    good = follows(plan)

    def effort(phase: ExercisePhase) -> tuple[float, ...]:
        if phase.name not in ("work", "pause"):
            return good(phase)
        works = (phase.name == "work") != plan.wants_above
        return (0.6 * FULL_UV if works else REST_UV, REST_UV)

    return effort


@pytest.mark.parametrize("name", EXERCISES)
def test_a_person_who_does_the_opposite_reaches_no_trial(name: str) -> None:
    trials = of_kind(walk(sequence_of(exercise(name, trials=2)), _opposite(name)), TrialRecord)
    assert [trial.reached for trial in trials] == [False, False]
    assert all((trial.score_percent or 0) < 5 for trial in trials)


def test_an_active_antagonist_fails_the_trial() -> None:
    plan = exercise("antagonist-quiet", trials=1)
    good = follows(plan)
    both = walk(sequence_of(plan), lambda phase: (120.0, 120.0) if phase.name == "work" else good(phase))
    trial = of_kind(both, TrialRecord)[0]
    assert trial.score_percent == 0.0
    assert trial.quiet_percent == 0.0
    assert len(trial.lines_uv) == 2


def test_relaxing_counts_the_time_below_the_line() -> None:
    result = score(exercise("relax"), (10.0,), 5.0, steps([5.0] * 300 + [20.0] * 100), steps([]))
    assert result.share == pytest.approx(0.75)
    assert result.reached is False


def test_holding_counts_the_longest_hold_and_bridges_short_dips() -> None:
    plan = exercise("contract-hold")
    dip = [20.0] * 200 + [5.0] * 15 + [20.0] * 150
    result = score(plan, (10.0,), 5.0, steps(dip), steps([]))
    assert result.held_s == pytest.approx(3.65)
    assert result.share == 1.0
    broken = score(plan, (10.0,), 5.0, steps([20.0] * 120 + [5.0] * 40 + [20.0] * 90), steps([]))
    assert broken.held_s == pytest.approx(1.2)
    assert broken.share == pytest.approx(1.2 / plan.hold_s)


def test_the_longest_stretch_has_no_dip_at_its_end() -> None:
    assert longest_s(np.array([True] * 50 + [False] * 15)) == pytest.approx(0.5)
    assert longest_s(np.zeros(100, bool)) == 0.0


def test_work_and_rest_count_alike() -> None:
    result = score(exercise("contract-relax"), (10.0,), 5.0, steps([20.0] * 200), steps([20.0] * 150 + [1.0] * 150))
    assert result.rest_share == pytest.approx(0.5)
    assert result.share == pytest.approx(0.75)


def test_a_trial_without_signal_has_no_score_and_moves_no_line() -> None:
    plan = exercise("relax")
    result = score(plan, (10.0,), 5.0, steps([math.nan] * 300 + [5.0] * 100), steps([]))
    assert result.share is None
    assert result.reached is None
    assert "missing" in (result.why or "")
    assert next_line_uv(plan, 10.0, result, 5.0, 100.0) == 10.0


@pytest.mark.parametrize(
    ("share", "level_uv", "expected"),
    [(1.0, 30.0, 12.0), (1.0, 11.0, 11.0), (0.2, 2.0, 8.0), (0.6, 30.0, 10.0), (1.0, 8.0, 8.0)],
)
def test_the_line_follows_the_last_trial_within_its_bounds(share: float, level_uv: float, expected: float) -> None:
    result = next_line_uv(exercise("contract-hold"), 10.0, TrialScore(share, level_uv), 5.0, 100.0)
    assert result == pytest.approx(expected)


def test_the_line_stays_between_rest_and_the_largest_effort() -> None:
    plan = exercise("relax")
    assert next_line_uv(plan, 5.5, TrialScore(1.0, 0.1), 5.0, 100.0) == 5.0
    assert next_line_uv(plan, 95.0, TrialScore(0.0, 500.0), 5.0, 100.0) == 100.0


def test_the_line_moves_from_trial_to_trial_as_recorded() -> None:
    plan = exercise("contract-hold", trials=3)
    trials = of_kind(walk(sequence_of(plan), follows(plan)), TrialRecord)
    assert [trial.lines_uv[0] for trial in trials[1:]] == [trial.next_line_uv for trial in trials[:-1]]
    assert trials[1].lines_uv[0] == pytest.approx(1.2 * trials[0].lines_uv[0])


def test_the_operator_moves_the_line_by_five_percent() -> None:
    plan = exercise("relax")
    sequence = sequence_of(plan)
    assert not sequence.move_line(1)
    while sequence.lines_uv[0] is None:
        values = follows(plan)(sequence.phase)
        sequence.step(values, values)
    before = sequence.lines_uv[0]
    assert sequence.move_line(2)
    assert sequence.lines_uv[0] == pytest.approx(before * 1.05**2)


def test_a_paused_sequence_does_not_advance() -> None:
    sequence = sequence_of(exercise("relax"))
    sequence.paused = True
    assert len(sequence.step((1.0, 1.0), (1.0, 1.0))) == 1
    assert not any(sequence.step((1.0, 1.0), (1.0, 1.0)) for _ in range(1000))
    assert sequence.phase.name == "prepare"


def test_every_phase_has_a_prompt_that_can_be_drawn_large() -> None:
    from guidance.ui import bigtext

    for name in EXERCISES:
        plan = exercise(name, trials=1)
        for phase in some(of_kind(walk(sequence_of(plan), follows(plan)), PhaseRecord)):
            assert bigtext.cells(phase.say, (1, 1))


def test_every_exercise_has_a_protocol_and_its_cues() -> None:
    for name in EXERCISES:
        sheet = load_sheet(name).sheet
        assert isinstance(sheet, BiofeedbackProtocol)
    assert {cue for cue in EXERCISE.tones if cue != "unknown"} == {
        "exercise-quiet",
        "exercise-on",
        "exercise-off",
        "exercise-unknown",
    }
    assert Cue.kind == "cue"
