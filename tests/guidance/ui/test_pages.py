"""From page to page, and what is done on each; by keys, by pedal, by touch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from guidance.config import Config
from guidance.messages import Acknowledge, Aliquot, Arm, Aspiration, Mark, Message, Quit, Stop
from guidance.snapshot import Snapshot
from guidance.ui.app import GuidanceApp
from guidance.ui.keymap import keymap_of
from guidance.ui.look import Look
from guidance.ui.pages import Page
from guidance.ui.widgets.sweeps import Sweeps
from tests.guidance.ui.fakes import (
    FakeLink,
    build_dose,
    build_live,
    build_past,
    build_snapshot,
    build_stimulator,
    build_whole,
)
from tests.guidance.ui.test_app import PATIENT_S, commands, shown, until

OFF = build_stimulator(armed=False, current_ma=None)
FRESH = build_whole(stimulator=OFF, stimuli=0, past=build_past(8.1))
ARMED = build_whole()
HELD = build_whole(dose=build_dose(held_ml=25.0, ask="Held: 25 mL more would be 107.1 % of the limit."))


class Seat:
    """An operator at a screen whose engine is the test."""

    def __init__(self, link: FakeLink, pilot: Pilot[None]) -> None:
        self.link, self.pilot = link, pilot

    @property
    def app(self) -> GuidanceApp:
        assert isinstance(self.pilot.app, GuidanceApp)
        return self.pilot.app

    def page(self) -> Page:
        return self.app.page

    async def see(self, snapshot: Snapshot) -> None:
        self.link.feed(snapshot)
        await until(lambda: self.app.newest is snapshot)
        await self.pilot.pause(0.06)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def text(self) -> str:
        return shown(self.app)

    def said(self) -> list[Message]:
        return commands(self.link)


def screen(link: FakeLink, **look: Any) -> GuidanceApp:
    return GuidanceApp(link, PATIENT_S, Look(**look))


def pedal(name: str) -> dict[str, Any]:
    return {"keymap": keymap_of(Config(Path("config.toml"), keys={"pedal": name}))}


async def test_a_procedure_goes_from_page_to_page_by_one_key_each_and_back_without_loss(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        assert seat.page() is Page.PREPARE
        for page in (Page.GUIDE, Page.INJECT, Page.REVIEW):
            await seat.press("enter")
            assert seat.page() is page
            await seat.press("x")  # so that the next Enter is no repeat
        await seat.press("backspace", "x", "backspace", "plus")
        half_uv = seat.app.query_one(Sweeps).scale.half_uv
        await seat.press("enter", "x", "backspace")
        assert seat.page() is Page.GUIDE
        assert seat.app.query_one(Sweeps).scale.half_uv == half_uv


async def test_a_procedure_under_way_opens_at_guiding_and_a_replay_has_nothing_to_prepare(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(build_snapshot())
        assert seat.page() is Page.GUIDE
        await seat.press("enter")
        assert seat.page() is Page.REVIEW
        await seat.press("backspace", "x", "backspace")
        assert seat.page() is Page.GUIDE


async def test_arming_on_the_first_page_leads_to_guiding_once_and_back_is_still_possible(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("o")
        assert "► ARM? press ENTER" in seat.text()
        await seat.press("enter")
        assert seat.said() == [Arm()]
        await seat.see(ARMED)
        assert seat.page() is Page.GUIDE
        await seat.press("backspace")
        await seat.see(replace(ARMED, stimuli=72))
        assert seat.page() is Page.PREPARE


async def test_a_whole_procedure_by_keys(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(FRESH, side=None))
        await seat.press("s", "n", *"A B", "enter", "o", "enter")
        await seat.see(ARMED)
        await seat.press("1", "enter", "d", "up", "up", "i", "space", "enter", "q")
    assert seat.said() == [
        Mark("side", "left"),
        Mark("note", "A B"),
        Arm(),
        Mark("redirect"),
        Aspiration(),
        Aliquot(2.0),
        Stop(),
        Stop(),
        Quit(),
    ]


async def test_a_whole_procedure_by_pedal(link: FakeLink) -> None:
    async with screen(link, **pedal("f13-f24")).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("f13", "f14")
        await seat.see(ARMED)
        await seat.press("f23", "f14", "f19", "f21", "f20", "f14", "f15")
        assert seat.page() is Page.REVIEW
    assert seat.said() == [Arm(), Acknowledge(), Aspiration(), Aliquot(1.5), Stop()]


async def test_three_pedals_arm_go_on_and_stop_and_their_letters_stop_where_no_pedal_is_set(link: FakeLink) -> None:
    async with screen(link, **pedal("abc")).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("a", "b", "c")
        assert seat.said() == [Arm(), Stop()]
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        link.sent.clear()
        await seat.press("a", "b", "c", "pageup", "f13")
        assert seat.said() == [Stop()] * 5


async def test_a_pedal_held_down_does_one_thing(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await seat.press("enter", "enter", "enter", "enter")
        assert seat.page() is Page.GUIDE
        await seat.press("o", "enter", "enter", "enter")
        assert (seat.said(), seat.page()) == ([Arm()], Page.GUIDE)
        await seat.press("2", "2", "2", "d", "d", "k", "k")
        assert [message for message in seat.said() if isinstance(message, Mark)] == [Mark("contact")]


async def test_a_touch_stops_wherever_it_falls_and_only_while_armed(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(FRESH)
        await pilot.click(offset=(60, 20))
        assert seat.said() == []
        await seat.see(ARMED)
        for offset in ((3, 39), (60, 20), (110, 1)):
            await pilot.click(offset=offset)
        assert seat.said() == [Stop()] * 3


async def test_text_pasted_outside_a_line_stops_and_is_obeyed_nowhere(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        seat.app.post_message(events.Paste("o\renter"))
        await pilot.pause()
        assert seat.said() == [Stop()]


async def test_an_aliquot_is_chosen_in_steps_and_entered_as_shown(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "up", "up", "up", "down", "i")
        assert seat.said() == [Aliquot(2.0)]
        assert "entered: 2 mL" in seat.text()
        await seat.press(*["down"] * 20, "i")
        assert seat.said()[-1] == Aliquot(0.1)


async def test_no_aliquot_is_entered_from_another_page(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("i")
        assert seat.said() == [Stop()]


async def test_a_held_aliquot_is_told_and_taken_in_with_a_reason(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(HELD)
        await seat.press("enter")
        assert "HELD 25 mL: w gives a reason" in seat.text()
        await seat.press("w", *"as planned", "enter")
        assert seat.said() == [Aliquot(25.0, "as planned")]
        await seat.press("w", "1", "enter")
        assert seat.said()[-1] == Aliquot(25.0, "already injected")
        await seat.press("w", "enter")
        assert len(seat.said()) == 2


async def test_blood_is_one_key_and_fills_its_line(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "5")
        assert seat.said() == [Aspiration(blood=True)]
        await seat.see(build_whole(dose=build_dose(blood=True, ask="Blood aspirated: move the needle")))
        assert "✖ BLOOD" in seat.text()


async def test_while_a_line_is_written_keys_write_and_what_writes_nothing_stops(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("n", *"o q", "space", "x", "backspace", "i")
        assert seat.said() == []
        assert "► Note: o q i" in seat.text()
        await seat.press("f13")
        assert seat.said() == [Stop()]
        await seat.press("enter")
        assert seat.said() == [Stop(), Mark("note", "o q i")]
        await seat.press("n", "z", "escape")
        assert seat.said()[2:] == [Stop()]
        assert "► Note" not in seat.text()
        assert seat.page() is Page.GUIDE


async def test_notes_are_those_of_the_protocol(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(replace(ARMED, notes=("fascia", "pop")))
        assert "1 Fascia  2 Pop" in seat.text()
        await seat.press("2", "3")
        assert seat.said() == [Mark("pop"), Stop()]


async def test_help_shows_the_keys_as_they_are_set_and_leads_back(link: FakeLink) -> None:
    async with screen(link, **pedal("pages")).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "question_mark")
        assert "PAGEDOWN" in seat.text()
        assert "ANY OTHER KEY STOPS" in seat.text()
        await seat.press("question_mark")
        assert seat.page() is Page.INJECT
        await seat.press("f1", "backspace")
        assert seat.page() is Page.INJECT


async def test_the_review_scrolls_leaps_and_stays_where_it_was(link: FakeLink) -> None:
    async with screen(link).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        await seat.press("enter", "x", "enter")
        link.sent.clear()
        assert "procedures sign 20261128T180000Z-generic-block" in seat.text()
        await seat.press("left", "left", "left")
        assert "01:10.0" in seat.text()
        panel = seat.app._bedside.past
        at = panel._cursor
        await seat.see(replace(ARMED, stimuli=72, past=build_past(125.0)))
        assert panel._cursor == at
        await seat.press("up", "down", "right", "right", "right")
        assert seat.said() == []


async def test_who_looks_on_says_nothing_and_may_see_every_page(link: FakeLink) -> None:
    async with screen(link, looks_on=True).run_test(size=(120, 40)) as pilot:
        seat = Seat(link, pilot)
        await seat.see(ARMED)
        assert "LOOKING ON" in seat.text()
        assert "STOP" not in seat.text()
        await seat.press("o", "enter", "x", "enter", "i", "space", "1", "d", "n", "k", "h", "f13")
        await pilot.click(offset=(60, 20))
        assert seat.said() == []
        assert seat.page() is Page.REVIEW
        await seat.press("q")
        await until(lambda: not seat.app.is_running)
    assert seat.said() == []


@pytest.mark.parametrize("page", Page)
@pytest.mark.parametrize("size", [(300, 100), (60, 16), (30, 8), (8, 3)])
async def test_every_page_is_drawn_in_any_size(link: FakeLink, page: Page, size: tuple[int, int]) -> None:
    async with screen(link).run_test(size=size) as pilot:
        seat = Seat(link, pilot)
        await seat.see(HELD)
        seat.app.turn_to(page)
        await seat.see(build_live())
        assert len(seat.text().splitlines()) == size[1]
