"""The dose on the screen: one line, and none without a dose plan."""

from __future__ import annotations

from typing import Any

import pytest

from guidance.ui.app import GuidanceApp
from guidance.ui.widgets.dose_line import DoseLine
from guidance.ui.widgets.syringe import Syringe
from tests.guidance.ui.painting import HOSTILE, OBEYED, drawn
from tests.guidance.ui.running import PATIENT_S, until
from tests.support.screens import FakeLink, build_dose, build_live


def line(**changes: Any) -> str:
    return drawn(DoseLine(), build_live(t=165.9, dose=build_dose(**changes)), width=140, height=1)


def test_it_shows_fraction_mg_what_is_left_the_last_dose_and_what_is_next() -> None:
    text = line()
    for part in ("47.7 %", "20 mL", "ropivacaine 100 mg", "left 22 mL", "last 01:05 ago", "Aspirate before"):
        assert part in text


@pytest.mark.parametrize(
    ("level", "word"), [("warning", "80 % PASSED"), ("limit", "LIMIT REACHED"), ("over", "OVER THE LIMIT")]
)
def test_what_is_passed_is_written_in_words(level: str, word: str) -> None:
    assert word in line(level=level)
    assert word not in line()


def test_three_timers_run_on_the_line_and_on_the_page_of_the_injection() -> None:
    dose = build_dose(first_dose_t=40.0, last_dose_t=100.0, aspirated_t=161.2)
    snapshot = build_live(t=165.9, dose=dose)
    times = "last 01:05 ago", "block 02:05 ago", "aspirated 00:04 ago"
    assert "  ".join(times) in drawn(DoseLine(), snapshot, width=180, height=1)
    assert "   ".join(times) in drawn(Syringe(), snapshot, width=80, height=14)


def test_what_is_not_known_is_not_shown_as_a_figure() -> None:
    assert "at least 47.7 %" in line(fraction=None, left_ml=None)
    assert "? %" in line(fraction=None, at_least=None, left_ml=None, total_mg=())
    assert "none given yet" in line(last_dose_t=None)


@pytest.mark.parametrize("width", [16, 30, 60])
def test_where_there_is_little_room_the_fraction_is_what_stays(width: int) -> None:
    text = drawn(DoseLine(), build_live(dose=build_dose()), width=width, height=1)
    assert text.startswith(" dose  4")
    assert "Aspirate" not in text


def test_text_from_outside_is_shown_but_never_obeyed() -> None:
    text = line(next_step=HOSTILE, total_mg=((HOSTILE, 1.0),))
    assert "[red]x[/]" in text
    assert not set(text) & OBEYED


async def test_the_line_appears_with_the_first_dose_and_stays(link: FakeLink) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=(120, 40)):
        link.feed(build_live())
        await until(lambda: bool(link.sent))
        panel = app.screen.query_one(DoseLine)
        assert not panel.display
        link.feed(build_live(dose=build_dose()))
        await until(lambda: panel.display)
        link.feed(build_live(last_pulse=71))
        await until(lambda: app.newest is not None and app.newest.dose is None)
        assert panel.display
