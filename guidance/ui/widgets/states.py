"""Link, sound, record and stimulator in one line that is always there; and the stage of arming."""

from __future__ import annotations

from collections.abc import Hashable

from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.language import mark, recorded, tr
from guidance.ui.arming import Stage
from guidance.ui.raster import Canvas
from guidance.ui.states import SIGNS, ShownState, StatusLevel, states
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

STYLES = {
    StatusLevel.GOOD: (Ink.STRONG, Ground.NOTICE),
    StatusLevel.HEED: (Ink.WARN, Ground.NOTICE),
    StatusLevel.BAD: (Ink.LOUD, Ground.HIGH),
    StatusLevel.UNKNOWN: (Ink.UNSURE, Ground.UNKNOWN),
    StatusLevel.PLAIN: (Ink.MUTED, Ground.NOTICE),
}
_URGENCY = (StatusLevel.BAD, StatusLevel.UNKNOWN, StatusLevel.HEED, StatusLevel.GOOD, StatusLevel.PLAIN)
PROMPTS = {
    Stage.REQUESTED: mark("► ARM? press ENTER"),
    Stage.CONFIRMED: mark("► arming"),
    Stage.REFUSED: mark("✖ NOT ARMED: refused"),
}


def _text(state: ShownState) -> str:
    return f"{SIGNS[state.level]} {state.name} {state.words}"


def _fitting(found: list[ShownState], width: int) -> list[ShownState]:
    """Return those of ``found`` that are whole in ``width`` cells, in their order; a worse one goes before a better."""
    kept: list[ShownState] = []
    for state in sorted(found, key=lambda state: _URGENCY.index(state.level)):
        if sum(cell_len(_text(each)) + 2 for each in (*kept, state)) <= width:
            kept.append(state)
    return [state for state in found if state in kept]


class StatesLine(Panel):
    """Each state with sign and word; a state that is not known is grey, a bad one inverted."""

    DEFAULT_CSS = "StatesLine { height: 1; }"
    GROUND = Ground.NOTICE

    stage = Stage.NONE
    silent = False

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the states, and why the stimulator was not armed."""
        return states(snapshot), snapshot.stimulator and snapshot.stimulator.why

    def show_stage(self, stage: Stage, *, silent: bool) -> None:
        """Show the stage of arming, and whether the engine is silent."""
        if (stage, silent) != (self.stage, self.silent):
            self.stage, self.silent = stage, silent
            self.redraw()

    def paint(self, canvas: Canvas) -> None:
        """Draw the states in their order; the stimulator stands at the right and is never cut."""
        if self.snapshot is None:
            return
        *others, stimulator = states(self.snapshot, silent=self.silent)
        end = self._paint_stimulator(canvas, stimulator, self.snapshot)
        column = 1
        for state in _fitting(others, end - 1):
            column = canvas.write(0, column, _text(state), *STYLES[state.level]) + 2

    def _paint_stimulator(self, canvas: Canvas, state: ShownState, snapshot: Snapshot) -> int:
        """Draw the stimulator's state at the right; return the column it begins at."""
        armed = snapshot.stimulator is not None and snapshot.stimulator.armed
        if self.stage in PROMPTS and not armed and not self.silent:
            why = snapshot.stimulator.why if snapshot.stimulator and self.stage is Stage.REFUSED else None
            refused = tr("✖ NOT ARMED: {why}", why=recorded(clean(why or "")))
            text = f" {refused if why else tr(PROMPTS[self.stage])} "
            return canvas.write_right(0, canvas.width, beginning(text, canvas.width), Ink.DARK, Ground.PROMPT)
        if armed and not self.silent:
            return canvas.write_right(0, canvas.width, f" ◉ {state.name} {state.words} ", Ink.DARK, Ground.CHIP)
        ink, ground = STYLES[state.level]
        text = f" {SIGNS[state.level]} {state.name} {state.words} "
        return canvas.write_right(0, canvas.width, text, ink, ground)
