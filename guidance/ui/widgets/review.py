"""The procedure so far: a timeline, and below it every sweep and event."""

from __future__ import annotations

import shlex
from collections.abc import Hashable
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import EventView, Snapshot, TimelineView
from guidance.language import mark, tr, trn
from guidance.ui.raster import Canvas
from guidance.ui.text import UNKNOWN, beginning, clock
from guidance.ui.theme import CONTAMINATED, Ground, Ink
from guidance.ui.timeline import TimelineItems
from guidance.ui.widgets.panel import GUTTER, Panel, gutter_label
from guidance.ui.widgets.trend import paint_threshold

_SIGNS = {
    "alarm": ("▲", Ink.WARN),
    "note": ("◆", Ink.ONSET),
    "dose": ("●", Ink.EMG),
    "stimulator": ("◉", Ink.STRONG),
    "end": ("■", Ink.STRONG),
}
_RESPONSE = ("│", Ink.TRACE)
_LEAST_PLOT_ROWS = 4
_TIME = 10
_RECORD_ROWS = 4
_AFTER = mark("after the end:")
_ALSO = mark("also: note, export, verify")


class Review(Panel):
    """The timeline and its list; ``scroll`` and ``leap`` move the cursor, which otherwise follows the newest item."""

    DEFAULT_CSS = "Review { height: 1fr; }"

    _cursor: int | None = None

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what changes with every sweep and event, and each second."""
        past = snapshot.past
        marks = tuple(event.mark for event in past.events if event.mark)
        return len(past.trail), len(past.events), past.dropped, int(snapshot.t), snapshot.journal, marks

    def scroll(self, steps: int) -> None:
        """Move the cursor ``steps`` items on (back: below 0)."""
        items = self._items()
        if len(items):
            self._set(items, self._at(items) + steps)

    def leap(self, direction: int) -> None:
        """Move the cursor to the next event (+1) or the previous one (-1)."""
        items = self._items()
        if len(items):
            self._set(items, items.leap(self._at(items), direction))

    @property
    def chosen(self) -> EventView | None:
        """The event under the cursor; None for a sweep, or while there is none."""
        items = self._items()
        return items.event(self._at(items)) if len(items) else None

    def paint(self, canvas: Canvas) -> None:
        """Draw the timeline, below it the list around the cursor, and at the bottom what to do after the end."""
        if self.snapshot is None or canvas.height < 4 or canvas.width < GUTTER + 20:
            return
        items = self._items()
        rows = _record_rows(self.snapshot, canvas.width - len(_after()) - 2)
        plot_rows = max((canvas.height - 3) * 2 // 5, 1)
        if plot_rows >= _LEAST_PLOT_ROWS:
            self._paint_plot(canvas, plot_rows, items, self.snapshot)
        else:
            plot_rows = 0
        self._paint_list(canvas, slice(plot_rows, canvas.height - max(len(rows), 1)), items)
        _paint_record(canvas, self.snapshot, rows)

    def _items(self) -> TimelineItems:
        return TimelineItems(self.snapshot.past if self.snapshot else TimelineView())

    def _at(self, items: TimelineItems) -> int:
        return len(items) - 1 if self._cursor is None else min(self._cursor, len(items) - 1)

    def _set(self, items: TimelineItems, index: int) -> None:
        last = len(items) - 1
        self._cursor = None if index >= last else max(index, 0)
        self.redraw()

    def _paint_plot(self, canvas: Canvas, rows: int, items: TimelineItems, snapshot: Snapshot) -> None:
        times_s = (0.0, max(snapshot.t, 10.0))
        paint_threshold(canvas, slice(0, rows - 2), snapshot.past.trail, times_s, snapshot.zone_edges_ma)
        _paint_responses(canvas, rows - 2, snapshot.past.trail, times_s)
        _paint_events(canvas, rows - 1, snapshot.past.events, times_s)
        if len(items):
            column = _column(canvas, float(items.times[self._at(items)]), times_s)
            canvas.shade(Ground.CHIP, slice(rows), slice(column, column + 1), Ink.DARK)

    def _paint_list(self, canvas: Canvas, rows: slice, items: TimelineItems) -> None:
        height, past = rows.stop - rows.start, items.past
        sweeps = trn("{count} sweep", "{count} sweeps", len(past.trail))
        heading = f"{sweeps}, {trn('{count} event', '{count} events', len(past.events))}"
        if past.dropped:
            heading += "; " + tr("{count} older events are only in the record", count=past.dropped)
        heading += "; " + tr("every second of the older sweeps") if past.thinned else ""
        canvas.write(rows.start, 1, beginning(heading, canvas.width - 2), Ink.MUTED)
        if not len(items):
            canvas.write(rows.start + 1, 1, tr("nothing recorded yet"), Ink.UNSURE)
            return
        at, shown = self._at(items), height - 1
        first = min(max(at - shown // 2, 0), max(len(items) - shown, 0))
        for row, index in enumerate(range(first, min(first + shown, len(items))), start=rows.start + 1):
            _paint_item(canvas, row, items, index, chosen=index == at)


def _paint_item(canvas: Canvas, row: int, items: TimelineItems, index: int, *, chosen: bool) -> None:
    event = items.event(index)
    sign, ink = _SIGNS.get(event.kind, _SIGNS["note"]) if event else _response_sign(items.response(index))
    if chosen:
        canvas.shade(Ground.CHIP, slice(row, row + 1))
    time_ink = text_ink = Ink.DARK if chosen else Ink.MUTED
    if not chosen:
        text_ink = Ink.STRONG if event else Ink.TEXT
    canvas.write(row, 1, clock(float(items.times[index])), time_ink)
    canvas.write(row, _TIME, sign, Ink.DARK if chosen else ink)
    canvas.write(row, _TIME + 2, beginning(items.words(index), canvas.width - _TIME - 3), text_ink)


def _response_sign(response: np.void) -> tuple[str, Ink]:
    if response["contaminated"]:
        return CONTAMINATED, Ink.UNSURE
    return _RESPONSE if response["detected"] else ("·", Ink.UNSURE)


def _paint_responses(canvas: Canvas, row: int, trail: NDArray[np.void], times_s: tuple[float, float]) -> None:
    """Draw a sign for each column with sweeps; a response covers no response, which covers cannot tell."""
    gutter_label(canvas, row, tr("sweeps"))
    for responses, sign, ink in (
        (trail[trail["contaminated"]], CONTAMINATED, Ink.UNSURE),
        (trail[~trail["detected"] & ~trail["contaminated"]], "·", Ink.UNSURE),
        (trail[trail["detected"] & ~trail["contaminated"]], *_RESPONSE),
    ):
        for t_s in responses["t"].tolist()[:: max(len(responses) // 1000, 1)]:
            canvas.write(row, _column(canvas, t_s, times_s), sign, ink)


def _paint_events(canvas: Canvas, row: int, events: tuple[EventView, ...], times_s: tuple[float, float]) -> None:
    gutter_label(canvas, row, tr("events"))
    for event in events:
        sign, ink = _SIGNS.get(event.kind, _SIGNS["note"])
        canvas.write(row, _column(canvas, event.t, times_s), sign, ink)


def _column(canvas: Canvas, t_s: float, times_s: tuple[float, float]) -> int:
    share = (t_s - times_s[0]) / (times_s[1] - times_s[0])
    columns = canvas.width - GUTTER - 1
    return GUTTER + min(max(int(share * columns), 0), columns - 1)


def _after() -> str:
    return f"{tr(_AFTER)} "


def _record_rows(snapshot: Snapshot, width: int) -> list[str]:
    """Return the whole command that signs the note in rows of ``width`` cells; none if the folder is not known."""
    if snapshot.journal is None:
        return []
    journal = snapshot.journal
    command = f"needle-guidance procedures sign {clean(PurePath(journal.folder).name)}"
    store = f"--store {shlex.quote(clean(journal.store))}" if journal.store is not None else ""
    whole = f"{command} {store}".rstrip()
    if cell_len(whole) <= width:
        return [whole]
    parts = [store[at : at + width] for at in range(0, len(store), max(width, 1))]
    return [command, *parts] if len(parts) < _RECORD_ROWS else [command, beginning(store, width)]


def _paint_record(canvas: Canvas, snapshot: Snapshot, rows: list[str]) -> None:
    """Draw the command that signs the note, and the names of similar ones."""
    if snapshot.journal is None:
        canvas.write(canvas.height - 1, 1, tr("record {unknown}: folder not known", unknown=UNKNOWN), Ink.UNSURE)
        return
    start = canvas.height - len(rows)
    canvas.write(start, 1, _after(), Ink.MUTED)
    column = 0
    for row, text in enumerate(rows, start=start):
        column = canvas.write(row, 1 + len(_after()), beginning(text, canvas.width - len(_after()) - 2), Ink.STRONG)
    if canvas.width - column > cell_len(tr(_ALSO)) + 3:
        canvas.write(canvas.height - 1, column + 3, tr(_ALSO), Ink.MUTED)
