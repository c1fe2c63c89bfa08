"""The last sixty sweeps as bars of their amplitude on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Hashable

from guidance.contracts.snapshot import Snapshot, SweepView
from guidance.language import mark, tr, trn
from guidance.ui.raster import Canvas
from guidance.ui.scale import step_down, step_up
from guidance.ui.text import UNKNOWN
from guidance.ui.theme import CONTAMINATED, Ink
from guidance.ui.widgets.panel import GUTTER, Panel, gutter_label

_MOST = 60
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LEGEND = (
    ("█", Ink.BAR, mark("response")),
    ("│", Ink.UNSURE, mark("no response")),
    (CONTAMINATED, Ink.UNSURE, mark("cannot tell")),
)
_LEGEND_COLUMNS = 22


class ResponseBars(Panel):
    """One bar per pulse, the newest at the right: solid for a response, hollow for none, of crosses if contaminated."""

    DEFAULT_CSS = "ResponseBars { height: 5fr; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what changes with a new or newly measured sweep."""
        measured = ((s.pulse_index, s.detected, s.contaminated, s.amplitude_uv) for s in snapshot.sweeps[-_MOST:])
        return snapshot.criterion_uv, *measured

    def paint(self, canvas: Canvas) -> None:
        """Draw legend, axis, criterion and bars; the legend stands beside the bars if there is room."""
        pitch = (canvas.width - GUTTER - 1) // _MOST
        if self.snapshot is None or canvas.height < 2 or pitch < 1:
            return
        shown = self.snapshot.sweeps[-_MOST:]
        first = canvas.width - 1 - pitch * _MOST
        legend_beside = first >= GUTTER + _LEGEND_COLUMNS and canvas.height > len(_LEGEND)
        axis = _Axis(shown, self.snapshot.criterion_uv, canvas.height - (not legend_beside))
        _paint_legend(canvas, len(shown), legend_beside)
        _paint_axis(canvas, axis, first if legend_beside else GUTTER)
        left = first + pitch * (_MOST - len(shown))
        for index, sweep in enumerate(shown):
            ink = Ink.TRACE if index == len(shown) - 1 else Ink.BAR
            _paint_bar(canvas, left + index * pitch, max(pitch - 1, 1), sweep, axis, ink)


class _Axis:
    """A logarithmic axis over ``rows`` rows, its ends in steps of 1, 2 and 5."""

    def __init__(self, shown: tuple[SweepView, ...], criterion_uv: float | None, rows: int) -> None:
        sizes = [sweep.amplitude_uv for sweep in shown if sweep.amplitude_uv]
        sizes += [criterion_uv] if criterion_uv else []
        self.low_uv = step_down(max(min(sizes, default=10.0), 1.0) * 0.8)
        self.high_uv = max(step_up(max(sizes, default=1000.0)), self.low_uv * 10)
        self.criterion_uv = criterion_uv
        self.rows = rows

    def eighths(self, amplitude_uv: float) -> int:
        """Return the height of a bar in eighths of a row, at least one."""
        share = math.log(max(amplitude_uv, self.low_uv) / self.low_uv) / math.log(self.high_uv / self.low_uv)
        return max(round(share * self.rows * 8), 1)


def _paint_legend(canvas: Canvas, count: int, beside: bool) -> None:
    canvas.write_right(0, GUTTER - 1, tr("µV log"), Ink.MUTED)
    column = canvas.write(0, GUTTER, trn("last {count} sweep", "last {count} sweeps", count), Ink.MUTED)
    for row, (sign, ink, meaning) in enumerate(_LEGEND, start=1):
        at = (row, GUTTER) if beside else (0, column + 3)
        canvas.write(*at, sign, ink)
        column = canvas.write(at[0], at[1] + 2, tr(meaning), Ink.MUTED)


def _paint_axis(canvas: Canvas, axis: _Axis, first: int) -> None:
    top = canvas.height - axis.rows
    gutter_label(canvas, max(top, 1), f"{axis.high_uv:g}")
    gutter_label(canvas, canvas.height - 1, f"{axis.low_uv:g}")
    if axis.criterion_uv:
        row = max(canvas.height - 1 - axis.eighths(axis.criterion_uv) // 8, top)
        canvas.fill(slice(row, row + 1), slice(first, canvas.width - 1), "╌", Ink.RULE)
        if max(top, 1) < row < canvas.height - 1:
            gutter_label(canvas, row, f"{axis.criterion_uv:g}", Ink.TEXT)


def _paint_bar(canvas: Canvas, left: int, width: int, sweep: SweepView, axis: _Axis, ink: Ink) -> None:
    if sweep.amplitude_uv is None:
        canvas.fill(slice(canvas.height - 1, canvas.height), slice(left, left + width), UNKNOWN, Ink.UNSURE)
        return
    full, rest = divmod(axis.eighths(sweep.amplitude_uv), 8)
    columns, foot = slice(left, left + width), canvas.height
    rows = slice(foot - max(full + (rest >= 4), 1), foot)
    if sweep.contaminated:
        canvas.fill(rows, columns, CONTAMINATED, Ink.UNSURE)
    elif sweep.detected:
        canvas.fill(slice(foot - full, foot), columns, "█", ink)
        canvas.fill(slice(max(foot - full - 1, 0), foot - full), columns, _EIGHTHS[rest], ink)
    else:
        _paint_hollow(canvas, rows, left, left + width - 1)


def _paint_hollow(canvas: Canvas, rows: slice, left: int, right: int) -> None:
    top = slice(rows.start, rows.start + 1)
    for column, corner in ((right, "┐"), (left, "┌")):
        canvas.fill(rows, slice(column, column + 1), "│", Ink.UNSURE)
        if right > left:
            canvas.fill(top, slice(column, column + 1), corner, Ink.UNSURE)
    canvas.fill(top, slice(left + 1, right), "─", Ink.UNSURE)
