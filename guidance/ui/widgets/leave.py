"""One line that asks whether to leave, after the first press of the key that does."""

from __future__ import annotations

from collections.abc import Hashable

from guidance.contracts.snapshot import Snapshot
from guidance.ui.arming import CONFIRM_WITHIN_S
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel


class LeaveLine(Panel):
    """Hidden until a key asks."""

    DEFAULT_CSS = "LeaveLine { height: 1; display: none; }"
    GROUND = Ground.PROMPT

    question = ""

    def show_question(self, key: str, does: str) -> None:
        """Ask to press ``key`` again, which then ``does`` something; hide without one."""
        question = f"► {does.upper()}? press {key} again within {CONFIRM_WITHIN_S:g} s to {does}; any other key stays"
        question = question if key else ""
        if question != self.question:
            self.question, self.display = question, bool(question)
            self.redraw()

    def key(self, _snapshot: Snapshot) -> Hashable:
        """Nothing of the Snapshot is drawn."""
        return None

    def paint(self, canvas: Canvas) -> None:
        """Write the question."""
        canvas.write(0, 1, beginning(self.question, canvas.width - 2), Ink.DARK)
