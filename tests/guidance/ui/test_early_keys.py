"""Keys typed before the screen shows anything do nothing: nobody saw what they would do."""

from __future__ import annotations

import os
import pty
import sys
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from textual import events

from guidance.contracts.commands import Arm, Quit, Stop, SymptomScore
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.task_views import ExerciseView
from guidance.ui import linked
from guidance.ui.training import ExerciseApp
from tests.guidance.ui.running import commands, until
from tests.guidance.ui.seat import ARMED, FRESH, Seat, screen
from tests.support.screens import FakeLink, build_snapshot

SYMPTOM_VIEW = ExerciseView(
    exercise="relax", phase="symptom", prompt="SCORE", do="", hint="", left_s=None, seconds=0.0, trial=None, trials=2,
    scores=(), muscles=(), wants_above=False, scoring=False,
)  # fmt: skip


def symptom() -> Snapshot:
    """Return a Snapshot of an exercise that waits for a symptom score."""
    return replace(build_snapshot(sweeps=(), stimuli=0, protocol="relax", live=True), training=SYMPTOM_VIEW)


def typed_at(key: str, at_s: float) -> events.Key:
    """Return a press of ``key`` that the terminal delivered at ``at_s``."""
    event = events.Key(key, key if len(key) == 1 else None)
    event.time = at_s
    return event


async def test_keys_typed_before_the_first_snapshot_neither_arm_nor_turn_pages(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await pilot.press("o", "enter", "enter", "n", "1")
        await seat.see(FRESH)
        page = seat.page()
        assert seat.sent_commands() == []
        await seat.press("enter")
        assert seat.page() is not page, "the first key after the first Snapshot acts"


async def test_a_key_typed_before_and_handled_after_the_first_snapshot_is_dropped(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        before_s = time.monotonic()
        await seat.see(FRESH)
        page = seat.page()
        for key in ("o", "enter", "q", "q"):
            seat.app.post_message(typed_at(key, before_s))
        await pilot.pause(0.2)
        assert not {Arm(), Quit()} & set(seat.sent_commands())
        assert seat.page() is page


async def test_an_early_key_stops_a_stimulator_that_is_armed(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        before_s = time.monotonic()
        await seat.see(ARMED)
        seat.app.post_message(typed_at("n", before_s))
        await until(lambda: Stop() in seat.sent_commands())


async def test_without_any_snapshot_the_keys_that_leave_still_do(link: FakeLink) -> None:
    app = screen(link)
    async with app.run_test(size=(80, 24)) as pilot:
        app._leaving.least_gap_s = 0.0
        await pilot.press("q", "q")
        await pilot.pause()
        assert Quit() in commands(link)


async def test_an_exercise_takes_no_score_that_was_typed_before_its_screen(link: FakeLink) -> None:
    app = ExerciseApp(link, 600.0)
    async with app.run_test(size=(80, 24)) as pilot:
        before_s = time.monotonic()
        link.feed(symptom())
        await until(lambda: bool(link.sent))
        for key in ("6", "enter"):
            app.post_message(typed_at(key, before_s))
        await pilot.pause()
        await pilot.press("4", "enter")
        await pilot.pause()
        assert commands(link) == [SymptomScore(4)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of Unix")
def test_what_was_typed_while_the_program_loaded_is_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    controller, terminal = pty.openpty()
    try:
        os.write(controller, b"oo\n")
        time.sleep(0.05)
        with os.fdopen(terminal, closefd=False) as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            linked._discard_typed_ahead()
        os.set_blocking(terminal, False)
        typed = b""
        with suppress(BlockingIOError):
            typed = os.read(terminal, 100)
        assert typed == b""
    finally:
        os.close(controller)
        os.close(terminal)


def test_a_standard_input_that_is_no_terminal_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nothing:  # noqa: PTH123 - a device, not a path of this project
        monkeypatch.setattr(sys, "stdin", nothing)
        linked._discard_typed_ahead()
