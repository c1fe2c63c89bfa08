"""Discrimination training: a quarter, half and three quarters of the largest effort, by the bar and then by feel."""

from __future__ import annotations

import pytest

from guidance.biofeedback.feedback import Feedback
from guidance.biofeedback.phases import ExercisePhase
from guidance.biofeedback.records import PhaseRecord, TrialRecord
from guidance.biofeedback.view import exercise_view
from tests.support.biofeedback_signals import FULL_UV, REST_UV, exercise, follows, of_kind, sequence_of, walk

PLAN = exercise("discriminate")


def test_two_rounds_of_the_levels_the_first_with_the_bar_the_second_by_feel() -> None:
    trials = of_kind(walk(sequence_of(PLAN), follows(PLAN)), TrialRecord)
    assert [trial.goal_percent for trial in trials] == [25.0, 50.0, 75.0, 50.0, 75.0, 25.0]
    assert [trial.by_feel for trial in trials] == [False] * 3 + [True] * 3
    assert all(trial.reached for trial in trials)
    assert [trial.level_percent for trial in trials] == pytest.approx([25, 50, 75, 50, 75, 25], rel=0.05)


@pytest.mark.parametrize("share", [0.25, 0.8])
def test_an_effort_outside_the_two_lines_does_not_count(share: float) -> None:
    plan = exercise("discriminate", trials=2)
    good = follows(plan)

    def person(phase: ExercisePhase) -> tuple[float, ...]:
        is_second = phase.name == "work" and phase.trial == 2
        return (share * FULL_UV, REST_UV) if is_second else good(phase)

    first, second = of_kind(walk(sequence_of(plan), person), TrialRecord)
    assert first.reached
    assert second.score_percent == 0.0
    assert second.level_percent == pytest.approx(100 * share, rel=0.05)


def test_the_pause_states_the_goal_and_what_was_held() -> None:
    plan, seen = exercise("discriminate", trials=1), set()

    def person(phase: ExercisePhase) -> tuple[float, ...]:
        seen.add(phase.do)
        return (0.4 * FULL_UV, REST_UV) if phase.name == "work" else follows(plan)(phase)

    walk(sequence_of(plan), person)
    assert any("The goal was 25 %, you held 4" in do or "The goal was 25 %, you held 39" in do for do in seen)


def test_by_feel_neither_bar_nor_sound_gives_the_level_away() -> None:
    sequence, feedback = sequence_of(PLAN), Feedback(2)
    words: dict[bool, set[str]] = {False: set(), True: set()}
    while not sequence.over:
        values = follows(PLAN)(sequence.phase)
        sequence.step(values, values)
        if sequence.phase.name == "work" and sequence.phase.trial:
            hidden = exercise_view(sequence, values, ("", "")).hidden
            assert hidden is (sequence.phase.trial > 3)
            words[hidden].add(feedback.word(sequence, values))
    assert words[True] == {"exercise-quiet"}
    assert "exercise-on" in words[False]


def test_above_the_upper_line_the_cue_is_off() -> None:
    sequence, feedback = sequence_of(PLAN), Feedback(2)
    while sequence.phase.name != "work":
        values = follows(PLAN)(sequence.phase)
        sequence.step(values, values)
    assert feedback.word(sequence, (0.25 * FULL_UV, REST_UV)) == "exercise-on"
    assert feedback.word(sequence, (0.5 * FULL_UV, REST_UV)) == "exercise-off"
    assert sequence.upper_uv == pytest.approx(0.35 * FULL_UV, rel=0.02)


def test_the_levels_are_not_moved_by_hand() -> None:
    sequence = sequence_of(PLAN)
    while sequence.phase.name != "work":
        values = follows(PLAN)(sequence.phase)
        sequence.step(values, values)
    assert not sequence.move_line(1)


def test_every_trial_announces_its_level_in_words_that_fit_the_screen() -> None:
    sequence = sequence_of(PLAN)
    prompts = [phase.say for phase in of_kind(walk(sequence, follows(PLAN)), PhaseRecord) if phase.name == "work"]
    assert prompts == ["HOLD"] * 6
