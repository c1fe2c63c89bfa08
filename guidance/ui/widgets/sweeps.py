"""The last sweeps, superimposed: older ones dim, the newest bright, the response window shaded."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot, SweepView
from guidance.language import tr
from guidance.ui.raster import Canvas, Floats, Mask, envelope, spans
from guidance.ui.scale import Scale, ticks
from guidance.ui.text import beginning
from guidance.ui.theme import AGES, Ground, Ink
from guidance.ui.widgets.panel import GUTTER, Panel, gutter_label

_COLUMNS_PER_TICK = 9
_LABELLED = (0.5, -0.5, 1.0, -1.0, 0.0)
"""Shares of the scale with a label; where rows are few, a later one takes the row of an earlier one."""


class Sweeps(Panel):
    """Up to twelve sweeps; the scale in uV per half height follows the signal until it is set by hand."""

    DEFAULT_CSS = "Sweeps { height: 3fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.scale = Scale()

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what changes with a new or newly measured sweep."""
        newest = snapshot.sweeps[-1] if snapshot.sweeps else None
        measured = newest and (newest.pulse_index, len(newest.uv), newest.detected, newest.contaminated)
        latency_ms = newest and newest.latency_ms
        return measured, latency_ms, len(snapshot.sweeps), snapshot.window_ms, snapshot.channel

    def rescale(self, direction: int) -> None:
        """Take one step to more (+1) or fewer (-1) uV per half height."""
        self.scale.step(direction)
        self.redraw()

    def autoscale(self) -> None:
        """Follow the signal again."""
        self.scale.auto = True
        self.redraw()

    def paint(self, canvas: Canvas) -> None:
        """Draw heading, axes, window and traces."""
        if self.snapshot is None or canvas.height < 4 or canvas.width < GUTTER + 10:
            return
        shown = [sweep for sweep in self.snapshot.sweeps if len(sweep.uv) > 1][-(AGES + 1) :]
        peak_uv = _peak_uv(shown)
        if peak_uv is not None:
            self.scale.follow(peak_uv)
        plot = _Plot(canvas, self.scale.half_uv, time_range(shown, self.snapshot.window_ms))
        self._paint_heading(canvas, self.snapshot, shown)
        plot.paint_window(self.snapshot.window_ms)
        plot.paint_axes()
        plot.paint_sweeps(shown)

    def _paint_heading(self, canvas: Canvas, snapshot: Snapshot, shown: list[SweepView]) -> None:
        column = canvas.write(0, 1, beginning(clean(snapshot.channel), 16), Ink.STRONG)
        by = tr("auto") if self.scale.auto else tr("by hand")
        column = canvas.write(0, column + 2, f"±{self.scale.half_uv:g} µV", Ink.TEXT)
        column = canvas.write(0, column + 1, by, Ink.MUTED)
        if shown and _peak(shown[-1]) > self.scale.half_uv:
            canvas.write(0, column + 2, tr(" OFF SCALE: press 0 "), Ink.DARK, Ground.CHIP)
        else:
            count = tr("last {count}", count=len(shown)) if shown else tr("no sweep yet")
            if column + 2 + len(count) <= canvas.width:
                column = canvas.write(0, column + 2, count, Ink.MUTED)
            start_ms, end_ms = snapshot.window_ms
            window = tr("window {start} to {end} ms", start=f"{start_ms:g}", end=f"{end_ms:g}")
            if column + len(window) + 2 < canvas.width:
                canvas.write_right(0, canvas.width - 1, window, Ink.MUTED)


class _Plot:
    """The rectangle of the traces on its canvas: time across, uV up."""

    def __init__(self, canvas: Canvas, half_uv: float, range_ms: tuple[float, float]) -> None:
        self.canvas = canvas
        self.half_uv = half_uv
        self.start_ms, self.end_ms = range_ms
        self.top, self.rows = 1, canvas.height - 2
        self.left, self.columns = GUTTER, canvas.width - GUTTER - 1
        self.half_rows = (self.rows - 1) // 2
        self.middle = self.top + self.half_rows

    def column(self, time_ms: float) -> int:
        """Return the column of a time in ms."""
        share = (time_ms - self.start_ms) / (self.end_ms - self.start_ms)
        return self.left + min(max(int(share * self.columns), 0), self.columns - 1)

    def paint_window(self, window_ms: tuple[float, float]) -> None:
        """Shade the response window and draw its edges."""
        first, last = (self.column(edge) for edge in window_ms)
        rows = slice(self.top, self.top + self.rows)
        self.canvas.shade(Ground.WINDOW, rows, slice(first, last + 1))
        for edge in (first, last):
            self.canvas.fill(rows, slice(edge, edge + 1), "│", Ink.RULE)

    def paint_axes(self) -> None:
        """Draw the zero line, uV labels at the left, and ms labels below, each to the right of its tick."""
        across = slice(self.left, self.left + self.columns)
        self.canvas.fill(slice(self.middle, self.middle + 1), across, "┈", Ink.FAINT)
        labels = {self.middle - round(share * self.half_rows): share for share in _LABELLED}
        for row, share in labels.items():
            gutter_label(self.canvas, row, f"{share * self.half_uv:+g}" if share else "0")
        for tick_ms in ticks(self.start_ms, self.end_ms, self.columns // _COLUMNS_PER_TICK):
            self._paint_tick(self.column(tick_ms), f"╵{tick_ms:g}")
        self.canvas.write_right(self.canvas.height - 1, GUTTER - 1, "ms", Ink.MUTED)

    def _paint_tick(self, column: int, label: str) -> None:
        fits = column + len(label) <= self.canvas.width
        self.canvas.write(self.canvas.height - 1, column, label if fits else label[0], Ink.MUTED)

    def paint_sweeps(self, shown: list[SweepView]) -> None:
        """Draw the traces, oldest first, then the onset of the newest."""
        older = np.zeros((self.rows * 4, self.columns * 2), np.uint8)
        for ink, sweep in enumerate(shown[:-1], start=Ink.OLDEST + AGES - len(shown) + 1):
            np.copyto(older, np.uint8(ink), where=self._dots(sweep))
        self.canvas.plot(self.top, self.left, older)
        if shown:
            self._paint_newest(shown[-1])

    def _paint_newest(self, newest: SweepView) -> None:
        dots = self._dots(newest)
        if newest.contaminated:
            dots[:, 1::4] = dots[:, 2::4] = False
        sure = newest.detected and not newest.contaminated
        if sure and newest.latency_ms is not None:
            self._paint_onset(newest.latency_ms)
        self.canvas.plot(self.top, self.left, dots * np.uint8(Ink.TRACE if sure else Ink.UNSURE))

    def _paint_onset(self, latency_ms: float) -> None:
        column = self.column(latency_ms)
        self.canvas.fill(slice(self.top, self.top + self.rows), slice(column, column + 1), "┊", Ink.ONSET)
        self.canvas.write(self.top, column, f"▼ {latency_ms:.1f}", Ink.ONSET)

    def _dots(self, sweep: SweepView) -> Mask:
        first, last = ((edge - sweep.start_ms) / sweep.step_ms for edge in (self.start_ms, self.end_ms))
        low_uv, high_uv = envelope(sweep.uv, first, last, self.columns * 2)
        return spans(self._dot_row(high_uv), self._dot_row(low_uv), self.rows * 4)

    def _dot_row(self, uv: Floats) -> Floats:
        zero, half = self.half_rows * 4 + 2, self.half_rows * 4 + 1
        rows: Floats = np.clip(zero - uv * (half / self.half_uv), 0, self.rows * 4 - 1)
        return rows


def _peak(sweep: SweepView) -> float:
    return float(np.fmax.reduce(np.abs(sweep.uv), initial=0.0))


def _peak_uv(shown: list[SweepView]) -> float | None:
    trusted = [sweep for sweep in shown if not sweep.contaminated] or shown
    return max((_peak(sweep) for sweep in trusted), default=None)


def time_range(shown: list[SweepView], window_ms: tuple[float, float]) -> tuple[float, float]:
    """Return the start and end of the sweeps ``shown``, in ms after the pulse."""
    if not shown:
        return 0.0, window_ms[1] * 1.25
    return min(s.start_ms for s in shown), max(s.start_ms + (len(s.uv) - 1) * s.step_ms for s in shown)
