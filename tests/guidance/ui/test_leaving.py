"""Leaving takes two presses: what shows the question, what confirms, what is neither, and where one press is enough."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events

from guidance.contracts.commands import OperatorNote, Quit, Stop
from guidance.contracts.snapshot import Snapshot
from guidance.ui.app import GuidanceApp
from guidance.ui.leaving import Leaving
from guidance.ui.training import ExerciseApp
from tests.guidance.ui.running import PATIENT_S, commands, shown, until
from tests.guidance.ui.seat import ARMED, FRESH, Seat, pedal, screen
from tests.support.screens import FakeLink, build_snapshot, press_twice

REPLAY = build_snapshot()
QUESTION = "END? press q again within 3 s to end; other keys cancel"


@pytest.mark.parametrize("app_class", [GuidanceApp, ExerciseApp])
@pytest.mark.parametrize("snapshot", [ARMED, FRESH, REPLAY], ids=["armed", "off", "replay"])
async def test_the_first_press_shows_the_question_and_ends_nothing(
    link: FakeLink, app_class: type[GuidanceApp | ExerciseApp], snapshot: Snapshot
) -> None:
    app = app_class(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(snapshot)
        await until(lambda: bool(link.sent))
        await pilot.press("q")
        await until(lambda: QUESTION in shown(app))
        assert commands(link) == []
        await press_twice(pilot, "q")
        assert commands(link)[-1] == Quit()


@pytest.mark.parametrize("size", [(30, 8), (80, 24), (120, 40), (200, 50)])
async def test_the_question_is_seen_in_every_size(link: FakeLink, size: tuple[int, int]) -> None:
    async with screen(link).run_test(size=size) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("q")
        await until(lambda: "END? press q again" in seat.text())


async def test_any_other_key_stays_and_does_what_it_does(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        seat.app._leaving.least_gap_s = 0.0
        await seat.press("q", "1", "q", "x", "q")
        assert seat.sent_commands() == [OperatorNote("redirect"), Stop()]
        await seat.press("1")
        await until(lambda: "END?" not in seat.text())


async def test_the_question_goes_by_itself(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        await Seat(link, pilot).see(ARMED)
        await pilot.press("q")
        await until(lambda: "END?" in shown(app))
        app._leaving._at_s = 0.0
        app._refresh_status()
        await until(lambda: "END?" not in shown(app))


@pytest.mark.parametrize("app_class", [GuidanceApp, ExerciseApp])
@pytest.mark.parametrize("text", ["qq", "q q", "quick question", "q" * 40, "x qq"])
async def test_pasted_text_whose_characters_come_as_keys_ends_nothing(
    link: FakeLink, app_class: type[GuidanceApp | ExerciseApp], text: str
) -> None:
    app = app_class(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(FRESH)
        await until(lambda: bool(link.sent))
        for character in text:
            app.post_message(events.Key("space" if character == " " else character, character))
        await pilot.pause()
        assert not app._leaving.is_confirmed
        assert Quit() not in link.sent


@pytest.mark.parametrize("app_class", [GuidanceApp, ExerciseApp])
async def test_a_paste_ends_nothing_and_takes_the_question_back(
    link: FakeLink, app_class: type[GuidanceApp | ExerciseApp]
) -> None:
    app = app_class(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(FRESH)
        await until(lambda: bool(link.sent))
        await pilot.press("q")
        await until(lambda: "END?" in shown(app))
        app.post_message(events.Paste("qq\nq"))
        await until(lambda: "END?" not in shown(app))
        assert Quit() not in link.sent


async def test_q_in_a_note_is_written(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        seat.app._leaving.least_gap_s = 0.0
        await seat.press("n", "q", "q", "enter")
        assert seat.sent_commands() == [OperatorNote("note", "qq")]


async def test_what_is_typed_into_a_note_takes_the_question_back(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        seat.app._leaving.least_gap_s = 0.0
        await seat.press("n", "ctrl+c", "a", "ctrl+c")
        assert Quit() not in seat.sent_commands()


async def test_the_question_names_the_key_as_it_is_set(link: FakeLink) -> None:
    async with screen(link, keymap={**pedal("abc")["keymap"], "quit": ("f9",)}).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("f9")
        await until(lambda: "press F9 again" in seat.text())


@pytest.mark.parametrize("snapshot", [replace(FRESH, ended="device-lost"), replace(REPLAY, ended="end of recording")])
async def test_where_nothing_runs_one_press_leaves(link: FakeLink, snapshot: Snapshot) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test() as pilot:
        link.feed(snapshot)
        await until(lambda: bool(link.sent))
        await pilot.press("q")
        await until(lambda: not app.is_running)
    assert commands(link) == []


@pytest.mark.parametrize(
    ("second_s", "confirms"), [(0.0, False), (0.149, False), (0.151, True), (2.9, True), (3.1, False)]
)
def test_the_second_press_confirms_neither_too_soon_nor_too_late(second_s: float, *, confirms: bool) -> None:
    leaving = Leaving()
    assert not leaving.press("quit", 0.0)
    assert leaving.press("quit", second_s) == confirms


def test_a_key_held_down_never_confirms_itself() -> None:
    leaving = Leaving()
    for now_s in (0.0, 0.5, *(0.5 + 0.033 * count for count in range(1, 60))):
        leaving.press("quit", now_s)
    assert not leaving.is_confirmed


def test_a_key_that_follows_the_second_press_at_once_makes_it_a_burst() -> None:
    pasted, typed_on = Leaving(), Leaving()
    for leaving in (pasted, typed_on):
        leaving.press("quit", 0.0)
        assert leaving.press("quit", 1.0)
    pasted.press("quit", 1.01)
    typed_on.forget()
    assert not pasted.is_confirmed
    assert not typed_on.is_confirmed


def test_two_different_ways_to_leave_do_not_confirm_each_other() -> None:
    leaving = Leaving()
    leaving.press("quit", 0.0)
    assert not leaving.press("sign", 1.0)
    assert leaving.pending_action(1.0) == "sign"
