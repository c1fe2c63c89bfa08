"""The keys at the foot of the screen: the most important ones, how many have no room, and where those are named."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from guidance.ui.app import GuidanceApp
from guidance.ui.pages import ScreenPage
from guidance.ui.widgets.keys import KeyBar
from tests.guidance.ui.painting import drawn
from tests.guidance.ui.running import PATIENT_S, shown, until
from tests.guidance.ui.states import OFF
from tests.support.screens import FakeLink, build_dose, build_live, build_whole

TEN = tuple((str(index), "Aspiration") for index in range(10))
STATES = (
    build_whole(),
    build_whole(simulated=True),
    build_whole(stimulator=OFF),
    build_whole(dose=build_dose(held_ml=25.0)),
)


def bar(keys: tuple[tuple[str, str], ...], width: int, loud: str | None = None) -> str:
    """Return a bar of ``width`` cells with ``keys``."""
    panel = KeyBar()
    panel.offer(keys, loud)
    return drawn(panel, build_live(), width, len(panel._lines_beside(width)[0]))


def hidden(text: str) -> int:
    """Return the number of keys without room that the bar states."""
    found = re.search(r"\+(\d+) more", text)
    return int(found[1]) if found else 0


@pytest.mark.parametrize(("loud", "least"), [(None, 30), ("Aspiration 0", 51)])
def test_every_key_is_in_sight_or_counted(loud: str | None, least: int) -> None:
    keys = tuple((str(index), f"Aspiration {index}") for index in range(10))
    for width in range(least, 150):
        text = bar(keys, width, loud)
        seen = [words for _, words in keys if words in text]
        assert seen == [words for _, words in keys][: 10 - hidden(text)]


def test_a_bar_with_room_for_all_has_no_sign() -> None:
    assert bar(TEN, 80).count("Aspiration") == 10
    assert "more" not in bar(TEN, 80)


def test_the_sign_takes_the_place_of_keys_where_the_last_line_is_full() -> None:
    assert bar(TEN, 28).count("Aspiration") == 3
    assert hidden(bar(TEN, 28)) == 7


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_help_names_every_key_without_room(link: FakeLink, size: tuple[int, int]) -> None:
    app = GuidanceApp(link, PATIENT_S)
    stated: list[int] = []
    async with app.run_test(size=size) as pilot:
        for number, state in enumerate(STATES, 1):
            link.feed(replace(state, stimuli=number))
            await until(lambda number=number: len(link.sent) == number)  # type: ignore[misc]
            named = drawn(app._procedure_screen._help, state, 200, 60)
            for page in ScreenPage:
                app.turn_to(page)
                await pilot.pause()
                keys = app._procedure_screen.keys
                lines, unseen = keys._lines_beside(keys.size.width)
                fit = {key for line in lines for key, _ in line}
                others = {key for key, words in keys.shown if words != keys.loud} - fit
                assert (len(others), hidden(shown(app))) == (unseen, unseen)
                assert all(
                    re.search(rf"(^|\s){re.escape(part)}(\s|$)", named) for key in others for part in key.split()
                )
                stated.append(unseen)
    assert max(stated) > 0


async def test_what_answers_an_alarm_or_ends_is_in_sight_on_the_guide_of_a_small_terminal(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(80, 24)) as pilot:
        link.feed(STATES[1])
        await until(lambda: bool(link.sent))
        app.turn_to(ScreenPage.GUIDE)
        await pilot.pause()
        text = shown(app)
    assert all(words in text for words in ("STOP", "Keys", "RESCUE", "Acknowledge", "Quit"))
