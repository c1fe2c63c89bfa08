"""A small department of two sites, made so that its figures can be worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from guidance.audit.run import Site
from guidance.note.case_sheet import save_case
from guidance.note.follow_up import add_follow_up
from guidance.note.note_files import procedure_files
from guidance.note.signing import sign
from tests.guidance.journal.scripted_procedure import BEGAN, ScriptedProcedure, femoral_block
from tests.guidance.note.case_sheets import sheet

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

    def record_in(self, store: Path, *, simulated: bool = False) -> Path:
        """Record it, with its case sheet, note and follow-up; return its folder."""
        procedure = femoral_block() if self.has_responses else _without_responses()
        procedure.began = BEGAN + timedelta(days=self.day)
        if self.wrong_side:
            procedure.entry(1.0, "side", text="right")
        store.mkdir(parents=True, exist_ok=True)
        folder = procedure.record_in(store, simulated=simulated)
        now = procedure.began + timedelta(hours=1)
        case = sheet().with_answer("performer", self.performer, now)
        save_case(folder, case, None)
        if self.signed:
            page = procedure_files(folder, None).composed
            sign(folder, page, case, self.performer, None, now, despite="seen by the supervisor")
        if self.success:
            add_follow_up(folder, {"success": self.success}, self.performer, None, now)
        return folder


def department(home: Path) -> list[Site]:
    """Record 12 blocks: 6 of Dr Ahorn and 1 of Dr Birke in the north, 5 of Dr Clematis in the south."""
    ahorn, birke, clematis = OPERATORS
    north = [Block(day, ahorn, success="complete") for day in range(5)]
    north += [Block(40, ahorn, wrong_side=True, success="failed"), Block(41, birke, signed=False)]
    south = [Block(day + 0.1, clematis, success="complete" if day < 3 else None) for day in range(4)]
    south += [Block(9, clematis, has_responses=False, signed=False)]
    for label, blocks in (("north", north), ("south", south)):
        for block in blocks:
            block.record_in(home / label)
    return [Site(label, home / label) for label in ("north", "south")]


def _without_responses() -> ScriptedProcedure:
    """Return a block that was given up: no current evoked a response, and nothing was injected."""
    procedure = ScriptedProcedure()
    for number, current_ma in enumerate((1.0, 2.0, 3.0)):
        procedure.pulse(2.0 + number, current_ma, responded=False)
    return procedure
