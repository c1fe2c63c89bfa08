"""The injection: the aliquot to enter, aspiration, the twitch, and the dose so far against the limit."""

from __future__ import annotations

from collections.abc import Hashable
from textwrap import wrap

from guidance.common.text import clean
from guidance.contracts.snapshot import EventView, Snapshot, SweepView
from guidance.contracts.task_views import DoseView
from guidance.dose.formatting import left, percent
from guidance.language import recorded, tr
from guidance.ui import bigtext
from guidance.ui.raster import Canvas
from guidance.ui.text import UNKNOWN, beginning, clock
from guidance.ui.theme import NO_VALUE, Ground, Ink
from guidance.ui.widgets.dose_line import timers, volume_words
from guidance.ui.widgets.panel import Panel
from guidance.ui.widgets.toxin_table import paint_toxin

_MARGIN = 2
_WARNS = 0.8
_LEAST_DIGIT_ROWS = 4
_FIXED_ROWS = 6

VOLUMES_ML = (0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0)
FIRST_ML = 1.0
"""The smallest usual aliquot, so that a key pressed too early does not record much that was not given."""


class Syringe(Panel):
    """The chosen volume, large; below it the bar of the dose, then aspiration, twitch, and the aliquots so far."""

    DEFAULT_CSS = "Syringe { height: 2fr; }"

    chosen_ml = FIRST_ML

    def choose(self, volume_ml: float) -> None:
        """Show ``volume_ml`` as the volume that the key enters."""
        self.chosen_ml = volume_ml
        self.redraw()

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return toxin, dose, alarms, the number of events, and the second."""
        return snapshot.toxin, snapshot.dose, snapshot.alarms, len(snapshot.past.events), int(snapshot.t)

    def paint(self, canvas: Canvas) -> None:
        """Draw all parts, the volume as large as fits."""
        if self.snapshot is None or canvas.width < 40 or canvas.height < _FIXED_ROWS:
            return
        if self.snapshot.toxin is not None:
            paint_toxin(canvas, self.snapshot.toxin)
            return
        given = [event for event in self.snapshot.past.events if event.kind == "dose"]
        digit_rows = max(min(canvas.height - _FIXED_ROWS - 2, 7), 1)
        self._paint_volume(canvas, digit_rows)
        row = digit_rows + 1
        _paint_bar(canvas, row, self.snapshot.dose)
        below = _paint_aspiration(canvas, row + 2, self.snapshot.dose)
        _paint_given(canvas, _paint_timers(canvas, _paint_twitch(canvas, below, self.snapshot), self.snapshot), given)

    def _paint_volume(self, canvas: Canvas, rows: int) -> None:
        text = f"{self.chosen_ml:g}"
        dose = self.snapshot.dose if self.snapshot else None
        size = bigtext.largest("00.0", canvas.width // 2, rows) if rows >= _LEAST_DIGIT_ROWS else None
        column = _MARGIN
        if size is None:
            column = canvas.write(0, column, f"{text} mL", Ink.STRONG)
        else:
            bigtext.draw(canvas, 0, column, text, size, Ink.STRONG)
            column += bigtext.cells(text, size)[0] + 1
            canvas.write(bigtext.cells(text, size)[1] - 1, column, "mL", Ink.STRONG)
        column += 4
        is_held = dose is not None and dose.held_ml is not None
        if rows > 1 or not is_held:
            column = canvas.write(0, column, " i ", Ink.DARK, Ground.CHIP)
            hint = tr("records it as given     ↑ ↓ another volume")
            canvas.write(0, column + 1, beginning(hint, canvas.width - column - 1), Ink.MUTED)
        if dose is not None and dose.held_ml is not None:
            row = 1 if rows > 1 else 0
            end = canvas.width - 1 if rows > 1 else canvas.width
            text = f" {tr('HELD {entry}: w gives a reason', entry=f'{dose.held_ml:g} mL')} "
            canvas.write_right(row, end, text, Ink.DARK, Ground.PROMPT)


def _paint_bar(canvas: Canvas, row: int, dose: DoseView | None) -> None:
    """Draw the share of the limit as a bar with marks at warning and limit, and in words; hatched if not known."""
    first, last = _MARGIN, canvas.width - _MARGIN
    fraction = None if dose is None else dose.fraction
    columns = slice(first, last)
    ends = (last - first) / 1.25
    canvas.fill(slice(row, row + 1), columns, "░" if fraction is not None else NO_VALUE, Ink.FAINT)
    if fraction is not None:
        ink = Ink.WARN if fraction >= _WARNS else Ink.TRACE
        canvas.fill(slice(row, row + 1), slice(first, first + round(min(fraction, 1.25) * ends)), "█", ink)
    for share, mark in ((_WARNS, "╿80%"), (1.0, "┃" + tr("LIMIT"))):
        canvas.write(row, first + round(share * ends), mark[0], Ink.STRONG)
        canvas.write(row + 1, first + round(share * ends), mark[1:], Ink.MUTED)
    text = _dose_words(dose)
    ink = Ink.WARN if dose and dose.level else Ink.STRONG
    canvas.write(row + 1, first, beginning(text, round(_WARNS * ends) - 2), ink)


def _dose_words(dose: DoseView | None) -> str:
    if dose is None:
        return tr("dose {unknown}: no solution given, only volumes are counted", unknown=UNKNOWN)
    share = percent(dose.fraction) if dose.fraction is not None else UNKNOWN
    if dose.fraction is None and dose.at_least is not None:
        share = tr("at least {share}", share=percent(dose.at_least))
    parts = [
        tr("dose {share}", share=share),
        volume_words(dose),
        *(f"{clean(drug)} {mg:g} mg" for drug, mg in dose.total_mg),
    ]
    return "  ".join([*parts, *([] if dose.left_ml is None else [tr("left {amount}", amount=left(dose.left_ml))])])


def _paint_words(canvas: Canvas, row: int, column: int, text: str, ink: Ink) -> int:
    """Write text that must be read whole in as many rows from ``row`` on as there are; return the row after it."""
    lines = wrap(text, max(canvas.width - column - 1, 1))[: canvas.height - row]
    for below, line in enumerate(lines):
        canvas.write(row + below, column, line, ink)
    return row + len(lines)


def _paint_aspiration(canvas: Canvas, row: int, dose: DoseView | None) -> int:
    """Draw whether to aspirate; return the row after it."""
    words = recorded("Aspirate before the next aliquot." if dose is None else clean(dose.next_step))
    if dose is not None and dose.blood:
        canvas.shade(Ground.HIGH, slice(row, row + 1))
        canvas.write(row, _MARGIN, beginning(tr("✖ BLOOD  {words}", words=words), canvas.width - 2 * _MARGIN), Ink.LOUD)
        return row + 1
    done = dose is not None and dose.aspirate_in_ml > 0
    column = canvas.write(
        row, _MARGIN, tr("● aspirated") if done else tr("○ aspirate"), Ink.TARGET if done else Ink.WARN
    )
    column = canvas.write(row, column + 2, " d ", Ink.DARK, Ground.CHIP) + 1
    return _paint_words(canvas, row, column, words, Ink.TEXT)


def _paint_twitch(canvas: Canvas, row: int, snapshot: Snapshot) -> int:
    """Draw what is known of the twitch; return the row after it."""
    alarm = next((alarm for alarm in snapshot.alarms if alarm.code == "twitch-loss" and alarm.active), None)
    injected = snapshot.dose is not None and snapshot.dose.last_dose_t is not None
    if alarm is not None:
        text, ink = recorded(clean(alarm.text)), Ink.STRONG
    elif not snapshot.sweeps:
        text, ink = f"{UNKNOWN} {tr('no sweep yet')}", Ink.UNSURE
    else:
        effect = "; " + tr("injection effect not known yet") if injected else ""
        text, ink = f"{_newest_response(snapshot.sweeps[-1])}{effect}", Ink.TEXT
    column = canvas.write(row, _MARGIN, tr("twitch"), Ink.MUTED)
    return _paint_words(canvas, row, column + 2, text, ink)


def _paint_timers(canvas: Canvas, row: int, snapshot: Snapshot) -> int:
    """Draw how long ago aliquot, block and aspiration were; return the row after it."""
    times = timers(snapshot)
    if not times:
        return row
    column = canvas.write(row, _MARGIN, tr("timers"), Ink.MUTED)
    canvas.write(row, column + 2, beginning("   ".join(times), canvas.width - column - 3), Ink.STRONG)
    return row + 1


def _newest_response(newest: SweepView) -> str:
    if newest.contaminated:
        return tr("cannot tell from the newest pulse")
    return tr("response to the newest pulse") if newest.detected else tr("no response to the newest pulse")


def _paint_given(canvas: Canvas, top: int, given: list[EventView]) -> None:
    rows = canvas.height - top
    for row, event in enumerate(given[-rows:] if rows > 0 else []):
        column = canvas.write(top + row, _MARGIN, clock(event.t), Ink.MUTED)
        canvas.write(top + row, column + 2, beginning(recorded(clean(event.text)), canvas.width - column - 3), Ink.TEXT)


class Volumes:
    """The volumes of the injection: ``chosen_ml`` is what the key enters, ``held_ml`` what needs a reason."""

    def __init__(self) -> None:
        """Begin with FIRST_ML."""
        self._at = VOLUMES_ML.index(FIRST_ML)
        self.held_ml: float | None = None

    @property
    def chosen_ml(self) -> float:
        """The chosen volume in mL."""
        return VOLUMES_ML[self._at]

    def step(self, steps: int) -> None:
        """Choose a larger (+1) or smaller (-1) volume; stay at the ends."""
        self._at = min(max(self._at + steps, 0), len(VOLUMES_ML) - 1)
