"""Turning from page to page by keys; what each page shows and where it leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guidance.contracts.commands import Aliquot, Arm, Aspiration, OperatorNote, Quit, Stop
from guidance.ui.pages import ScreenPage
from guidance.ui.widgets.sweeps import Sweeps
from tests.guidance.ui.running import until
from tests.guidance.ui.seat import ARMED, FRESH, HELD, Seat, pedal, screen
from tests.support.screens import FakeLink, build_live, build_past, build_snapshot, press_twice


async def test_a_procedure_goes_from_page_to_page_by_one_key_each_and_back_without_loss(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        assert seat.page() is ScreenPage.PREPARE
        for page in (ScreenPage.GUIDE, ScreenPage.INJECT, ScreenPage.REVIEW):
            await seat.press("enter")
            assert seat.page() is page
            await seat.press("x")  # so that the next Enter is no repeat
        await seat.press("backspace", "x", "backspace", "plus")
        half_uv = seat.app.query_one(Sweeps).scale.half_uv
        await seat.press("enter", "x", "backspace")
        assert seat.page() is ScreenPage.GUIDE
        assert seat.app.query_one(Sweeps).scale.half_uv == half_uv


async def test_a_procedure_under_way_opens_at_guiding_and_a_replay_has_nothing_to_prepare(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(build_snapshot())
        assert seat.page() is ScreenPage.GUIDE
        await seat.press("enter")
        assert seat.page() is ScreenPage.REVIEW
        await seat.press("backspace", "x", "backspace")
        assert seat.page() is ScreenPage.GUIDE


async def test_arming_on_the_first_page_leads_to_guiding_once_and_back_is_still_possible(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("o")
        assert "► ARM? press ENTER" in seat.text()
        await seat.press("enter")
        assert seat.sent_commands() == [Arm()]
        await seat.see(ARMED)
        assert seat.page() is ScreenPage.GUIDE
        await seat.press("backspace")
        await seat.see(replace(ARMED, stimuli=72))
        assert seat.page() is ScreenPage.PREPARE


async def test_a_whole_procedure_by_keys(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(FRESH, side=None))
        await seat.press("s", "n", *"A B", "enter", "o", "enter")
        await seat.see(ARMED)
        await seat.press("1", "enter", "d", "up", "up", "i", "space", "enter")
        await press_twice(pilot, "q")
    assert seat.sent_commands() == [
        OperatorNote("side", "left"),
        OperatorNote("note", "A B"),
        Arm(),
        OperatorNote("redirect"),
        Aspiration(),
        Aliquot(2.0),
        Stop(),
        Stop(),
        Quit(),
    ]


async def test_help_shows_the_keys_as_they_are_set_and_leads_back(link: FakeLink) -> None:
    async with screen(link, **pedal("pages")).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "question_mark")
        assert "PAGEDOWN" in seat.text()
        assert "ANY OTHER KEY STOPS" in seat.text()
        await seat.press("question_mark")
        assert seat.page() is ScreenPage.INJECT
        await seat.press("f1", "backspace")
        assert seat.page() is ScreenPage.INJECT


async def test_the_review_scrolls_leaps_and_stays_where_it_was(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "x", "enter")
        link.sent.clear()
        assert "procedures sign 20261128T180000Z-generic-block" in seat.text()
        await seat.press("left", "left", "left")
        assert "01:10.0" in seat.text()
        panel = seat.app._procedure_screen.past
        at = panel._cursor
        await seat.see(replace(ARMED, stimuli=72, past=build_past(125.0)))
        assert panel._cursor == at
        await seat.press("up", "down", "right", "right", "right")
        assert seat.sent_commands() == []


async def test_an_observer_sends_nothing_and_may_see_every_page(link: FakeLink) -> None:
    async with screen(link, is_observer=True).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        assert "OBSERVER" in seat.text()
        assert "STOP" not in seat.text()
        await seat.press("o", "enter", "x", "enter", "i", "space", "1", "d", "n", "k", "h", "f13")
        await pilot.click(offset=(60, 20))
        assert seat.sent_commands() == []
        assert seat.page() is ScreenPage.REVIEW
        await seat.press("q")
        await until(lambda: not seat.app.is_running)
    assert seat.sent_commands() == []


@pytest.mark.parametrize("page", ScreenPage)
@pytest.mark.parametrize("size", [(300, 100), (60, 16), (30, 8), (8, 3)])
async def test_every_page_is_drawn_in_any_size(link: FakeLink, page: ScreenPage, size: tuple[int, int]) -> None:
    async with screen(link).run_test(size=size) as pilot:
        seat = Seat(link, pilot)
        await seat.see(HELD)
        seat.app.turn_to(page)
        await seat.see(build_live())
        assert len(seat.text().splitlines()) == size[1]
