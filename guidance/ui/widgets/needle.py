"""The needle's own EMG in two lines: the requested effort and the pattern, and what to do next."""

from __future__ import annotations

from collections.abc import Hashable

from guidance.common.text import clean
from guidance.contracts.snapshot import NeedleView, Snapshot
from guidance.language import mark, recorded, tr, trn
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_PLATE = mark(" ◎ AT THE END-PLATE ZONE ")
_CHANGES = {"sharper": (mark(" ▲ SHARPER "), Ground.YES), "duller": (mark(" ▼ DULLER "), Ground.CHIP)}


class NeedlePanel(Panel):
    """Two lines that appear if the needle's own EMG guides, and stay."""

    DEFAULT_CSS = "NeedlePanel { height: 2; display: none; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the view, and whether the tip is at the end-plate zone."""
        return snapshot.needle, _is_at_plate(snapshot)

    def prepare(self, snapshot: Snapshot) -> None:
        """Show the lines from the first view on."""
        if snapshot.needle is not None:
            self.display = True

    def paint(self, canvas: Canvas) -> None:
        """Draw effort, change of sharpness, pattern and advice."""
        if self.snapshot is None or self.snapshot.needle is None:
            return
        view, end = self.snapshot.needle, canvas.width - 1
        column = canvas.write(0, 1, f" {_effort_text(view)} ", Ink.DARK, Ground.CHIP)
        if _is_at_plate(self.snapshot) and column + len(tr(_PLATE)) < end:
            column = canvas.write(0, column + 1, tr(_PLATE), Ink.STRONG, Ground.YES)
        if view.change in _CHANGES:
            word, ground = _CHANGES[view.change]
            if column + len(tr(word)) < end:
                column = canvas.write(0, column + 1, tr(word), Ink.STRONG if ground is Ground.YES else Ink.DARK, ground)
        canvas.write(0, column + 1, beginning(_pattern_text(view), max(end - column - 1, 0)), Ink.TEXT)
        ink = Ink.WARN if view.fits is False else Ink.TEXT
        canvas.write(1, 1, beginning(recorded(clean(view.text)), max(end - 1, 0)), ink)


def _effort_text(view: NeedleView) -> str:
    """Return the requested effort, and the movement unless it is rest."""
    if view.phase is None:
        phases = ", ".join(map(recorded, view.phases))
        return tr("NEEDLE EMG: request {phases}", phases=phases) if phases else tr("NEEDLE EMG")
    movement = "" if view.phase == "rest" or not view.requested else f": {recorded(clean(view.requested))}"
    return f"{recorded(view.phase).upper()}{movement}"


def _pattern_text(view: NeedleView) -> str:
    if view.pattern is None:
        return tr("listening")
    return trn(
        "{pattern}, {potentials} potentials per s, {count} motor unit",
        "{pattern}, {potentials} potentials per s, {count} motor units",
        view.units,
        pattern=recorded(view.pattern),
        potentials=f"{view.potentials_per_s:.0f}",
    )


def _is_at_plate(snapshot: Snapshot) -> bool:
    return snapshot.proximity is not None and snapshot.proximity.place == "end-plate"
