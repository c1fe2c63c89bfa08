"""The search in keys and commands: the keys' own table, and nothing that could delay a stop."""

from __future__ import annotations

from textual.command import CommandPalette

from guidance.contracts.commands import OperatorNote, Stop
from guidance.ui.pages import ScreenPage
from tests.guidance.ui.running import shown, until
from tests.guidance.ui.seat import ARMED, FRESH, Seat, screen
from tests.support.screens import FakeLink


async def test_a_command_is_found_by_its_words_and_does_what_its_key_does(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await pilot.press("ctrl+p")
        await until(lambda: isinstance(seat.app.screen, CommandPalette))
        await pilot.press(*"redirect")
        await until(lambda: "note: redirect   1" in shown(seat.app))
        await pilot.press("enter")
        await until(lambda: OperatorNote("redirect") in seat.sent_commands())
        assert not isinstance(seat.app.screen, CommandPalette)


async def test_a_key_that_does_nothing_on_this_page_is_found_and_marked(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        seat.app.turn_to(ScreenPage.PREPARE)
        await pilot.press("ctrl+p")
        await until(lambda: isinstance(seat.app.screen, CommandPalette))
        await pilot.press(*"end and sign")
        await until(lambda: "does nothing on this page now" in shown(seat.app))
        await pilot.press("enter")
        await until(lambda: "key g does nothing here" in seat.text())


async def test_while_armed_the_search_does_not_open_and_its_key_stops(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("ctrl+p")
        assert not isinstance(seat.app.screen, CommandPalette)
        assert seat.sent_commands() == [Stop()]


async def test_an_open_search_closes_when_the_stimulator_is_armed_and_the_next_key_stops(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await pilot.press("ctrl+p", *"arm")
        await until(lambda: isinstance(seat.app.screen, CommandPalette))
        await seat.see(ARMED)
        await until(lambda: not isinstance(seat.app.screen, CommandPalette))
        await seat.press("a")
        assert seat.sent_commands()[-1] == Stop()
