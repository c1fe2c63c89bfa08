"""Panels painted on a canvas, and text from outside that a terminal could obey."""

from __future__ import annotations

from guidance.contracts.snapshot import Snapshot
from guidance.ui.estimate import ShownEstimate
from guidance.ui.raster import Canvas
from guidance.ui.widgets.estimated import Estimated
from guidance.ui.widgets.panel import Panel

HOSTILE = "\x1b[2J[red]x[/]\x07\r\n\x9b\u202e$n"
OBEYED = set("\x1b\x07\x9b\r\u202e")


def drawn(panel: Panel, snapshot: Snapshot | None, width: int = 100, height: int = 14) -> str:
    """Return the text of a panel of that size, line by line."""
    panel.snapshot = snapshot
    canvas = Canvas(width, height)
    panel.paint(canvas)
    return "\n".join(strip.text for strip in canvas.strips())


def canvas_of(panel: Estimated, estimate: ShownEstimate, size: tuple[int, int]) -> Canvas:
    panel.estimate = estimate
    canvas = Canvas(*size)
    panel.paint(canvas)
    return canvas
