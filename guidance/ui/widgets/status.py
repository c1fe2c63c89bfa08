"""Counts and signal quality in one line."""

from __future__ import annotations

from collections.abc import Hashable

from guidance.contracts.snapshot import Snapshot
from guidance.language import tr
from guidance.ui.raster import Canvas
from guidance.ui.text import UNKNOWN, beginning
from guidance.ui.theme import Ink
from guidance.ui.widgets.panel import Panel


class StatusLine(Panel):
    """Stimuli, sweeps, responses, lost samples, noise and mains; at the right, the operator's last note."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    noted = ""

    def note(self, noted: str) -> None:
        """Show the operator's last note."""
        self.noted = noted
        self.redraw()

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the figures."""
        return tuple(_figures(snapshot))

    def paint(self, canvas: Canvas) -> None:
        """Draw the line; a figure that does not fit is left out."""
        if self.snapshot is None:
            return
        column, end = 1, canvas.width
        if self.noted:
            end = canvas.write_right(0, canvas.width - 1, beginning(self.noted, canvas.width - 2), Ink.ONSET) - 2
        for label, value, ink in _figures(self.snapshot):
            if column + len(label) + 1 + len(value) > end:
                return
            column = canvas.write(0, column, f"{label} ", Ink.MUTED)
            column = canvas.write(0, column, value, ink) + 2


def _figures(snapshot: Snapshot) -> list[tuple[str, str, Ink]]:
    lost, depth_mm = snapshot.lost_samples, snapshot.needle_depth_mm
    return [
        *([] if depth_mm is None else [(tr("needle"), tr("{mm} mm in", mm=f"{depth_mm:.1f}"), Ink.STRONG)]),
        (tr("stimuli"), str(snapshot.stimuli), Ink.STRONG),
        (tr("sweeps", context="status"), str(snapshot.responses), Ink.STRONG),
        (tr("responses"), str(snapshot.detections), Ink.STRONG),
        (tr("lost"), f"{lost}!" if lost else "0", Ink.WARN if lost else Ink.STRONG),
        (tr("noise"), *_microvolts(snapshot.rms_uv if snapshot.connected else None)),
        (tr("mains"), *_microvolts(snapshot.mains_uv if snapshot.connected else None)),
    ]


def _microvolts(value_uv: float | None) -> tuple[str, Ink]:
    return (UNKNOWN, Ink.UNSURE) if value_uv is None else (f"{value_uv:.1f} µV", Ink.STRONG)
