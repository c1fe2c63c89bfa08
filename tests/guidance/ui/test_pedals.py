"""Pedals, touches and pasted text: each does one thing, and what has no action stops."""

from __future__ import annotations

import pytest
from textual import events

from guidance.contracts.commands import Acknowledge, Aliquot, Arm, Aspiration, OperatorNote, Stop
from guidance.ui.pages import ScreenPage
from tests.guidance.ui.seat import ARMED, FRESH, Seat, pedal, screen
from tests.support.screens import FakeLink


async def test_a_whole_procedure_by_pedal(link: FakeLink) -> None:
    async with screen(link, **pedal("f13-f24")).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("f13", "f14")
        await seat.see(ARMED)
        await seat.press("f23", "f14", "f19", "f21", "f20", "f14", "f15")
        assert seat.page() is ScreenPage.REVIEW
    assert seat.sent_commands() == [Arm(), Acknowledge(), Aspiration(), Aliquot(1.5), Stop()]


async def test_three_pedals_arm_go_on_and_stop_and_their_letters_stop_where_no_pedal_is_set(link: FakeLink) -> None:
    async with screen(link, **pedal("abc")).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("a", "b", "c")
        assert seat.sent_commands() == [Arm(), Stop()]
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        link.sent.clear()
        await seat.press("a", "b", "c", "pageup", "f13")
        assert seat.sent_commands() == [Stop()] * 5


async def test_a_pedal_held_down_does_one_thing(link: FakeLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guidance.ui.key_timing.REPEAT_S", 60.0)  # a busy machine presses late
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("enter", "enter", "enter", "enter")
        assert seat.page() is ScreenPage.GUIDE
        await seat.press("o", "enter", "enter", "enter")
        assert (seat.sent_commands(), seat.page()) == ([Arm()], ScreenPage.GUIDE)
        await seat.press("2", "2", "2", "d", "d", "k", "k")
        assert [message for message in seat.sent_commands() if isinstance(message, OperatorNote)] == [
            OperatorNote("contact")
        ]


async def test_a_touch_stops_wherever_it_falls_and_only_while_armed(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await pilot.click(offset=(60, 20))
        assert seat.sent_commands() == []
        await seat.see(ARMED)
        for offset in ((3, 39), (60, 20), (110, 1)):
            await pilot.click(offset=offset)
        assert seat.sent_commands() == [Stop()] * 3


async def test_text_pasted_outside_a_line_stops_and_is_obeyed_nowhere(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        seat.app.post_message(events.Paste("o\renter"))
        await pilot.pause()
        assert seat.sent_commands() == [Stop()]
