"""Alarms one after another: the added bar is in sight in every size, and nothing else changes."""

from __future__ import annotations

from itertools import product

import pytest
from textual.pilot import Pilot

from guidance.contracts.snapshot import AlarmView
from guidance.ui.app import GuidanceApp
from tests.guidance.ui.running import PATIENT_S, shown, until
from tests.support.screens import FakeLink, build_whole

SIZES = [(30, 8), (80, 24), (120, 40), (200, 50)]
NONE = ""
CODES = ("too-close", "audio-lost")
KINDS = [NONE, "x urgent", *(f"{code} {priority}" for code, priority in product(CODES, ("high", "medium", "low")))]


def alarm(kind: str, word: str, *, active: bool = True) -> tuple[AlarmView, ...]:
    """Return the alarm of ``kind`` whose sentence is ``word``; none for NONE."""
    code, _, priority = kind.partition(" ")
    return (AlarmView(code, priority, word, active=active),) if kind else ()


async def see(app: GuidanceApp, pilot: Pilot[str], alarms: tuple[AlarmView, ...], silent_s: int | None = None) -> str:
    """Return what is shown once the layout has room for ``alarms``."""
    app._procedure_screen.show(build_whole(alarms=alarms))
    app._procedure_screen.show_silence(silent_s)
    lines = app._procedure_screen.alarms._count()
    await pilot.pause()
    await until(lambda: not lines or app._procedure_screen.alarms.size.height == lines)
    await pilot.pause()
    return shown(app)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("first", KINDS)
async def test_a_second_alarm_is_seen_beside_the_first(link: FakeLink, first: str, size: tuple[int, int]) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=size) as pilot:
        link.feed(build_whole())
        await until(lambda: bool(link.sent))
        for second in KINDS:
            alarms = alarm(first, "Eins"), alarm(second, "Zwei")
            text = await see(app, pilot, alarms[0])
            assert ("Eins" in text) == bool(first)
            text = await see(app, pilot, (*alarms[0], *alarms[1]))
            assert (("Eins" in text), ("Zwei" in text)) == (bool(first), bool(second))
            assert "fault" not in text


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_alarms_pile_up_pass_and_are_joined_by_silence(link: FakeLink, size: tuple[int, int]) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=size) as pilot:
        pile = [alarm(kind, "Look", active=at % 3 != 2)[0] for at, kind in enumerate(KINDS[1:])]
        for count in (1, 2, 5, len(pile), 3, 0, 4):
            text = await see(app, pilot, tuple(pile[:count]), silent_s=3 if count % 2 else None)
            assert ("Look" in text) == bool(count)
            assert "fault" not in text
