"""Entries by the operator: aliquots, aspirations, reasons and notes."""

from __future__ import annotations

from dataclasses import replace

from guidance.contracts.commands import Aliquot, Aspiration, OperatorNote, Stop
from guidance.ui.pages import ScreenPage
from tests.guidance.ui.seat import ARMED, HELD, Seat, screen
from tests.support.screens import FakeLink, build_dose, build_whole


async def test_an_aliquot_is_chosen_in_steps_and_entered_as_shown(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "up", "up", "up", "down", "i")
        assert seat.sent_commands() == [Aliquot(2.0)]
        assert "entered: 2 mL" in seat.text()
        await seat.press(*["down"] * 20, "i")
        assert seat.sent_commands()[-1] == Aliquot(0.1)


async def test_no_aliquot_is_entered_from_another_page(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("i")
        assert seat.sent_commands() == [Stop()]


async def test_a_held_aliquot_is_shown_and_entered_with_a_reason(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(HELD)
        await seat.press("enter")
        assert "HELD 25 mL: w gives a reason" in seat.text()
        await seat.press("w", *"as planned", "enter")
        assert seat.sent_commands() == [Aliquot(25.0, "as planned")]
        await seat.press("w", "1", "enter")
        assert seat.sent_commands()[-1] == Aliquot(25.0, "already injected")
        await seat.press("w", "enter")
        assert len(seat.sent_commands()) == 2


async def test_blood_is_one_key_and_fills_its_line(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "5")
        assert seat.sent_commands() == [Aspiration(blood=True)]
        await seat.see(build_whole(dose=build_dose(blood=True, next_step="Blood aspirated: move the needle")))
        assert "✖ BLOOD" in seat.text()


async def test_while_a_line_is_written_keys_write_and_what_writes_nothing_stops(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("n", *"o q", "space", "x", "backspace", "i")
        assert seat.sent_commands() == []
        assert "► Note: o q i" in seat.text()
        await seat.press("f13")
        assert seat.sent_commands() == [Stop()]
        await seat.press("enter")
        assert seat.sent_commands() == [Stop(), OperatorNote("note", "o q i")]
        await seat.press("n", "z", "escape")
        assert seat.sent_commands()[2:] == [Stop()]
        assert "► Note" not in seat.text()
        assert seat.page() is ScreenPage.GUIDE


async def test_notes_are_those_of_the_protocol(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(ARMED, notes=("fascia", "pop")))
        assert "1 Fascia  2 Pop" in seat.text()
        await seat.press("2", "3")
        assert seat.sent_commands() == [OperatorNote("pop"), Stop()]
