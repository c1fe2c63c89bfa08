"""The line with the question whether to leave, after the first press of a key that leaves."""

from __future__ import annotations

from collections.abc import Hashable

from guidance.contracts.snapshot import Snapshot
from guidance.language import tr
from guidance.ui.arming import CONFIRM_WITHIN_S
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel


class LeaveLine(Panel):
    """A line that is hidden until a key that leaves is pressed."""

    DEFAULT_CSS = "LeaveLine { height: 1; display: none; }"
    GROUND = Ground.PROMPT

    question = ""

    def show_question(self, key: str, does: str) -> None:
        """Show that a second press of ``key`` does what ``does`` names; hide the line if ``key`` is empty."""
        question = tr(
            "► {shout}? press {key} again within {seconds} s to {does}; other keys cancel",
            shout=does.upper(),
            key=key,
            seconds=f"{CONFIRM_WITHIN_S:g}",
            does=does,
        )
        question = question if key else ""
        if question != self.question:
            self.question, self.display = question, bool(question)
            self.redraw()

    def key(self, _snapshot: Snapshot) -> Hashable:
        """Return None: the Snapshot is not drawn."""
        return None

    def paint(self, canvas: Canvas) -> None:
        """Write the question."""
        canvas.write(0, 1, beginning(self.question, canvas.width - 2), Ink.DARK)
