"""Entries by the operator: aliquots, aspirations, reasons and notes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guidance.contracts.commands import Aliquot, Aspiration, CorrectEntry, OperatorNote, Stop
from guidance.contracts.snapshot import EventView, Snapshot
from guidance.ui.pages import ScreenPage
from tests.guidance.ui.seat import ARMED, HELD, OFF, Seat, screen
from tests.support.screens import FakeLink, build_dose, build_past, build_whole


def with_event(kind: str, text: str) -> Snapshot:
    """Return the armed procedure with one more event."""
    events = (*ARMED.past.events, EventView(119.3, kind, text))
    return replace(ARMED, past=replace(ARMED.past, events=events))


async def test_an_aliquot_is_chosen_in_steps_and_entered_as_shown(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "up", "up", "up", "down", "i")
        assert seat.sent_commands() == [Aliquot(2.0)]
        assert "2 mL, 22 mL in all" not in seat.text()
        await seat.see(with_event("dose", "injected 2 mL, 22 mL in all"))
        assert "injected 2 mL, 22 mL in all" in seat.text()
        await seat.press(*["down"] * 20, "i")
        assert seat.sent_commands()[-1] == Aliquot(0.1)


async def test_an_aliquot_that_is_held_is_announced_as_held_and_never_as_entered(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "i")
        assert "entered" not in seat.text()
        await seat.see(with_event("dose", "not counted, held: 25 mL more would be 107.1 % of the limit."))
        assert "not counted, held" in seat.text().splitlines()[-3]


async def test_a_written_note_is_announced_by_its_words_once_it_is_recorded(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("n", *"tip seen", "enter")
        assert "note" not in seat.text().splitlines()[-3]
        await seat.see(with_event("note", "note: tip seen"))
        assert "01:59.3 note: tip seen" in seat.text()


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


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_while_armed_stop_stays_in_sight_in_an_open_line_and_names_its_key_there(
    link: FakeLink, size: tuple[int, int]
) -> None:
    async with screen(link).run_test(size=size) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        stop = " SPACE  STOP "
        assert stop in seat.text()
        await seat.press("n")
        assert stop not in seat.text()
        assert "Quit" not in seat.text()
        assert "   ESC  STOP   " in seat.text()
        assert "ENTER Done  F2 RESCUE  SPACE a-z Type" in seat.text()
        await seat.press("escape")
        assert seat.sent_commands() == [Stop()]
        assert stop in seat.text()


async def test_unarmed_the_key_that_leaves_an_open_line_is_named_as_cancel(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(ARMED, stimulator=OFF))
        await seat.press("n")
        assert "ESC Cancel  ENTER Done" in seat.text()
        await seat.press("enter")
        assert "n Note" in seat.text()


@pytest.mark.parametrize("page", ScreenPage)
async def test_the_rescue_card_is_one_key_in_sight_on_every_page(link: FakeLink, page: ScreenPage) -> None:
    async with screen(link).run_test(size=(80, 24)) as pilot:
        seat = Seat(link, pilot)
        for snapshot in (ARMED, replace(ARMED, stimulator=OFF), replace(ARMED, stimulator=None, mode="listen")):
            await seat.see(snapshot)
            seat.app.turn_to(page)
            await pilot.pause()
            assert "l RESCUE" in seat.text()
            await seat.press("l")
            assert (seat.page() is ScreenPage.RESCUE) == (page is not ScreenPage.RESCUE)


async def test_notes_are_those_of_the_protocol(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(ARMED, notes=("fascia", "pop")))
        assert "1 Fascia  2 Pop" in seat.text()
        await seat.press("2", "3")
        assert seat.sent_commands() == [OperatorNote("pop"), Stop()]


INJECTED = EventView(80.0, "dose", "injected 10 mL, 10 mL in all", seq=41, what="injection", value="10 mL")
CONTACT = EventView(90.0, "note", "contact", seq=52, what="contact")


def with_entries(*events: EventView) -> Snapshot:
    return replace(ARMED, past=build_past(118.0, events=events))


async def test_the_last_entry_is_corrected_by_what_it_should_be_and_a_reason(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(with_entries(CONTACT, INJECTED))
        await seat.press("u")
        assert "01:20.0 injection 10 mL should be (x: did not happen): " in seat.text()
        await seat.press("5", "enter")
        assert "Why injection 10 mL should be 5: " in seat.text()
        assert "1 typing error   2 entered twice   3 did not happen" in seat.text()
        assert seat.sent_commands() == []
        await seat.press("1", "enter")
        assert seat.sent_commands() == [CorrectEntry(41, "typing error", "5")]


async def test_an_entry_that_did_not_happen_is_withdrawn(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(with_entries(INJECTED, CONTACT))
        await seat.press("u", "x", "enter", *"wrong key", "enter")
        assert seat.sent_commands() == [CorrectEntry(52, "wrong key", None)]


async def test_review_corrects_the_entry_under_the_cursor(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(with_entries(INJECTED, CONTACT))
        seat.app.turn_to(ScreenPage.REVIEW)
        await seat.press("left", "left", "u")
        assert "01:20.0 injection 10 mL should be" in seat.text()
        await seat.press("enter")
        assert seat.sent_commands() == []


async def test_a_withdrawn_entry_is_marked_and_is_not_the_last_one(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(with_entries(INJECTED, replace(CONTACT, mark="withdrawn")))
        seat.app.turn_to(ScreenPage.REVIEW)
        await seat.press("left")
        assert "WITHDRAWN: contact" in seat.text()
        seat.app.turn_to(ScreenPage.GUIDE)
        await seat.press("u")
        assert "injection 10 mL should be" in seat.text()


async def test_without_an_entry_there_is_nothing_to_correct_and_the_key_stops(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("u")
        assert seat.sent_commands() == [Stop()]
