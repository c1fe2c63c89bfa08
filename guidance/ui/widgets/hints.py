"""The keys of an exercise, in one line."""

from __future__ import annotations

from collections.abc import Hashable

from guidance.contracts.snapshot import Snapshot
from guidance.ui.raster import Canvas
from guidance.ui.text import shorten
from guidance.ui.theme import Ink
from guidance.ui.widgets.panel import Panel

_KEYS = (("space", "pause"), ("up down", "move the line"), ("a", "alarms seen"), ("q", "end"))
_SIMULATED = (("0-9", "effort"), ("left right", "second muscle"))


class Hints(Panel):
    """Which key does what; once it is over, that one leaves."""

    DEFAULT_CSS = "Hints { height: 1; dock: bottom; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Redrawn when other keys hold."""
        return snapshot.simulated, snapshot.paused, snapshot.ended

    def paint(self, canvas: Canvas) -> None:
        """Write them side by side."""
        if self.snapshot is None:
            return
        held = (*_KEYS, *(_SIMULATED if self.snapshot.simulated else ()))
        if self.snapshot.ended is not None:
            held = (("q", "leave"),)
        column = 1
        for name, meant in held:
            does = "go on" if meant == "pause" and self.snapshot.paused else meant
            if column + len(name) + len(does) + 1 > canvas.width:
                return
            column = canvas.write(0, column, name, Ink.STRONG) + 1
            column = canvas.write(0, column, shorten(does, canvas.width), Ink.MUTED) + 3
