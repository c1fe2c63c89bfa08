"""A small department of two sites, made so that its figures can be worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from guidance.audit.run import Site
from guidance.contracts.events import Alarm
from guidance.note.case_sheet import save_case
from guidance.note.follow_up import add_follow_up
from guidance.note.note_files import procedure_files
from guidance.note.signing import sign
from tests.support.case_sheets import sheet
from tests.support.scripted_procedure import BEGAN, ScriptedProcedure, femoral_block

TODAY = datetime.fromisoformat("2026-06-01T08:00:00+02:00")
OPERATORS = ("Dr Ahorn", "Dr Birke", "Dr Clematis")


@dataclass
class Block:
    """A femoral block of the department; ``day`` counts from the first one."""

    day: float
    performer: str
    has_responses: bool = True
    wrong_side: bool = False
    signed: bool = True
    success: str | None = None
    redirects: int = 0
    is_eventful: bool = False

    def record_in(self, store: Path, *, simulated: bool = False) -> Path:
        """Record it, with its case sheet, note and follow-up; return its folder."""
        procedure = femoral_block() if self.has_responses else _without_responses()
        procedure.began = BEGAN + timedelta(days=self.day)
        if self.wrong_side:
            procedure.entry(1.0, "side", text="right")
        for number in range(self.redirects):
            procedure.entry(1.5 + number, "redirect")
        if self.is_eventful:
            _add_events(procedure)
        store.mkdir(parents=True, exist_ok=True)
        folder = procedure.record_in(store, simulated=simulated)
        now = procedure.began + timedelta(hours=1)
        case = sheet().with_answer("performer", self.performer, now)
        save_case(folder, case, None)
        if self.signed:
            page = procedure_files(folder, None).composed
            sign(folder, page, case, self.performer, None, now, despite="seen by the supervisor")
        if self.success:
            complications = {"complications": "haematoma"} if self.is_eventful else {}
            add_follow_up(folder, {"success": self.success} | complications, self.performer, None, now)
        return folder


def department(home: Path) -> list[Site]:
    """Record 12 blocks: 6 of Dr Ahorn and 1 of Dr Birke in the north, 5 of Dr Clematis in the south.

    One of Dr Ahorn's is eventful: two redirects, pain, blood, two alarms of which one was acknowledged, a complication.
    """
    ahorn, birke, clematis = OPERATORS
    north = [Block(day, ahorn, success="complete") for day in range(4)]
    north += [Block(4, ahorn, success="complete", redirects=2, is_eventful=True)]
    north += [Block(40, ahorn, wrong_side=True, success="failed"), Block(41, birke, signed=False)]
    south = [Block(day + 0.1, clematis, success="complete" if day < 3 else None, redirects=1) for day in range(4)]
    south += [Block(9, clematis, has_responses=False, signed=False)]
    for label, blocks in (("north", north), ("south", south)):
        for block in blocks:
            block.record_in(home / label)
    return [Site(label, home / label) for label in ("north", "south")]


def _without_responses() -> ScriptedProcedure:
    """Return a block that was given up: two currents evoked no response, one sweep could not tell, no injection."""
    procedure = ScriptedProcedure()
    for number, current_ma in enumerate((1.0, 2.0, 3.0)):
        procedure.pulse(2.0 + number, current_ma, responded=None if number == 1 else False)
    return procedure


def _add_events(procedure: ScriptedProcedure) -> None:
    """Add pain, blood, an alarm of high priority that is acknowledged after 7 s, and a dose over its limit."""
    procedure.entry(3.5, "pain")
    procedure.add(4.5, Alarm("too-close", "high", active=True, text="The tip may be too close."))
    procedure.entry(11.5, "acknowledge", alarms=["too-close"])
    procedure.entry(12.0, "aspiration", blood=True, volume_ml_since_last=5.0)
    procedure.alarm(14.5, "dose-limit", "The dose is over its limit.")
