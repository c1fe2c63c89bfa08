"""Ending on Review to sign the note: one key pressed twice, only there, never while armed; which note is returned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guidance.contracts.commands import OperatorCommand, Quit, Stop
from guidance.contracts.snapshot import Snapshot
from guidance.ui.app import GuidanceApp
from guidance.ui.appearance import Appearance
from guidance.ui.pages import ScreenPage
from tests.guidance.ui.running import PATIENT_S, commands, shown, until
from tests.support.screens import FakeLink, build_stimulator, build_whole, press_twice

OFF = build_whole(stimulator=build_stimulator(armed=False, current_ma=None))
ARMED = build_whole()
LOST = build_whole(stimulator=build_stimulator(armed=False, current_ma=None), ended="device-lost")
WORDS = "g End and sign"


async def left(
    link: FakeLink, snapshot: Snapshot, page: ScreenPage, *, twice: bool = False, **appearance: Any
) -> tuple[str | None, list[OperatorCommand], str]:
    """Press the key once or ``twice`` on ``page``; return the app's result, the commands, and the screen before."""
    app = GuidanceApp(link, PATIENT_S, Appearance(**appearance))
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(snapshot)
        await until(lambda: app.newest is not None)
        app.turn_to(page)
        await pilot.pause(0.1)
        before = shown(app)
        await (press_twice(pilot, "g") if twice else pilot.press("g"))
        await pilot.pause()
        if Quit() in commands(link):
            link.feed(replace(snapshot, ended="operator"))
            await until(lambda: not app.is_running)
        return app.return_value, commands(link), before


@pytest.mark.parametrize("snapshot", [OFF, LOST])
async def test_on_review_it_ends_and_returns_which_note_to_sign(link: FakeLink, snapshot: Snapshot) -> None:
    folder, sent_commands, before = await left(link, snapshot, ScreenPage.REVIEW, twice=snapshot.ended is None)
    assert folder == "/store/20261128T180000Z-generic-block"
    assert sent_commands == ([] if snapshot.ended else [Stop(), Quit()])
    assert WORDS in before


async def test_the_first_press_only_shows_the_question(link: FakeLink) -> None:
    folder, sent_commands, _ = await left(link, OFF, ScreenPage.REVIEW)
    assert (folder, sent_commands) == (None, [])


@pytest.mark.parametrize(
    ("snapshot", "page"), [(ARMED, ScreenPage.REVIEW), (OFF, ScreenPage.GUIDE), (OFF, ScreenPage.INJECT)]
)
async def test_while_armed_and_on_other_pages_it_only_stops(
    link: FakeLink, snapshot: Snapshot, page: ScreenPage
) -> None:
    folder, sent_commands, before = await left(link, snapshot, page)
    assert (folder, sent_commands) == (None, [Stop()])
    assert WORDS not in before


async def test_nothing_is_signed_where_no_record_is_known(link: FakeLink) -> None:
    unknown = build_whole(stimulator=build_stimulator(armed=False, current_ma=None), journal=None)
    folder, sent_commands, _ = await left(link, unknown, ScreenPage.REVIEW)
    assert (folder, sent_commands) == (None, [Stop()])


async def test_an_observer_cannot(link: FakeLink) -> None:
    folder, sent_commands, before = await left(link, OFF, ScreenPage.REVIEW, is_observer=True)
    assert (folder, sent_commands) == (None, [])
    assert WORDS not in before
