"""The newest response in figures legible from two metres; a value that is not known is shown as such."""

from __future__ import annotations

from collections.abc import Hashable

from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot, SweepView
from guidance.language import mark, tr
from guidance.ui import bigtext
from guidance.ui.raster import Canvas
from guidance.ui.text import UNKNOWN, amplitude, beginning, p_value
from guidance.ui.theme import NO_VALUE, Ground, Ink
from guidance.ui.widgets.panel import Panel

_REASONS = {
    "overload": mark(" OVERLOAD "),
    "blanking": mark(" AMPLIFIER BLANKED "),
    "artefact": mark(" ARTEFACT CHANGED "),
    "contrast": mark(" NO CONTRAST YET "),
    "burst": mark(" MUSCLE ACTIVE "),
    "noise": mark(" TOO NOISY "),
    "samples": mark(" SAMPLES LACK "),
}
"""Why a sweep cannot tell, by the reason's word."""

_CONTAMINATED = mark(" CONTAMINATED ")
_USUAL_VALUE = "0000"
_VALUE_ROWS = 5
_DIGIT_ROWS = 4
_MARGIN = 1


class Reading(Panel):
    """Amplitude and onset latency large, or in words why there are none; below them, p value and stimulus."""

    DEFAULT_CSS = "Reading { width: 1fr; height: 2fr; min-width: 26; }"

    is_old = False

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return what is shown of the newest sweep."""
        newest = snapshot.sweeps[-1] if snapshot.sweeps else None
        return newest and (newest.pulse_index, newest.doubt, snapshot.undecided, *_measured(newest))

    def show_age(self, *, is_old: bool) -> None:
        """Show whether the newest response is too old to hold now."""
        if is_old != self.is_old:
            self.is_old = is_old
            self.redraw()

    def paint(self, canvas: Canvas) -> None:
        """Draw the newest sweep's figures."""
        sweeps = self.snapshot.sweeps if self.snapshot else ()
        if not sweeps:
            _paint_words(canvas, tr(" NO READING YET "), tr("WAITING").split())
            return
        newest = sweeps[-1]
        if newest.contaminated:
            _paint_words(canvas, tr(_REASONS.get(newest.doubt or "", _CONTAMINATED)), tr("CANNOT TELL").split())
        elif newest.detected:
            _paint_values(canvas, newest, is_old=self.is_old)
        else:
            _paint_words(canvas, tr(" NO RESPONSE "), tr("NO RESPONSE", context="reading").split())
        if canvas.height > 1 + max(_value_rows(canvas), 1):
            _paint_details(canvas, newest, sum(count for _, count in self.snapshot.undecided) if self.snapshot else 0)


def _measured(sweep: SweepView) -> tuple[Hashable, ...]:
    found = (sweep.detected, sweep.contaminated, sweep.amplitude_uv, sweep.latency_ms, sweep.p_value)
    return (*found, sweep.current_ma, sweep.intensity)


def _paint_chip(canvas: Canvas, word: str, ink: int, ground: Ground) -> None:
    inner = canvas.width - 2 * _MARGIN
    canvas.write(0, _MARGIN, word.center(inner)[: max(inner, 0)], ink, ground)


def _paint_values(canvas: Canvas, newest: SweepView, *, is_old: bool) -> None:
    digits, unit = (UNKNOWN, "µV") if newest.amplitude_uv is None else amplitude(newest.amplitude_uv)
    word = tr("○ LAST RESPONSE") if is_old else tr("● RESPONSE")
    rows = _value_rows(canvas)
    if rows < 1:
        word = f"{word[0]} {digits} {unit}"
    _paint_chip(canvas, word, Ink.STRONG, Ground.UNKNOWN if is_old else Ground.YES)
    each = rows // 2 if _has_room_for_both(canvas) else rows
    _paint_value(canvas, 1, each, (tr("amplitude"), digits, unit), Ink.UNSURE if is_old else Ink.TRACE)
    if _has_room_for_both(canvas):
        latency = (tr("onset latency"), _latency(newest), "ms")
        _paint_value(canvas, 1 + each, each, latency, Ink.UNSURE if is_old else Ink.ONSET)


def _value_rows(canvas: Canvas) -> int:
    """Return the rows between chip and details; without the details if the digits fit large only then."""
    rows = canvas.height - 2
    return rows + (rows == _DIGIT_ROWS - 1)


def _has_room_for_both(canvas: Canvas) -> bool:
    return canvas.height >= 2 + 2 * _VALUE_ROWS


def _latency(sweep: SweepView) -> str:
    return UNKNOWN if sweep.latency_ms is None else f"{sweep.latency_ms:.1f}"


def _paint_value(canvas: Canvas, top: int, rows: int, value: tuple[str, str, str], ink: Ink) -> None:
    """Draw label and unit above the digits, or beside them where they would cost the digits their size."""
    if rows < 1:
        return
    label, digits, unit = value
    usual, width = max(_USUAL_VALUE, digits, key=len), canvas.width - 2 * _MARGIN
    size, row = bigtext.largest(usual, width, rows - 1), top + 1
    if size is None:
        label, unit = f"{label} {unit}", ""
        size, row = bigtext.largest(digits, width - cell_len(label) - 1, rows), top
    canvas.write(top, _MARGIN, label, Ink.MUTED)
    if size is None:
        canvas.write_right(top, canvas.width - _MARGIN, digits, ink)
        return
    canvas.write_right(top, canvas.width - _MARGIN, unit, Ink.STRONG)
    left = canvas.width - _MARGIN - bigtext.cells(digits, size)[0]
    bigtext.draw(canvas, row, left, digits, size, Ink.UNSURE if digits == UNKNOWN else ink)


def _paint_words(canvas: Canvas, chip: str, words: list[str]) -> None:
    _paint_chip(canvas, chip, Ink.STRONG, Ground.UNKNOWN)
    rows, columns = slice(1, canvas.height - 1), slice(_MARGIN, canvas.width - _MARGIN)
    canvas.fill(rows, columns, NO_VALUE, Ink.FAINT)
    longest = max(words, key=len)
    size = bigtext.largest(longest, canvas.width - 2 * _MARGIN, (canvas.height - 2) // len(words))
    if size is None:
        return
    width, pitch = bigtext.cells(longest, size)[0], 4 * size[1]
    top = max(1 + (canvas.height - 2 - pitch * len(words)) // 2, 1)
    for index, word in enumerate(words):
        bigtext.draw(canvas, top + index * pitch, (canvas.width - width) // 2, word, size, Ink.UNSURE)


def _paint_details(canvas: Canvas, newest: SweepView, undecided: int) -> None:
    hidden_latency = newest.detected and not _has_room_for_both(canvas)
    parts = [f"{_latency(newest)} ms"] if hidden_latency else []
    parts += [] if newest.contaminated else [p_value(newest.p_value)]
    parts += [_stimulus(newest), tr("pulse {number}", number=newest.pulse_index)]
    parts += [tr("{count} cannot tell", count=undecided)] if undecided else []
    column, end = _MARGIN, canvas.width - _MARGIN
    for part in (beginning(part, end - _MARGIN) for part in parts if part):
        if column + cell_len(part) <= end:
            column = canvas.write(canvas.height - 1, column, part, Ink.TEXT) + 2


def _stimulus(sweep: SweepView) -> str:
    return clean(sweep.intensity) if sweep.current_ma is None else f"{sweep.current_ma:.2f} mA"
