"""Threshold and impedance over the last two minutes."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray

from guidance.contracts.snapshot import Snapshot
from guidance.contracts.zones import Edges
from guidance.language import tr
from guidance.ui import series
from guidance.ui.raster import Canvas
from guidance.ui.scale import step_down, step_up
from guidance.ui.series import Axes
from guidance.ui.theme import Ink
from guidance.ui.widgets.panel import GUTTER, Panel, gutter_label

SPAN_S = 120.0
_LEAST_FOR_BOTH = 5


class Trend(Panel):
    """The threshold's interval as a band and its median as a line, on a logarithmic scale; below it, the impedance."""

    DEFAULT_CSS = "Trend { height: 2fr; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what changes with a new sweep, and each second."""
        return len(snapshot.past.trail), int(snapshot.t), snapshot.zone_edges_ma

    def paint(self, canvas: Canvas) -> None:
        """Draw the threshold, and the impedance if there is room for both."""
        if self.snapshot is None or canvas.height < 3 or canvas.width < GUTTER + 10:
            return
        trail = self.snapshot.past.trail
        begun_s = float(trail["t"][0]) if len(trail) else 0.0
        first_s = max(self.snapshot.t - SPAN_S, begun_s)
        trail = trail[np.searchsorted(trail["t"], first_s) :]
        times = (first_s, max(self.snapshot.t, first_s + 10.0))
        rows = canvas.height * 2 // 3 if canvas.height >= _LEAST_FOR_BOTH else canvas.height
        paint_threshold(canvas, slice(0, rows), trail, times, self.snapshot.zone_edges_ma)
        if rows < canvas.height:
            _paint_impedance(canvas, slice(rows, canvas.height), trail, times)
        canvas.write_right(
            canvas.height - 1, canvas.width - 1, tr("last {seconds} s", seconds=f"{times[1] - first_s:.0f}"), Ink.MUTED
        )


def paint_threshold(
    canvas: Canvas,
    rows: slice,
    trail: NDArray[np.void],
    times_s: tuple[float, float],
    edges_ma: Edges,
) -> None:
    """Draw band and line of the threshold into ``rows``, with the edges of the zones."""
    columns, height = canvas.width - GUTTER - 1, rows.stop - rows.start
    known = trail[np.isfinite(trail["median_ma"])]
    low = step_down(float(min(known["low_ma"].min(), edges_ma.close))) if len(known) else edges_ma.close / 2
    high = step_up(float(max(known["high_ma"].max(), edges_ma.approach))) if len(known) else edges_ma.approach * 2
    axes = Axes(columns * 2, height * 4, *times_s, max(low, 0.02), min(high, 20.0), is_log=True)
    labelled = set()
    for edge_ma in edges_ma:
        row = rows.start + int(axes.row(np.array([edge_ma]))[0]) // 4
        canvas.fill(slice(row, row + 1), slice(GUTTER, canvas.width - 1), "┈", Ink.FAINT)
        if rows.start < row < rows.stop - 1 and row not in labelled:
            labelled.add(row)
            gutter_label(canvas, row, f"{edge_ma:g}")
    covered = series.band(axes, trail["t"], trail["low_ma"], trail["high_ma"])
    canvas.plot(rows.start, GUTTER, covered * np.uint8(Ink.BAR))
    canvas.plot(rows.start, GUTTER, series.line(axes, trail["t"], trail["median_ma"]) * np.uint8(Ink.STRONG))
    gutter_label(canvas, rows.start, tr("thr mA"), Ink.TEXT)
    if not len(known):
        canvas.write(rows.start, GUTTER, f" {tr('not known yet')} ", Ink.UNSURE)


def _paint_impedance(canvas: Canvas, rows: slice, trail: NDArray[np.void], times_s: tuple[float, float]) -> None:
    kohm = trail["kohm"][np.isfinite(trail["kohm"])]
    gutter_label(canvas, rows.start, "kΩ", Ink.TEXT)
    if not len(kohm):
        canvas.write(rows.start, GUTTER, f" {tr('not known')} ", Ink.UNSURE)
        return
    low, high = float(kohm.min()) * 0.9, float(kohm.max()) * 1.1
    axes = Axes((canvas.width - GUTTER - 1) * 2, (rows.stop - rows.start) * 4, *times_s, low, high)
    canvas.plot(rows.start, GUTTER, series.line(axes, trail["t"], trail["kohm"]) * np.uint8(Ink.EMG))
    if rows.stop - rows.start > 1:
        gutter_label(canvas, rows.stop - 1, f"{kohm[-1]:.1f}", Ink.STRONG)
