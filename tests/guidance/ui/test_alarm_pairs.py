"""Alarms one after another: the added bar is in sight in every size, and nothing else changes.

Every pair of alarms goes through the widget alone, on a size that the layout has not yet changed and then has; a sample
goes through the whole screen.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.pilot import Pilot

from guidance.alarms.board import PRIORITIES
from guidance.contracts.snapshot import AlarmView
from guidance.ui.app import GuidanceApp
from guidance.ui.widgets.alarms import AlarmBars
from tests.guidance.ui.running import PATIENT_S, shown, until
from tests.support.screens import FakeLink, build_whole

SIZES = [(30, 8), (80, 24), (120, 40), (200, 50)]
NONE, UNKNOWN = "", "x urgent"
USUAL = [f"{code} {priority}" for code, priority in PRIORITIES.items()]
"""Every code of the alarm table with its usual priority."""
KINDS = [NONE, UNKNOWN, *USUAL]
RAISED = [f"{code} high" for code, priority in PRIORITIES.items() if priority != "high"]
"""The others as high ones: a condition can be raised."""
SAMPLE = [NONE, UNKNOWN, "too-close high", "audio-lost medium", "audio-lost high", "samples-lost low"]
WHOLE = build_whole()


def alarm(kind: str, words: str, *, active: bool = True) -> tuple[AlarmView, ...]:
    """Return the alarm of ``kind`` whose sentence is ``words``; none for NONE."""
    code, _, priority = kind.partition(" ")
    return (AlarmView(code, priority, words, active=active),) if kind else ()


class SizedBars(AlarmBars):
    """The alarms on ``cells``, which the test gives them as the layout would."""

    cells = Size(80, 1)

    @property
    def size(self) -> Size:
        return self.cells

    def seen(self) -> str:
        return "\n".join(self.render_line(row).text for row in range(self.size.height))

    def lay_out(self) -> str:
        """Take the lines that the widget wants; return what is then seen."""
        wanted = self.styles.height
        assert wanted is not None
        self.cells = Size(self.cells.width, int(wanted.value) if self.display else 0)
        self.on_resize()
        return self.seen()


class BarsApp(App[str]):
    def __init__(self) -> None:
        super().__init__()
        self.bars = SizedBars()

    def compose(self) -> ComposeResult:
        yield self.bars


@pytest.mark.parametrize("width", [size[0] for size in SIZES])
async def test_every_pair_of_the_table_is_seen_one_after_the_other(width: int) -> None:
    app = BarsApp()
    async with app.run_test():
        bars = app.bars
        bars.cells = Size(width, 1)
        firsts = {kind: replace(WHOLE, alarms=alarm(kind, "Eins")) for kind in KINDS}
        seconds = {kind: alarm(kind, "Zwei") for kind in KINDS + RAISED}
        for (first, before), (second, added) in product(firsts.items(), seconds.items()):
            bars.show(before)
            assert ("Eins" in bars.lay_out()) == bool(first)
            bars.show(replace(WHOLE, alarms=(*before.alarms, *added)))
            bars.seen()
            text = bars.lay_out()
            assert (("Eins" in text), ("Zwei" in text)) == (bool(first), bool(second)), (first, second)
            assert not bars.fault


async def see(app: GuidanceApp, pilot: Pilot[str], alarms: tuple[AlarmView, ...], silent_s: int | None = None) -> str:
    """Return what is shown once the layout has room for ``alarms``."""
    app._procedure_screen.show(replace(WHOLE, alarms=alarms))
    app._procedure_screen.show_silence(silent_s)
    lines = app._procedure_screen.alarms._count()
    await pilot.pause()
    await until(lambda: not lines or app._procedure_screen.alarms.size.height == lines)
    await pilot.pause()
    return shown(app)


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("first", SAMPLE)
async def test_a_second_alarm_is_seen_beside_the_first(link: FakeLink, first: str, size: tuple[int, int]) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=size) as pilot:
        link.feed(build_whole())
        await until(lambda: bool(link.sent))
        for second in SAMPLE:
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
        pile = [alarm(kind, "Look", active=at % 3 != 2)[0] for at, kind in enumerate(KINDS[1:12])]
        for count in (1, 2, 5, len(pile), 3, 0, 4):
            text = await see(app, pilot, tuple(pile[:count]), silent_s=3 if count % 2 else None)
            assert ("Look" in text) == bool(count)
            assert "fault" not in text
