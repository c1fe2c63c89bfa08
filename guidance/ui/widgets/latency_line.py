"""One line from the protocol: what the newest response may be, and which of the protocol's numbers have no source."""

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
"""Rows of a screen that has one to spare for the numbers without a source; the first page always counts them."""


class LatencyLine(Panel):
    """A line that appears with its first text and stays, so that the layout does not jump."""

    DEFAULT_CSS = "LatencyLine { height: 1; display: none; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the verdict on the latency, and the numbers without a source."""
        return _verdict(snapshot), snapshot.unsourced

    def prepare(self, snapshot: Snapshot) -> None:
        """Show the line from its first text on."""
        if _verdict(snapshot)[0] or (snapshot.unsourced and self.screen.size.height >= _LEAST_FOR_SOURCES):
            self.display = True

    def paint(self, canvas: Canvas) -> None:
        """Draw the verdict; then, if there is room, the numbers without a source."""
        if self.snapshot is None:
            return
        note, is_odd = _verdict(self.snapshot)
        unsourced = self.snapshot.unsourced
        whole, count = f"unsourced: {clean(', '.join(unsourced))}", f"{len(unsourced)} unsourced"
        right = canvas.width - 1
        if unsourced:
            fits = cell_len(note) + cell_len(whole) + 4 <= canvas.width
            right = canvas.write_right(0, right, whole if fits else count, Ink.MUTED) - 2
        canvas.write(0, 1, beginning(note, right - 1), Ink.WARN if is_odd else Ink.MUTED)


def _verdict(snapshot: Snapshot) -> tuple[str, bool]:
    """Return in words what the newest response may be, and whether it is not the expected one."""
    newest = snapshot.sweeps[-1] if snapshot.sweeps else None
    if newest is None or not newest.note:
        return "", False
    return clean(newest.note), newest.judged != _EXPECTED
