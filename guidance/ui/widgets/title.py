"""The top line: the procedure shown, its position in time, and whether it runs."""

from __future__ import annotations

import math

from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.language import mark, recorded, tr
from guidance.ui.pages import ScreenPage, order, shown_title
from guidance.ui.raster import Canvas
from guidance.ui.states import StatusLevel, link_state
from guidance.ui.text import beginning, clock
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_SIMULATION = mark(" SIMULATION ")


class Title(Panel):
    """Whether it is a simulation; source, protocol, side, patient, mode; position and speed; the pages, progress."""

    DEFAULT_CSS = "Title { height: 2; }"

    def __init__(self, *, is_observer: bool = False) -> None:
        super().__init__()
        self._is_observer = is_observer
        self._ending = self._silent = False
        self._page: ScreenPage | None = None

    def show_silence(self, *, silent: bool) -> None:
        """Show whether the engine is silent; what is shown is then old."""
        if silent != self._silent:
            self._silent = silent
            self.redraw()

    def show_ending(self) -> None:
        """Show that the operator requested the end and the engine has not ended yet."""
        self._ending = True
        self.redraw()

    def turn_to(self, page: ScreenPage) -> None:
        """Show ``page`` as the current one."""
        self._page = page
        self.redraw()

    def paint(self, canvas: Canvas) -> None:
        """Draw both lines."""
        canvas.fill(slice(1, 2), slice(None), "─", Ink.FAINT)
        if self.snapshot is None:
            canvas.write(0, 1, tr("Waiting for the engine"), Ink.MUTED)
            return
        left = self._paint_state(canvas, self.snapshot)
        self._paint_names(canvas, self.snapshot, left - 3)
        _paint_progress(canvas, self.snapshot)
        if canvas.height > 1 and self.snapshot.training is None:
            self._paint_pages(canvas, self.snapshot)

    def _paint_state(self, canvas: Canvas, snapshot: Snapshot) -> int:
        word = f" {self._state_word(snapshot)} "
        ground = Ground.CHIP if self._is_still(snapshot) else Ground.NOTICE
        ink = Ink.DARK if self._is_still(snapshot) else Ink.STRONG
        left = canvas.write_right(0, canvas.width - 1, word, ink, ground)
        if snapshot.duration_s is not None:
            left = canvas.write_right(0, left - 1, f" / {clock(snapshot.duration_s)}", Ink.MUTED)
            return canvas.write_right(0, left, clock(snapshot.position_s), Ink.STRONG)
        return canvas.write_right(0, left - 1, clock(snapshot.position_s), Ink.STRONG)

    def _is_still(self, snapshot: Snapshot) -> bool:
        return snapshot.paused or snapshot.ended is not None or self._ending or bool(self._not_live(snapshot))

    def _state_word(self, snapshot: Snapshot) -> str:
        if snapshot.ended is not None:
            return tr("ENDED: {why}", why=beginning(recorded(clean(snapshot.ended)), 24))
        if self._ending:
            return tr("ENDING")
        if not_live := self._not_live(snapshot):
            return not_live
        if self._is_observer and snapshot.live:
            return tr("OBSERVER")
        return tr("PAUSED") if snapshot.paused else _speed_word(snapshot)

    def _not_live(self, snapshot: Snapshot) -> str:
        """Return why a live procedure shows nothing new now; empty where it does."""
        if self._silent:
            return tr("NO DATA")
        link = link_state(snapshot)
        return f"{link.name} {link.words}".upper() if link.level is StatusLevel.BAD else ""

    def _paint_names(self, canvas: Canvas, snapshot: Snapshot, width: int) -> None:
        left = 1
        if canvas.height == 1 and self._page is not None:
            left = canvas.write(0, 0, f" {shown_title(self._page).upper()} ", Ink.DARK, Ground.CHIP) + 1
        if snapshot.simulated:
            left = canvas.write(0, left - 1, tr(_SIMULATION), Ink.STRONG, Ground.SIMULATION) + 1
        named = (snapshot.protocol, recorded(snapshot.side or ""), snapshot.patient, snapshot.mode)
        rest = "  ".join(clean(name) for name in named if name)
        source = beginning(clean(snapshot.source), max(width - left - cell_len(rest) - 2, 12))
        column = canvas.write(0, left, source, Ink.STRONG)
        canvas.write(0, column + 2, beginning(rest, width - column - 2), Ink.MUTED)

    def _paint_pages(self, canvas: Canvas, snapshot: Snapshot) -> None:
        """Draw the pages in their order, with the current one marked."""
        column = 2
        for page in order(snapshot):
            here = page is self._page
            text = f" {shown_title(page).upper() if here else shown_title(page)} "
            if column + len(text) + 2 > canvas.width:
                return
            column = canvas.write(1, column, text, Ink.DARK if here else Ink.MUTED, Ground.CHIP if here else None)
            column = canvas.write(1, column, "─", Ink.FAINT)


def _speed_word(snapshot: Snapshot) -> str:
    if snapshot.live:
        return tr("live")
    return tr("fast") if snapshot.speed is None or math.isinf(snapshot.speed) else f"{snapshot.speed:g}x"


def _paint_progress(canvas: Canvas, snapshot: Snapshot) -> None:
    if snapshot.duration_s:
        done = min(snapshot.position_s / snapshot.duration_s, 1.0)
        canvas.fill(slice(1, 2), slice(0, round(done * canvas.width)), "━", Ink.RULE)
