"""What a terminal shows that is too small for a page: that it is, the zone, and whether the stimulator is armed."""

from __future__ import annotations

from collections.abc import Hashable

from guidance.contracts.snapshot import Snapshot
from guidance.language import tr
from guidance.ui.estimate import is_guided
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.estimated import Estimated
from guidance.ui.zones import ZONES

LEAST_COLUMNS, LEAST_ROWS = 60, 20
"""The smallest terminal in which every page is whole; tests/guidance/ui/test_nothing_is_cut.py checks it."""


class TooSmall(Estimated):
    """A few lines that stand for the page; the alarms, the stimulator's state and the key that stops stay in sight."""

    DEFAULT_CSS = "TooSmall { height: 1fr; display: none; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return whether anything guides."""
        return is_guided(snapshot)

    def paint(self, canvas: Canvas) -> None:
        """Draw the zone first, then the size needed: the first lines stay where rows are few."""
        lines = [*self._zone_lines(), (_needed(), Ink.WARN, None)]
        columns, rows = self.app.size
        lines.append((tr("it is {columns} x {rows}; enlarge it", columns=columns, rows=rows), Ink.TEXT, None))
        for row, (text, ink, ground) in enumerate(lines):
            canvas.write(row, 1, beginning(text, canvas.width - 1), ink, ground)

    def _zone_lines(self) -> list[tuple[str, Ink, Ground | None]]:
        """Return the zone in words, or why it is not known; nothing where nothing guides."""
        if self.snapshot is None or not is_guided(self.snapshot):
            return []
        if self.estimate.why is not None:
            return [(f" {tr('zone UNKNOWN: {why}', why=tr(self.estimate.why))} ", Ink.STRONG, Ground.UNKNOWN)]
        zone = ZONES.get(self.estimate.zone or "")
        if zone is None:
            return [(f" {tr('zone NO RESPONSE')} ", Ink.STRONG, Ground.UNKNOWN)]
        return [(f" {tr('zone {word}', word=zone.word)} ", zone.on_now, zone.now)]


def _needed() -> str:
    return tr("TOO SMALL: needs {columns} x {rows}", columns=LEAST_COLUMNS, rows=LEAST_ROWS)
