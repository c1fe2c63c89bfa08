"""A page that may be longer than its place: it is drawn whole, and a part of it is shown, with what is left."""

from __future__ import annotations

from abc import abstractmethod

from guidance.language import tr
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_MOST_ROWS = 200
"""Rows of the longest page, in the narrowest terminal, with room to spare."""


class ScrolledPage(Panel):
    """A Panel of which ``scroll`` shows the rest. No row is lost: the last line names the rows in sight."""

    _first = 0

    @abstractmethod
    def paint_whole(self, canvas: Canvas, height: int) -> int:
        """Draw the whole page from the top of ``canvas``, of which ``height`` rows fit at a time; return its rows."""

    def scroll(self, rows: int) -> None:
        """Show the page ``rows`` further down (up: below 0), as far as there is more."""
        self._first += rows
        self.redraw()

    def paint(self, canvas: Canvas) -> None:
        """Draw the part in sight."""
        whole = Canvas(canvas.width, _MOST_ROWS)
        used = min(self.paint_whole(whole, canvas.height), _MOST_ROWS)
        if used <= canvas.height:
            self._first = 0
            canvas.paste(0, whole, 0, used)
            return
        shown = max(canvas.height - 1, 1)
        self._first = min(max(self._first, 0), used - shown)
        canvas.paste(0, whole, self._first, shown)
        if canvas.height > 1:
            canvas.shade(Ground.CHIP, slice(canvas.height - 1, canvas.height))
            more = tr(
                "↑ ↓ more: lines {first} to {last} of {all}", first=self._first + 1, last=self._first + shown, all=used
            )
            canvas.write(canvas.height - 1, 1, beginning(more, canvas.width - 1), Ink.DARK)
