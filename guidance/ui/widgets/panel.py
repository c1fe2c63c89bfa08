"""The base of every part of the screen: a rectangle that draws the newest Snapshot when its picture changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from functools import partial
from textwrap import wrap
from typing import ParamSpec

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.language import tr
from guidance.ui.fault_file import LOGGER
from guidance.ui.raster import Canvas
from guidance.ui.theme import Ground, Ink

GUTTER = 8
"""Columns at the left of every plot for its labels, so that all plots begin at the same column."""

_MOST_LOGGED = 100
"""Most faults of one panel that are logged: one whose words change with every frame must not fill the disk."""
_log = logging.getLogger(LOGGER)

P = ParamSpec("P")


class Panel(Widget):
    """A Widget drawn line by line from a Canvas, which stays until something on it changes.

    A fault in one of its steps is shown in its place with its name, and logged; the rest of the screen goes on.
    """

    ALLOW_SELECT = False
    GROUND = Ground.BASE

    def __init__(self) -> None:
        super().__init__()
        self.snapshot: Snapshot | None = None
        self.fault = ""
        """The sentence shown instead of the picture since the last Snapshot; empty without a fault."""
        self._logged: set[str] = set()
        self._key: Hashable = None
        self._lines: list[Strip] = []
        self._canvas: Canvas | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Store the newest Snapshot; redraw if this panel's part of it differs, or after a fault."""
        had_fault, before = bool(self.fault), self._key
        self.fault, self.snapshot = "", snapshot
        received = self._contained(self._receive, snapshot)
        if had_fault or not received or self._key != before:
            self.redraw()

    def _receive(self, snapshot: Snapshot) -> None:
        self.prepare(snapshot)
        self._key = self.key(snapshot)

    def prepare(self, snapshot: Snapshot) -> None:
        """Do what ``snapshot`` requires besides drawing; by default, nothing."""

    def redraw(self) -> None:
        """Draw again at the next refresh; if the size is the same, only what changed goes to the terminal."""
        if not self._contained(self.fit) or self.fault:
            self._contained(self.fit_fault)
        before = self._canvas
        if before is None or (before.width, before.height) != self.size:
            self._lines, self._canvas = [], None
            self.refresh()
            return
        canvas = self._painted()
        changes = canvas.changes(before)
        if changes:
            self.refresh(*(Region(first, row, last - first + 1, 1) for row, first, last in changes))

    def fit(self) -> None:
        """Set the size that the picture needs; by default, the layout's."""

    def fit_fault(self) -> None:
        """Set the size that a fault needs; by default, the layout's."""

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what the picture depends on; by default, the Snapshot itself."""
        return snapshot

    def paint(self, canvas: Canvas) -> None:
        """Draw ``self.snapshot`` (None before the first) onto an empty canvas of the panel's size."""
        raise NotImplementedError

    @property
    def width_to_fit(self) -> int:
        """The width that the panel has or, while it is hidden and has none, the terminal's."""
        return self.size.width or (self.app.size.width if self.is_attached else 0)

    def on_resize(self) -> None:
        """Draw again in the new size."""
        self.redraw()

    def paint_fault(self, canvas: Canvas) -> None:
        """Draw ``self.fault`` instead of the picture."""
        canvas.shade(Ground.HIGH, ink=Ink.LOUD)
        for row, line in enumerate(wrap(self.fault, max(canvas.width, 1))):
            canvas.write(row, 0, line, Ink.LOUD)

    def render_line(self, y: int) -> Strip:
        """Return line ``y`` of the picture, which is painted once for all lines."""
        if len(self._lines) != self.size.height:
            self._painted()
        return self._lines[y]

    def _painted(self) -> Canvas:
        """Paint the picture; if it or a step before it failed, the fault, in the plainest way last."""
        ways = (self.paint, self.paint_fault, partial(Panel.paint_fault, self))
        for way in ways[1:] if self.fault else ways:
            self._canvas = canvas = Canvas(self.size.width, self.size.height, self.GROUND)
            if self._contained(way, canvas):
                break
        self._lines = canvas.strips()
        return canvas

    def _contained(self, step: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Run ``step``; return whether it succeeded. The one place of the screen that catches every Exception."""
        try:
            step(*args, **kwargs)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the other panels, the alarms above all, stay in sight
            self._report(fault)
            return False
        return True

    def _report(self, fault: Exception) -> None:
        self.fault = clean(
            tr("display fault: {place} ({fault})", place=type(self).__name__, fault=f"{type(fault).__name__}: {fault}")
        )
        if self.fault not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(self.fault)
            _log.error("%s", self.fault, exc_info=fault)


def gutter_label(canvas: Canvas, row: int, text: str, ink: int = Ink.MUTED) -> None:
    """Write ``text`` right-aligned into the gutter."""
    canvas.write_right(row, GUTTER - 1, text, ink)
