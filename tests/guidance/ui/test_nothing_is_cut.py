"""No text on the screen ends in the middle of a word or number, on any page, in any state and language, from 80 x 24
on; in English from the smallest terminal on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from _pytest.mark import ParameterSet
from rich.cells import cell_len

from guidance import language
from guidance.alarms import health
from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import StopAnswer
from guidance.contracts.snapshot import AlarmView, Snapshot
from guidance.dose.drugs import load
from guidance.dose.guard import DoseGuard
from guidance.dose.patient import DosePatient
from guidance.dose.plan import plan_of
from guidance.stop_moment import StopMoment, StopPlan
from guidance.ui.app import GuidanceApp
from guidance.ui.pages import ScreenPage
from guidance.ui.raster import Canvas
from guidance.ui.theme import Ground
from guidance.ui.widgets.panel import Panel
from tests.guidance.ui.running import PATIENT_S, until
from tests.guidance.ui.states import OFF, STATES
from tests.support.screens import FakeLink, build_dose, build_whole

SIZES = [(60, 20), (80, 24), (100, 30), (120, 40), (200, 50)]
USUAL_SIZES = SIZES[1], SIZES[4]
TRANSLATED_SIZES = [(80, 24), (120, 40), (200, 50)]
LONG = "Inject no more. 107.2 % of the limit: ropivacaine 225 mg. Watch for toxicity; have help and lipid at hand."
MOMENT = StopMoment(StopPlan(patient="A patient with a long name", side="left"))
list(MOMENT.answer(StopAnswer("anticoagulant", "taken", "rivaroxaban 20 mg 10 h ago")))
CARD = DoseGuard(plan_of(load(), DosePatient(70.0), "ropivacaine 0.5%"), AlarmBoard()).rescue_lines
LONG_STATES: dict[str, Snapshot] = {
    "three long alarms": build_whole(
        alarms=(
            AlarmView("display-lost", "high", health._AWAY, active=True),
            AlarmView("dose-limit", "high", LONG, active=True),
            AlarmView("device-fault", "high", health._FLOOD, active=False),
            AlarmView("too-close", "high", health._CLOSE, active=True),
        ),
        dose=build_dose(level="over", fraction=1.072, left_ml=0.0, next_step=LONG, volume_ml=45.5),
        notice="The procedure 20261201T042747Z-generic-block had gone on without its screen; it has been ended.",
        cautions=("Nerve disease: responses may be small or late, and a threshold may be higher than usual.",),
        patient="A patient with a very long name that goes on and on for the sake of this test, born 1950",
        side="left",
    ),
    "held": build_whole(dose=build_dose(held_ml=25.0, blood=True, next_step=LONG)),
    "stop moment": build_whole(stimulator=OFF, stop_moment=MOMENT.view(), rescue=CARD),
    "unsourced": build_whole(stimulator=None, mode="listen", unsourced=("start current",) * 5, dial_ma=0.5),
}

TIGHTEST = {name: (STATES | LONG_STATES)[name] for name in ("device lost", "three long alarms", "held", "stop moment")}
"""The states with most words: what the other languages are checked in by default."""


@pytest.fixture
def cuts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the texts that a Canvas cut at its edge, or that cover another text, as they come."""
    found: list[str] = []
    write = Canvas.write

    def watched(self: Canvas, row: int, column: int, text: str, ink: int, ground: Ground | None = None) -> int:
        beyond = text[max(self.width - column, 0) :] if column + cell_len(text) > self.width else ""
        before = text[: max(-column, 0)]
        if 0 <= row < self.height:
            if any(char.isalnum() for char in before + beyond):
                found.append(f"{text!r} at column {column} of {self.width}")
            under = self.codes[row, max(column, 0) : max(column + cell_len(text), 0)]
            if any(chr(code).isalnum() for code in under.tolist()) and text.strip():
                found.append(f"{text!r} covers {''.join(map(chr, under.tolist()))!r}")
        return write(self, row, column, text, ink, ground)

    monkeypatch.setattr(Canvas, "write", watched)
    return found


def _cases() -> Iterator[ParameterSet]:
    """The usual sizes in English, the tightest in the other languages, and the rest among the slow tests."""
    for columns, rows in SIZES:
        marks = [] if (columns, rows) in USUAL_SIZES else [pytest.mark.slow]
        yield pytest.param("en", (columns, rows), STATES | LONG_STATES, id=f"{columns}x{rows}", marks=marks)
    for code in (code for code in language.LANGUAGES if code != language.ENGLISH):
        yield pytest.param(code, TRANSLATED_SIZES[0], TIGHTEST, id=f"{code}-tightest")
        for columns, rows in TRANSLATED_SIZES:
            slow = pytest.mark.slow
            yield pytest.param(code, (columns, rows), STATES | LONG_STATES, id=f"{code}-{columns}x{rows}", marks=slow)


@pytest.mark.parametrize(("code", "size", "states"), _cases())
async def test_no_text_is_cut_at_an_edge(
    link: FakeLink, cuts: list[str], code: str, size: tuple[int, int], states: dict[str, Snapshot]
) -> None:
    language.use(code)
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=size) as pilot:
        seen: dict[str, str] = {}
        for number, (state, snapshot) in enumerate(states.items(), 1):
            link.feed(replace(snapshot, stimuli=number))
            await until(lambda number=number: len(link.sent) == number)  # type: ignore[misc]
            for page in ScreenPage:
                app.turn_to(page)
                await pilot.pause()
                for panel in app.screen.query(Panel):
                    cuts.clear()
                    if panel.is_on_screen:
                        panel._painted()
                    seen |= {cut: f"{state}, {page}, {type(panel).__name__}" for cut in cuts}
    assert not seen, "\n".join(f"{where}: {cut}" for cut, where in seen.items())
