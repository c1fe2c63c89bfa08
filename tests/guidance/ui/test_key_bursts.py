"""Pasted text that the terminal does not mark comes as keys within milliseconds, and is no press of any of them."""

from __future__ import annotations

import pytest
from textual import events

from guidance.contracts.commands import Arm, OperatorCommand, OperatorNote, Quit, Stop
from guidance.ui.app import GuidanceApp
from guidance.ui.key_timing import BURST_GAP_S, Bursts
from tests.guidance.ui.running import until
from tests.guidance.ui.seat import ARMED, FRESH, Seat, screen
from tests.support.screens import FakeLink

NAMES = {" ": "space", "\r": "enter"}


def paste(app: GuidanceApp, text: str) -> None:
    app._bursts.gap_s = BURST_GAP_S
    for character in text:
        app.post_message(events.Key(NAMES.get(character, character), character))


def without_stops(commands: list[OperatorCommand]) -> list[OperatorCommand]:
    return [command for command in commands if command != Stop()]


@pytest.mark.parametrize("text", ["o\r", "oo\r", "note to self\r", "xo\r", "qo\rqq", "Oslo\r\rok\ro\r"])
async def test_pasted_text_neither_arms_nor_ends(link: FakeLink, text: str) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        paste(seat.app, text)
        await pilot.pause(0.25)
        assert not {Arm(), Quit()} & set(seat.sent_commands())


async def test_pasted_text_withdraws_a_request_to_arm(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("o")
        paste(seat.app, "see\r")
        await pilot.pause()
        assert Arm() not in seat.sent_commands()
        await seat.press("enter")
        assert Arm() not in seat.sent_commands()


async def test_pasted_text_stops_and_only_its_first_character_is_a_key(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        paste(seat.app, "1dihk2")
        await pilot.pause()
        assert without_stops(seat.sent_commands()) == [OperatorNote("redirect")]
        assert Stop() in seat.sent_commands()
        await until(lambda: "pasted text" in seat.text())


async def test_pasted_text_in_an_open_line_is_written_and_its_line_ends_submit_nothing(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("n")
        paste(seat.app, "two\rlines\rq")
        await pilot.pause()
        assert without_stops(seat.sent_commands()) == []
        await pilot.pause(2 * BURST_GAP_S)
        await seat.press("enter")
        assert without_stops(seat.sent_commands()) == [OperatorNote("note", "two lines q")]


def test_only_different_keys_close_together_are_a_burst() -> None:
    bursts = Bursts()
    bursts.gap_s = BURST_GAP_S
    assert not bursts.see("o", 1.0)
    assert not bursts.see("enter", 1.0 + 1.5 * BURST_GAP_S)
    assert bursts.see("o", 1.0 + 2 * BURST_GAP_S)
    assert bursts.see("o", 1.0 + 2.5 * BURST_GAP_S)
    assert not bursts.see("o", 2.0)
    assert not bursts.see("o", 2.0)


async def test_an_enter_after_the_time_to_arm_turns_no_page_and_shows_why(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        page = seat.page()
        await seat.press("o")
        assert seat.app._arming._requested_s is not None
        seat.app._arming._requested_s -= 3.5
        await seat.press("enter")
        assert (seat.page(), Arm() in seat.sent_commands()) == (page, False)
        await until(lambda: "not armed: more than 3 s" in seat.text())
        seat.app._repeats._at_s -= 1.0
        await seat.press("enter")
        assert seat.page() is not page


async def test_a_key_without_an_action_shows_that_it_stopped(link: FakeLink) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("z")
        assert seat.sent_commands() == [Stop()]
        await until(lambda: "STOP: key z does nothing here" in seat.text())
