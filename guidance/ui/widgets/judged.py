"""One line of what the protocol says: what the newest response may be, and which of its numbers have no source."""

from __future__ import annotations

from collections.abc import Hashable

from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ink
from guidance.ui.widgets.panel import Panel

_EXPECTED = "expected"
_LEAST_FOR_SOURCES = 30
"""Rows of a screen that can spare one to say what is unsourced; the first page says it in any."""


class LatencyLine(Panel):
    """Takes its line when there is something to say, and keeps it, or the layout would jump."""

    DEFAULT_CSS = "LatencyLine { height: 1; display: none; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Redrawn when either part differs."""
        return _judgement(snapshot), snapshot.unsourced

    def prepare(self, snapshot: Snapshot) -> None:
        """From the first thing said on, the line stays."""
        if _judgement(snapshot)[0] or (snapshot.unsourced and self.screen.size.height >= _LEAST_FOR_SOURCES):
            self.display = True

    def paint(self, canvas: Canvas) -> None:
        """Draw the judgement; then, as far as there is room, what is unsourced."""
        if self.snapshot is None:
            return
        note, is_odd = _judgement(self.snapshot)
        unsourced = self.snapshot.unsourced
        whole, count = f"unsourced: {clean(', '.join(unsourced))}", f"{len(unsourced)} unsourced"
        right = canvas.width - 1
        if unsourced:
            fits = cell_len(note) + cell_len(whole) + 4 <= canvas.width
            right = canvas.write_right(0, right, whole if fits else count, Ink.MUTED) - 2
        canvas.write(0, 1, beginning(note, right - 1), Ink.WARN if is_odd else Ink.MUTED)


def _judgement(snapshot: Snapshot) -> tuple[str, bool]:
    """What the newest sweep's response may be, in words, and whether that is not what is sought."""
    newest = snapshot.sweeps[-1] if snapshot.sweeps else None
    if newest is None or not newest.note:
        return "", False
    return clean(newest.note), newest.judged != _EXPECTED
