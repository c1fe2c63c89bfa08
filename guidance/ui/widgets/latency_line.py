"""One line from the protocol: what the newest response may be, and what the patient's disease changes in it."""

from __future__ import annotations

from collections.abc import Hashable

from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.language import recorded
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ink
from guidance.ui.widgets.panel import Panel

_EXPECTED = "expected"


class LatencyLine(Panel):
    """A line that appears with its first text and stays, so that the layout does not jump."""

    DEFAULT_CSS = "LatencyLine { height: 1; display: none; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the verdict on the latency, and the cautions."""
        return _verdict(snapshot), snapshot.cautions

    def prepare(self, snapshot: Snapshot) -> None:
        """Show the line from its first text on."""
        if _verdict(snapshot)[0] or snapshot.cautions:
            self.display = True

    def paint(self, canvas: Canvas) -> None:
        """Draw the verdict; at the right, as far as there is room, the cautions, the most important first."""
        if self.snapshot is None:
            return
        note, is_odd = _verdict(self.snapshot)
        cautions = "  ".join(recorded(clean(caution)) for caution in self.snapshot.cautions)
        right = canvas.width - 1
        if cautions:
            room = canvas.width - (cell_len(note) + 4 if note else 2)
            right = canvas.write_right(0, right, beginning(cautions, max(room, canvas.width // 3)), Ink.WARN) - 2
        canvas.write(0, 1, beginning(note, right - 1), Ink.WARN if is_odd else Ink.MUTED)


def _verdict(snapshot: Snapshot) -> tuple[str, bool]:
    """Return in words what the newest response may be, and whether it is not the expected one."""
    newest = snapshot.sweeps[-1] if snapshot.sweeps else None
    if newest is None or not newest.note:
        return "", False
    return recorded(clean(newest.note)), newest.judged != _EXPECTED
