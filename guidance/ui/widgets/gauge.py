"""The threshold current, or the rise time of a motor unit, as a tall gauge: far at the top, close at the bottom."""

from __future__ import annotations

import math
from textwrap import wrap

from guidance.contracts.events import Interval
from guidance.contracts.zones import Edges
from guidance.language import mark, tr
from guidance.ui.raster import Canvas
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.estimated import Estimated, hatch
from guidance.ui.zones import GAUGE_MA, ZONES, GaugeBand, bands

_SCALE = 6
_TICKS_MA = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05)
_HEADINGS = (mark("mA at 0.1 ms"), mark("threshold, mA at 0.1 ms"))
_RISE_HEADINGS = (mark("rise, ms"), mark("rise time, ms"))
_TRENDS = {"closer": "▼", "away": "▲", "steady": ""}
_ARROW_ROWS = 3


class GaugePanel(Estimated):
    """Zones as bands, the 90 % interval as a block, the median as a line with its value."""

    DEFAULT_CSS = "GaugePanel { width: 24%; min-width: 20; max-width: 42; display: none; }"

    def paint(self, canvas: Canvas) -> None:
        """Draw scale and zones, then the estimate, or the reason why there is none."""
        if canvas.width < 16 or canvas.height < 6:
            return
        scale, estimate = _Scale(canvas, self.estimate.edges_ma), self.estimate
        shown = estimate.rise_time_ms or estimate.threshold_ma
        headings = _RISE_HEADINGS if estimate.rise_time_ms or estimate.by_emg else _HEADINGS
        canvas.write(0, 1, max((h for h in map(tr, headings) if len(h) < canvas.width), key=len, default=""), Ink.MUTED)
        if estimate.why is not None or shown is None:
            scale.paint_ticks()
            _paint_unknown(scale, tr(estimate.why or ""), shown)
            return
        median = scale.row(shown[1])
        for name in scale.bands:
            scale.paint_zone(name, is_now=name == estimate.zone, taken=median)
        scale.paint_ticks()
        sure = ZONES[estimate.zone].ink if estimate.zone in ZONES else Ink.UNSURE
        scale.paint_interval(shown, sure)
        scale.paint_median(shown[1], _TRENDS.get(estimate.trend or "", ""))


class _Scale:
    """The rectangle of the gauge on its canvas: the logarithm of the current, the greatest at the top."""

    def __init__(self, canvas: Canvas, edges_ma: Edges) -> None:
        self.canvas, self.bands = canvas, bands(edges_ma)
        self.top, self.rows = 1, canvas.height - 1
        self.left, self.right = _SCALE, canvas.width - 1
        self.block = slice(self.left + 1, self.left + 1 + max((self.right - self.left) // 5, 2))

    def height(self, current_ma: float) -> float:
        """Return the rows from the top of the scale down to a current, within the scale."""
        low, high = GAUGE_MA
        share = math.log(high / min(max(current_ma, low), high)) / math.log(high / low)
        return share * self.rows

    def row(self, current_ma: float) -> int:
        """Return the row of a current, always inside the band of its zone."""
        nearest = list(self.bands.values())[-1]
        band = self.stretch(next((band for band in self.bands.values() if current_ma > band[0]), nearest))
        return int(min(max(self.top + int(self.height(current_ma)), band.start), band.stop - 1))

    def stretch(self, band: GaugeBand) -> slice:
        """Return the rows of a band of currents, at least one."""
        last, first = (self.top + round(self.height(ma)) for ma in band)
        first = min(first, self.top + self.rows - 1)
        return slice(first, max(last, first + 1))

    def paint_ticks(self) -> None:
        """Write the round currents beside the scale, at most one per row."""
        written = -1
        for tick_ma in _TICKS_MA:
            row = min(self.top + round(self.height(tick_ma)), self.top + self.rows - 1)
            if row > written:
                self.canvas.write_right(row, self.left, f"{tick_ma:g} ", Ink.TEXT)
                written = row

    def paint_zone(self, name: str, *, is_now: bool, taken: int) -> None:
        """Draw a zone's band and name; the name leaves row ``taken`` free."""
        zone, rows = ZONES[name], self.stretch(self.bands[name])
        self.canvas.shade(zone.now if is_now else zone.ground, rows, slice(self.left, self.right))
        middle = (rows.start + rows.stop - 1) // 2
        free = [row for row in range(rows.start, rows.stop) if row != taken]
        if free:
            row = min(free, key=lambda row: abs(row - middle))
            ink = zone.on_now if is_now else Ink.MUTED
            self.canvas.write_right(row, self.right, f"{zone.sign} {zone.word} ", ink)

    def paint_interval(self, shown: Interval, ink: int) -> None:
        """Draw the interval's block, with an arrow where it leaves the scale."""
        low_ma, _, high_ma = shown
        rows = slice(self.row(high_ma), self.row(low_ma) + 1)
        self.canvas.fill(rows, self.block, "█", ink)
        if high_ma > GAUGE_MA[1]:
            self.canvas.fill(slice(rows.start, rows.start + 1), self.block, "▲", ink)
        if low_ma < GAUGE_MA[0]:
            self.canvas.fill(slice(rows.stop - 1, rows.stop), self.block, "▼", ink)

    def paint_median(self, median_ma: float, arrow: str) -> None:
        """Draw the line of the median, its value and its trend."""
        row = self.row(median_ma)
        self.canvas.fill(slice(row, row + 1), slice(self.block.stop, self.right), "━", Ink.STRONG)
        self.canvas.write_right(row, self.right, f" {arrow}{median_ma:.2f} ", Ink.DARK, Ground.CHIP)
        step = {"▼": 1, "▲": -1}.get(arrow, 0)
        for further in range(1, _ARROW_ROWS + 1) if step else ():
            if self.top <= row + step * further < self.top + self.rows:
                self.canvas.write(row + step * further, self.block.stop + 1, arrow * 2, Ink.STRONG)


def _paint_unknown(scale: _Scale, why: str, wide: Interval | None) -> None:
    """Hatch the whole scale; an interval too ``wide`` to act on is a grey block on it, without a median."""
    canvas = scale.canvas
    hatch(canvas, slice(scale.top, scale.top + scale.rows), slice(scale.left, scale.right))
    if wide is not None:
        scale.paint_interval(wide, Ink.UNSURE)
    lines = wrap(why, scale.right - scale.left - 2)
    first = scale.top + (scale.rows - len(lines)) // 2
    for row, line in enumerate(lines, start=first):
        canvas.write(row, scale.left, line.center(scale.right - scale.left), Ink.STRONG, Ground.UNKNOWN)
