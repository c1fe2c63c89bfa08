"""The zone in one word, as large as it fits, legible from two metres."""

from __future__ import annotations

from rich.cells import cell_len

from guidance.language import mark, tr
from guidance.ui import bigtext
from guidance.ui.estimate import ShownEstimate
from guidance.ui.raster import Canvas
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.estimated import Estimated, hatch
from guidance.ui.zones import ZONES

_MARGIN = 2
_SURE = 0.99
_NO_RESPONSE, _UNKNOWN = mark("NO RESPONSE"), mark("UNKNOWN")
_TRENDS = {"closer": mark("▼ closer"), "away": mark("▲ away"), "steady": mark("● steady")}
_LEAST_ROWS_FOR_LARGE_SHARE = 7


class ZoneWord(Estimated):
    """The word; below it, its probability, the trend of the threshold, and the distance."""

    DEFAULT_CSS = "ZoneWord { height: 9; display: none; }"

    def paint(self, canvas: Canvas) -> None:
        """Draw word and details; close is inverted, unknown is hatched."""
        if canvas.width < 2 * _MARGIN + 12 or canvas.height < 2:
            return
        zone = ZONES.get(self.estimate.zone or "") if self.estimate.why is None else None
        if zone is not None:
            inverted = self.estimate.zone == "close"
            if inverted:
                canvas.shade(zone.now)
            self._paint_known(canvas, zone.word, zone.on_now if inverted else zone.ink)
        else:
            hatch(canvas, slice(0, canvas.height - 1), slice(None))
            word = _NO_RESPONSE if self.estimate.zone == "none" else _UNKNOWN
            _paint_word(canvas, tr(word), Ink.UNSURE, canvas.width - 2 * _MARGIN)
            self._paint_why(canvas)

    def _paint_known(self, canvas: Canvas, word: str, ink: Ink) -> None:
        right = _paint_word(canvas, word, ink, canvas.width - 2 * _MARGIN)
        _paint_large_share(canvas, right, self.estimate.probability, ink)
        _paint_line(canvas, _details(self.estimate), Ink.LOUD if ink == Ink.LOUD else Ink.STRONG)

    def _paint_why(self, canvas: Canvas) -> None:
        if self.estimate.why is not None:
            canvas.write(canvas.height - 1, 0, f" {tr(self.estimate.why)} ", Ink.STRONG, Ground.UNKNOWN)
        else:
            _paint_line(canvas, [tr("threshold above currents tried"), *_details(self.estimate)], Ink.TEXT)


def _paint_word(canvas: Canvas, word: str, ink: Ink, width: int) -> int:
    """Draw ``word`` above the last line, in rows and columns without a hatch; return the column after it."""
    size = bigtext.largest(word, width, canvas.height - 1)
    if size is None:
        return canvas.write(0, _MARGIN, f" {word} ", ink, Ground.UNKNOWN)
    columns, rows = bigtext.cells(word, size)
    top = (canvas.height - 1 - rows) // 2
    canvas.fill(slice(top, top + rows), slice(_MARGIN - 1, _MARGIN + columns + 1), " ", ink)
    bigtext.draw(canvas, top, _MARGIN, word, size, ink)
    return _MARGIN + columns


def _paint_large_share(canvas: Canvas, left: int, probability: float | None, ink: Ink) -> None:
    """Draw the probability large too if the word leaves room."""
    if probability is None or canvas.height <= _LEAST_ROWS_FOR_LARGE_SHARE:
        return
    text = f"{min(probability, _SURE):.0%}"
    size = bigtext.largest("00%", canvas.width - left - 3 * _MARGIN, min((canvas.height - 1) * 2 // 3, 8))
    if size is not None:
        columns, rows = bigtext.cells(text, size)
        top = (canvas.height - 1 - rows) // 2
        bigtext.draw(canvas, top, canvas.width - _MARGIN - columns, text, size, ink)


def _details(estimate: ShownEstimate) -> list[str]:
    parts = [] if estimate.probability is None else [tr("{share} likely", share=_share(estimate.probability))]
    parts += [tr(_TRENDS[estimate.trend])] if estimate.trend else []
    if estimate.distance_mm is not None:
        low, _, high = estimate.distance_mm
        parts.append(tr("est. {low} to {high} mm", low=f"{low:.1f}", high=f"{high:.1f}"))
    return parts


def _share(probability: float) -> str:
    return f"> {_SURE:.0%}" if probability > _SURE else f"{probability:.0%}"


def _paint_line(canvas: Canvas, parts: list[str], ink: Ink) -> None:
    column = _MARGIN
    for part in parts:
        if column + cell_len(part) <= canvas.width - 1:
            column = canvas.write(canvas.height - 1, column, part, ink) + 3
