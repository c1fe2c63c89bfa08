"""The screen of an exercise: large words, bars with their lines, values that are not known, keys, and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from guidance.contracts.commands import PausePlayback, Quit, SimulatorCommand, SymptomScore, TurnDial
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.task_views import ExerciseView, MuscleView
from guidance.ui.training import ExerciseApp
from tests.guidance.ui.running import shown as text_of
from tests.guidance.ui.running import until
from tests.support.screens import FakeLink, build_snapshot, press_twice

Compare = Callable[..., bool]
PATIENT_S = 600.0
SIZES = [(80, 24), (120, 40)]

AGONIST = MuscleView("wrist flexor", 62.0, rest_uv=6.0, largest_uv=110.0, line_uv=44.0)
ANTAGONIST = MuscleView("wrist extensor", 9.0, rest_uv=5.0, largest_uv=90.0, line_uv=36.0)
WORK = ExerciseView(
    exercise="antagonist-quiet",
    phase="work",
    prompt="TENSE",
    do="Tense the first muscle above its line, and keep the second below its own.",
    hint="",
    left_s=6.3,
    seconds=10.0,
    trial=3,
    trials=6,
    scores=(0.92, None),
    muscles=(AGONIST, ANTAGONIST),
    wants_above=True,
    scoring=True,
)
STATES = {
    "work": WORK,
    "electrode_off": replace(WORK, muscles=(replace(AGONIST, envelope_uv=None, why="electrode off"), ANTAGONIST)),
    "calibration": replace(
        WORK,
        phase="effort",
        prompt="TENSE",
        do="As strong as you can, without pain: 2 of 3.",
        hint="Once more: no effort stood out of rest (3 uV against 2 uV at rest).",
        trial=None,
        scores=(),
        muscles=(replace(AGONIST, largest_uv=None, line_uv=None),),
    ),
    "done": replace(
        WORK, phase="done", prompt="WELL DONE", do="That was all for this time.", left_s=None, scoring=False
    ),
    "down_training": replace(
        WORK,
        exercise="relax",
        prompt="LET GO",
        do="Let the muscle go. Keep the bar below the line. Your rest: 3.1 uV; the line: 4 uV.",
        muscles=(replace(AGONIST, envelope_uv=5.2, rest_uv=4.0, largest_uv=None, line_uv=4.0),),
        wants_above=False,
    ),
    "level": replace(
        WORK,
        exercise="discriminate",
        prompt="HOLD",
        do="Bring the bar between the two lines and hold it there. The goal: 50 %.",
        muscles=(replace(AGONIST, line_uv=44.0, upper_uv=66.0),),
    ),
    "by_feel": replace(
        WORK,
        exercise="discriminate",
        prompt="HOLD",
        do="Hold 50 % of your strongest effort by feel. The bar is hidden.",
        muscles=(replace(AGONIST, line_uv=44.0, upper_uv=66.0),),
        hidden=True,
    ),
    "symptom": replace(
        WORK,
        phase="symptom",
        prompt="SCORE",
        do="Before the exercise: How strong is the symptom now? 0 is none, 10 the worst. Digits or up and down, then "
        "Enter; s skips.",
        left_s=None,
        trial=None,
        scores=(),
        muscles=(replace(AGONIST, rest_uv=None, largest_uv=None, line_uv=None),),
        scoring=False,
    ),
    "failed": replace(WORK, phase="failed", prompt="STOPPED", do="wrist flexor: the signal is flat.", left_s=None),
}


def shown(training: ExerciseView, **changes: object) -> Snapshot:
    plain = build_snapshot(
        sweeps=(), stimuli=0, protocol="antagonist-quiet", mode="biofeedback", live=True, duration_s=None
    )
    return replace(plain, source="Amplifier 7", notice="", training=training, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
def test_appearance(snap_compare: Compare, link: FakeLink, state: str, size: tuple[int, int]) -> None:
    async def settle(pilot: Pilot[str]) -> None:
        link.feed(shown(STATES[state]))
        await until(lambda: bool(link.sent))
        await pilot.pause()

    assert snap_compare(ExerciseApp(link, PATIENT_S), terminal_size=size, run_before=settle)


async def test_it_shows_what_to_do_and_how_the_trials_went(link: FakeLink) -> None:
    app = ExerciseApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(shown(WORK))
        await until(lambda: bool(link.sent))
        await pilot.pause()
        text = text_of(app)
    assert "Trial 3 of 6" in text
    assert "last: not known" in text
    assert "56 %" in text
    assert "above" in text
    assert "below" in text
    assert "wrist extensor" in text
    assert "Inject" not in text


async def test_what_is_not_known_has_no_number(link: FakeLink) -> None:
    app = ExerciseApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(shown(STATES["electrode_off"]))
        await until(lambda: bool(link.sent))
        await pilot.pause()
        text = text_of(app)
    assert "electrode" in text
    assert "56 %" not in text
    assert "?" in text


async def test_keys_pause_move_the_line_and_end(link: FakeLink) -> None:
    app = ExerciseApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(shown(WORK))
        await until(lambda: bool(link.sent))
        await pilot.press("space", "up", "down", "5")
        await press_twice(pilot, "q")
        assert [message for message in link.sent if not hasattr(message, "frame")] == [
            PausePlayback(on=True),
            TurnDial(1),
            TurnDial(-1),
            Quit(),
        ]


async def test_a_simulated_person_obeys_the_digits_and_no_other_does(link: FakeLink) -> None:
    app = ExerciseApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(replace(shown(WORK), simulated=True))
        await until(lambda: bool(link.sent))
        await pilot.press("5", "right")
        assert [message for message in link.sent if isinstance(message, SimulatorCommand)] == [
            SimulatorCommand("contract 0.5 0"),
            SimulatorCommand("contract 0.1 1"),
        ]


async def seen(link: FakeLink, state: str, *keys: str) -> tuple[str, list[object]]:
    """Return the text of the screen in ``state`` after ``keys``, and what it sent."""
    app = ExerciseApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(shown(STATES[state]))
        await until(lambda: bool(link.sent))
        await pilot.press(*keys)
        await pilot.pause()
        return text_of(app), [message for message in link.sent if not hasattr(message, "frame")]


async def test_down_training_shows_rest_and_line_in_uv_and_no_share_of_an_effort(link: FakeLink) -> None:
    text, _ = await seen(link, "down_training")
    assert "5.2 uV" in text.replace("µ", "u")
    assert "Your rest: 3.1 uV; the line: 4 uV" in " ".join(text.split())
    assert " below " in text
    assert "56 %" not in text


async def test_a_level_by_feel_hides_the_bar_and_its_number(link: FakeLink) -> None:
    text, _ = await seen(link, "by_feel")
    assert "hidden" in text
    assert "56 %" not in text
    text, _ = await seen(link, "level")
    assert "56 %" in text


async def test_the_symptom_score_is_chosen_corrected_and_entered(link: FakeLink) -> None:
    _, sent = await seen(link, "symptom", "enter", "6", "up", "up", "down", "enter")
    assert sent == [SymptomScore(7)]


async def test_the_symptom_score_has_its_ends_and_can_be_skipped(link: FakeLink) -> None:
    _, sent = await seen(link, "symptom", "9", "up", "up", "enter", "down", "enter", "s")
    assert sent == [SymptomScore(10), SymptomScore(0), SymptomScore(None)]


async def test_levels_have_no_line_that_keys_move(link: FakeLink) -> None:
    text, sent = await seen(link, "level", "up", "down")
    assert sent == []
    assert "move the line" not in text


async def test_an_engine_that_died_is_reported(link: FakeLink) -> None:
    app = ExerciseApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(shown(WORK))
        await until(lambda: bool(link.sent))
        link.die()
        await until(lambda: bool(app._exercise_screen.banner.display))
        await pilot.pause()
        assert "Hold the needle" not in text_of(app)
        await pilot.press("q")
    assert not app.is_running
