"""What the gauge and the zone have in common: both draw the ShownEstimate, and hatch what is not known."""

from __future__ import annotations

from collections.abc import Hashable

from guidance.contracts.snapshot import Snapshot
from guidance.language import mark
from guidance.ui.estimate import ShownEstimate
from guidance.ui.raster import Canvas
from guidance.ui.theme import NO_VALUE, Ink
from guidance.ui.widgets.panel import Panel

NOTHING = ShownEstimate(why=mark("no response yet"))


class Estimated(Panel):
    """A Panel that draws a ShownEstimate instead of the Snapshot."""

    estimate = NOTHING

    def show_estimate(self, estimate: ShownEstimate) -> None:
        """Store the newest estimate; redraw if it differs."""
        if estimate != self.estimate:
            self.estimate = estimate
            self.redraw()

    def key(self, _snapshot: Snapshot) -> Hashable:
        """Return None: the Snapshot itself is not drawn."""
        return None


def hatch(canvas: Canvas, rows: slice, columns: slice) -> None:
    """Fill a rectangle with the pattern of what is not known."""
    canvas.fill(rows, columns, NO_VALUE, Ink.FAINT)
