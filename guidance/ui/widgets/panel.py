"""What every part of the screen is: a rectangle that draws the newest Snapshot when that changed what it shows."""

from __future__ import annotations

from collections.abc import Hashable

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from guidance.snapshot import Snapshot
from guidance.ui.raster import Canvas
from guidance.ui.theme import Ground, Ink

GUTTER = 8
"""Columns left of every plot, for its labels: all plots begin at the same column."""


class Panel(Widget):
    """A Widget drawn line by line from a Canvas that is kept until something on it changes."""

    ALLOW_SELECT = False
    GROUND = Ground.BASE

    def __init__(self) -> None:
        super().__init__()
        self.snapshot: Snapshot | None = None
        self._key: Hashable = None
        self._lines: list[Strip] = []
        self._canvas: Canvas | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Take the newest Snapshot; redraw if it differs in what this panel draws."""
        self.snapshot = snapshot
        key = self.key(snapshot)
        if key != self._key:
            self._key = key
            self.redraw()

    def redraw(self) -> None:
        """Draw anew at the next refresh; where the size stays, only what changed goes to the terminal."""
        before = self._canvas
        if before is None or (before.width, before.height) != self.size:
            self._lines, self._canvas = [], None
            self.refresh()
            return
        canvas = self._painted()
        changes = canvas.changes(before)
        if changes:
            self.refresh(*(Region(first, row, last - first + 1, 1) for row, first, last in changes))

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what the picture depends on; by default, the Snapshot itself."""
        return snapshot

    def paint(self, canvas: Canvas) -> None:
        """Draw ``self.snapshot`` (None before the first) onto an empty canvas of the panel's size."""
        raise NotImplementedError

    def on_resize(self) -> None:
        """Draw anew in the new size."""
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """Line ``y`` of the picture, painted once for all lines."""
        if len(self._lines) != self.size.height:
            self._painted()
        return self._lines[y]

    def _painted(self) -> Canvas:
        self._canvas = Canvas(self.size.width, self.size.height, self.GROUND)
        self.paint(self._canvas)
        self._lines = self._canvas.strips()
        return self._canvas


def gutter_label(canvas: Canvas, row: int, text: str, ink: int = Ink.MUTED) -> None:
    """Write ``text`` right-aligned into the gutter."""
    canvas.write_right(row, GUTTER - 1, text, ink)
