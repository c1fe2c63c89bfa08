"""The dose in one line: the share of the limit given, what is left, how long ago, and what to do next."""

from __future__ import annotations

from collections.abc import Hashable

from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.task_views import DoseView
from guidance.dose.formatting import left, percent
from guidance.language import mark, recorded, tr
from guidance.ui.raster import Canvas
from guidance.ui.text import UNKNOWN, beginning, clock
from guidance.ui.theme import Ink
from guidance.ui.widgets.panel import Panel

_WORDS = {"warning": mark("80 % PASSED"), "limit": mark("LIMIT REACHED"), "over": mark("OVER THE LIMIT")}


class DoseLine(Panel):
    """A line that appears with the first dose plan or dose and stays, so that the layout does not jump."""

    DEFAULT_CSS = "DoseLine { height: 1; display: none; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the dose, and how long ago the last one was."""
        return snapshot.dose, *timers(snapshot)

    def prepare(self, snapshot: Snapshot) -> None:
        """Show the line from the first dose on."""
        if snapshot.dose is not None:
            self.display = True

    def paint(self, canvas: Canvas) -> None:
        """Draw the figures; at the right, if there is room, what to do next."""
        dose = self.snapshot.dose if self.snapshot else None
        if self.snapshot is None or dose is None:
            return
        ink = Ink.WARN if dose.level else Ink.STRONG
        column, is_whole = 1, True
        times = ((part, Ink.MUTED) for part in timers(self.snapshot) or (tr("none given yet"),))
        for part, part_ink in (*((part, ink) for part in _figures(dose)), *times):
            is_whole = is_whole and column + cell_len(part) < canvas.width
            if is_whole:
                column = canvas.write(0, column, part, part_ink) + 2
        column -= 2
        room = canvas.width - column - 3
        if dose.next_step and room >= 12:
            canvas.write_right(0, canvas.width - 1, beginning(recorded(clean(dose.next_step)), room), Ink.ONSET)


def _figures(dose: DoseView) -> list[str]:
    """Return the figures, the most important first: what does not fit is left out from the end."""
    parts = [tr("dose  {share}", share=_fraction(dose)), *filter(None, [tr(_WORDS.get(dose.level, ""))])]
    parts += [] if dose.left_ml is None else [tr("left {amount}", amount=left(dose.left_ml))]
    return [*parts, volume_words(dose), *(f"{clean(drug)} {mg:g} mg" for drug, mg in dose.total_mg)]


def volume_words(dose: DoseView) -> str:
    """Return the volume given, and the upper end of the protocol's where there is one."""
    if dose.most_ml is None:
        return f"{dose.volume_ml:g} mL"
    return tr("{ml} of {most} mL", ml=f"{dose.volume_ml:g}", most=f"{dose.most_ml:g}")


def _fraction(dose: DoseView) -> str:
    if dose.fraction is not None:
        return percent(dose.fraction)
    return f"{UNKNOWN} %" if dose.at_least is None else tr("at least {share}", share=percent(dose.at_least))


def timers(snapshot: Snapshot) -> tuple[str, ...]:
    """Return how long ago the last aliquot, the block's first aliquot and the last aspiration were, to the second."""
    dose = snapshot.dose
    if dose is None:
        return ()
    times = (
        (mark("last {time} ago"), dose.last_dose_t),
        (mark("block {time} ago"), dose.first_dose_t),
        (mark("aspirated {time} ago"), dose.aspirated_t),
    )
    return tuple(tr(words, time=clock(float(int(snapshot.t - t)))[:-2]) for words, t in times if t is not None)
