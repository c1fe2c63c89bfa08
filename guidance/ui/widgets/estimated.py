"""What the gauge and the zone have in common: they draw the ShownEstimate, and look unknown in the same way."""

from __future__ import annotations

from collections.abc import Hashable

from guidance.contracts.snapshot import Snapshot
from guidance.ui.estimate import ShownEstimate
from guidance.ui.raster import Canvas
from guidance.ui.theme import NO_VALUE, Ink
from guidance.ui.widgets.panel import Panel

NOTHING = ShownEstimate(why="no response yet")


class Estimated(Panel):
    """A Panel that draws a ShownEstimate in place of the Snapshot."""

    estimate = NOTHING

    def show_estimate(self, estimate: ShownEstimate) -> None:
        """Take the newest estimate; redraw if it differs."""
        if estimate != self.estimate:
            self.estimate = estimate
            self.redraw()

    def key(self, _snapshot: Snapshot) -> Hashable:
        """Nothing of the Snapshot itself is drawn."""
        return None


def hatch(canvas: Canvas, rows: slice, columns: slice) -> None:
    """Fill a rectangle the way the unknown looks."""
    canvas.fill(rows, columns, NO_VALUE, Ink.FAINT)
