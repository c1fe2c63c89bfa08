"""The stop moment before the block: every item with its answer, and the keys of the item at hand."""

from __future__ import annotations

from collections.abc import Hashable
from textwrap import wrap

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.contracts.task_views import StopItemView, StopMomentView
from guidance.language import mark, recorded, tr
from guidance.ui.raster import Canvas
from guidance.ui.text import beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.panel import Panel

_MARGIN = 2
_ANSWER = 46
_NOT_DONE = "not done"
_HEAD_ROWS, _FOOT_ROWS = 2, 2
_MOST_ROWS = 200
"""Rows of all items with their advice, in the narrowest terminal, with room to spare."""
_TITLE = mark("STOP BEFORE YOU BLOCK")


class StopPage(Panel):
    """The items, one a row; below the item at hand its answers by single keys, and what a guideline gives."""

    DEFAULT_CSS = "StopPage { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._chosen: str | None = None
        self._answered = -1

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the stop moment."""
        return snapshot.stop_moment

    def prepare(self, snapshot: Snapshot) -> None:
        """Go on to the next open item once one more is answered."""
        moment = snapshot.stop_moment
        answered = sum(item.answer is not None for item in moment.items) if moment else 0
        if answered != self._answered:
            self._chosen, self._answered = None, answered

    @property
    def item(self) -> StopItemView | None:
        """The item at hand: the chosen one, or the first without an answer; None once all are answered."""
        moment = self.snapshot.stop_moment if self.snapshot else None
        if moment is None:
            return None
        chosen = next((item for item in moment.items if item.key == self._chosen), None)
        return chosen or next((item for item in moment.items if item.answer is None), None)

    def move(self, step: int) -> None:
        """Choose the item ``step`` rows further down."""
        moment = self.snapshot.stop_moment if self.snapshot else None
        if moment is None:
            return
        keys = [item.key for item in moment.items]
        at = keys.index(self.item.key) if self.item else len(keys) - (step > 0)
        self._chosen = keys[min(max(at + step, 0), len(keys) - 1)]
        self.redraw()

    def paint(self, canvas: Canvas) -> None:
        """Draw title, items, and what is still open."""
        moment = self.snapshot.stop_moment if self.snapshot else None
        if moment is None or canvas.width < 40:
            return
        canvas.shade(Ground.CHIP, slice(1))
        canvas.write(0, _MARGIN, tr(_TITLE), Ink.DARK)
        whole, row, end = Canvas(canvas.width, _MOST_ROWS), 0, 0
        for item in moment.items:
            is_here = self.item is not None and item.key == self.item.key
            row = _paint_item(whole, row, item, is_here=is_here)
            end = row if is_here else end
        room = max(canvas.height - _HEAD_ROWS - _FOOT_ROWS, 1)
        canvas.paste(_HEAD_ROWS, whole, max(end - room, 0), min(room, row))  # the item at hand is always in sight
        _paint_foot(canvas, moment)


def _paint_item(canvas: Canvas, row: int, item: StopItemView, *, is_here: bool) -> int:
    """Draw one item from ``row`` on; return the row after it."""
    if item.answer is None:
        sign, ink = ("▸", Ink.WARN) if is_here else ("○", Ink.MUTED)
    else:
        sign, ink = ("✖", Ink.WARN) if item.answer == _NOT_DONE else ("✔", Ink.TARGET)
    canvas.write(row, _MARGIN, sign, ink)
    needed = " *" if item.is_required else ""
    end = canvas.width if item.answer is None else _ANSWER
    question = beginning(recorded(clean(item.question)), end - _MARGIN - 3 - len(needed))
    canvas.write(row, _MARGIN + 2, f"{question}{needed}", Ink.STRONG if is_here else Ink.TEXT)
    if item.answer is not None:
        words = ": ".join(filter(None, [recorded(clean(item.answer)), clean(item.detail)]))
        canvas.write(row, _ANSWER, beginning(words, canvas.width - _ANSWER - 1), Ink.STRONG)
    row += 1
    if is_here:
        row = _paint_choices(canvas, row, item)
    for line in wrap(recorded(clean(item.advice)), max(canvas.width - 2 * _MARGIN - 4, 20))[:3]:
        canvas.write(row, _MARGIN + 4, line, Ink.WARN if "ONLY" in item.advice else Ink.TEXT)
        row += 1
    return row


def _paint_choices(canvas: Canvas, row: int, item: StopItemView) -> int:
    column = _MARGIN + 4
    choices = [(str(number), recorded(words)) for number, (_, words, _) in enumerate(item.choices, 1)]
    for key, words in [*choices, *([] if item.is_required else [("x", tr("not done: why"))])]:
        if column + len(words) + 6 >= canvas.width:
            row, column = row + 1, _MARGIN + 4
        column = canvas.write(row, column, f" {key} ", Ink.DARK, Ground.CHIP) + 1
        column = canvas.write(row, column, words, Ink.TEXT) + 2
    return row + 1


def _paint_foot(canvas: Canvas, moment: StopMomentView) -> None:
    """Draw what is missing, or that the stimulator may be armed; a refused answer first."""
    row = canvas.height - 1
    if moment.refusal:
        canvas.write(row - 1, _MARGIN, beginning(recorded(clean(moment.refusal)), canvas.width - 2 * _MARGIN), Ink.WARN)
    done = sum(item.answer is not None for item in moment.items)
    ready = tr("* must be answered; ↑ ↓ another item")
    if moment.is_complete:
        ready = tr("complete: o, then ENTER arms the stimulator")
    canvas.write(row, _MARGIN, beginning(f"{done}/{len(moment.items)}  {ready}", canvas.width - 2 * _MARGIN), Ink.MUTED)
