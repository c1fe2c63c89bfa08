"""The units of a toxin session: the share of the session's limit as a bar, and a row for each muscle."""

from __future__ import annotations

from textwrap import wrap

from guidance.common.text import clean
from guidance.contracts.task_views import ToxinView
from guidance.dose.formatting import percent
from guidance.language import recorded, tr
from guidance.ui.raster import Canvas
from guidance.ui.text import UNKNOWN, beginning, session_words
from guidance.ui.theme import NO_VALUE, Ground, Ink

_MARGIN = 2
_WARNS = 0.8
_NAME_CELLS = 32


def paint_toxin(canvas: Canvas, toxin: ToxinView) -> None:
    """Draw the total against the session's limit, the key that enters units, and the muscles, the newest last."""
    row = _paint_total(canvas, toxin)
    row = _paint_entry(canvas, row + 1, toxin)
    rows = canvas.height - row
    for below, muscle in enumerate(toxin.muscles[-rows:] if rows > 0 else ()):
        _paint_muscle(canvas, row + below, *muscle)


def _paint_total(canvas: Canvas, toxin: ToxinView) -> int:
    first, last = _MARGIN, canvas.width - _MARGIN
    is_near = toxin.fraction is not None and toxin.fraction >= _WARNS
    canvas.write(0, first, beginning(f"{clean(toxin.product)}  {session_words(toxin)}", last - first), Ink.STRONG)
    columns = slice(first, last)
    canvas.fill(slice(1, 2), columns, NO_VALUE if toxin.fraction is None else "░", Ink.FAINT)
    if toxin.fraction is not None:
        end = first + round(min(toxin.fraction, 1.0) * (last - first))
        canvas.fill(slice(1, 2), slice(first, end), "█", Ink.WARN if is_near else Ink.TRACE)
    return 2


def _paint_entry(canvas: Canvas, row: int, toxin: ToxinView) -> int:
    column = canvas.write(row, _MARGIN, " i ", Ink.DARK, Ground.CHIP)
    canvas.write(row, column + 1, tr("enters the units of a muscle, such as 'fds 30'"), Ink.MUTED)
    lines = wrap(recorded(clean(toxin.next_step)), max(canvas.width - 2 * _MARGIN, 1)) if toxin.next_step else []
    for below, line in enumerate(lines, 1):
        canvas.write(row + below, _MARGIN, line, Ink.WARN)
    if toxin.held:
        held = f" {tr('HELD {entry}: w gives a reason', entry=clean(toxin.held))} "
        canvas.write(
            row + len(lines) + 1, _MARGIN, beginning(held, canvas.width - 2 * _MARGIN), Ink.DARK, Ground.PROMPT
        )
    return row + len(lines) + bool(toxin.held) + 2


def _paint_muscle(canvas: Canvas, row: int, name: str, units: float, most_units: float | None) -> None:
    limit = tr("{unknown} no limit known", unknown=UNKNOWN)
    if most_units is not None:
        limit = tr("of {units} U, {share}", units=f"{most_units:g}", share=percent(units / most_units))
    is_near = most_units is not None and units >= _WARNS * most_units
    canvas.write(row, _MARGIN, beginning(clean(name), _NAME_CELLS), Ink.TEXT)
    column = canvas.write(row, _MARGIN + _NAME_CELLS + 1, f"{units:g} U", Ink.STRONG)
    canvas.write(row, max(column + 2, _MARGIN + _NAME_CELLS + 10), limit, Ink.WARN if is_near else Ink.MUTED)
