"""The checks before the needle goes in: patient, side, protocol and device, and whether all works."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from rich.cells import cell_len

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.language import mark, recorded, tr, trn
from guidance.ui import bigtext
from guidance.ui.raster import Canvas
from guidance.ui.states import ShownState, StatusLevel, checks
from guidance.ui.text import UNKNOWN, beginning
from guidance.ui.theme import NO_VALUE, Ground, Ink
from guidance.ui.widgets.panel import Panel

_MARGIN = 2
_NAME = 14
_LEAST_FOR_DIGITS = 100
_SIGNS = {
    StatusLevel.GOOD: ("✔", Ink.TARGET, Ground.BASE),
    StatusLevel.HEED: ("◐", Ink.WARN, Ground.BASE),
    StatusLevel.BAD: ("✖", Ink.LOUD, Ground.HIGH),
    StatusLevel.UNKNOWN: (UNKNOWN, Ink.UNSURE, Ground.UNKNOWN),
    StatusLevel.PLAIN: ("○", Ink.MUTED, Ground.BASE),
}
_NEXT = (" ENTER ", mark("Guide"), " o ", mark("then"), " ENTER ", mark("arms the stimulator"))
_NEXT_STOP = (" ENTER ", mark("Stop before you block"))


class Checks(Panel):
    """Facts, then the checks as they turn good one by one; below, the keys that come next."""

    DEFAULT_CSS = "Checks { height: 1fr; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the facts, the checks, and whether there is a stimulator."""
        return _facts(snapshot), checks(snapshot), snapshot.stimulator is None, snapshot.stop_moment is None

    def paint(self, canvas: Canvas) -> None:
        """Draw facts and checks, with a blank line between them if there is room."""
        if self.snapshot is None or canvas.width < 30:
            return
        facts, found = _facts(self.snapshot), checks(self.snapshot)
        has_next = self.snapshot.stimulator is not None
        found, left_out = _most_important(found, canvas.height - len(facts) - has_next)
        gap = int(canvas.height >= len(facts) + len(found) + 4)
        for row, (name, value, hint) in enumerate(facts):
            _paint_fact(canvas, row, name, value, hint)
        first = len(facts) + gap
        wide = canvas.width >= _LEAST_FOR_DIGITS and canvas.height >= first + len(found) + 2
        pitch = 2 if canvas.height >= first + 2 * len(found) + 4 else 1
        for row, state in enumerate(found):
            _paint_check(canvas, first + row * pitch, state, canvas.width * 2 // 3 if wide else canvas.width)
        if wide:
            _paint_count(canvas, first, found)
        if left_out:
            text = trn("the other is good", "the other {count} are good", left_out)
            canvas.write(canvas.height - 1 - has_next, _MARGIN + 4, text, Ink.MUTED)
        if has_next:
            _paint_next(canvas, _NEXT_STOP if self.snapshot.stop_moment else _NEXT)


def _most_important(found: tuple[ShownState, ...], rows: int) -> tuple[tuple[ShownState, ...], int]:
    """Return the checks for ``rows`` rows and how many are left out: the last good ones, for which one row then stands.
    Of checks that are not good none is left out.
    """
    left_out: list[ShownState] = []
    for state in reversed(found):
        if len(found) - len(left_out) + bool(left_out) > max(rows, 1) and state.level is StatusLevel.GOOD:
            left_out.append(state)
    return tuple(state for state in found if state not in left_out), len(left_out)


def _facts(snapshot: Snapshot) -> tuple[tuple[str, str | None, str], ...]:
    kg = "" if snapshot.patient_kg is None else f"{snapshot.patient_kg:g} kg"
    patient = "  ".join(filter(None, [clean(snapshot.patient or ""), kg]))
    device = f"{clean(snapshot.source)}{'  ' + tr('SIMULATED PATIENT') if snapshot.simulated else ''}"
    unsourced = "  " + tr("({count} unsourced)", count=len(snapshot.unsourced)) if snapshot.unsourced else ""
    return (
        (tr("patient"), patient or None, tr("enter it in the case sheet, --case")),
        (tr("side"), recorded(clean(snapshot.side)) if snapshot.side else None, tr("press s")),
        (tr("protocol"), f"{clean(snapshot.protocol)}  {clean(snapshot.title)}  {clean(snapshot.mode)}{unsourced}", ""),
        (tr("device"), device, ""),
        *(
            (name, text, "")
            for name, text in zip((tr("caution"), *[""] * 9), map(clean, snapshot.cautions), strict=False)
        ),
    )


def _cautions(snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    for index, caution in enumerate(snapshot.cautions[:10]):
        yield "" if index else tr("caution"), recorded(clean(caution)), ""


def _paint_fact(canvas: Canvas, row: int, name: str, value: str | None, hint: str) -> None:
    canvas.write(row, _MARGIN, name, Ink.MUTED)
    not_recorded = tr("{unknown} not recorded: {hint}", unknown=UNKNOWN, hint=hint)
    text, ink = (not_recorded, Ink.UNSURE) if value is None else (value, Ink.STRONG)
    canvas.write(row, _MARGIN + _NAME, beginning(text, canvas.width - _MARGIN - _NAME - 1), ink)


def _paint_check(canvas: Canvas, row: int, state: ShownState, width: int) -> None:
    sign, ink, ground = _SIGNS[state.level]
    canvas.write(row, _MARGIN, f" {sign} ", ink, ground)
    canvas.write(row, _MARGIN + 4, state.name, Ink.TEXT)
    column = _MARGIN + _NAME + 3
    words_ink = Ink.UNSURE if state.level is StatusLevel.UNKNOWN else Ink.STRONG
    column = canvas.write(row, column, beginning(state.words, max(width - column - 1, 0)), words_ink)
    if state.level is StatusLevel.UNKNOWN:
        column = canvas.write(row, column + 1, NO_VALUE * 6, Ink.FAINT)
    if state.advice and width - column > 12:
        good = state.level in {StatusLevel.GOOD, StatusLevel.PLAIN}
        canvas.write(row, column + 2, beginning(state.advice, width - column - 3), Ink.MUTED if good else Ink.TEXT)


def _paint_count(canvas: Canvas, top: int, found: tuple[ShownState, ...]) -> None:
    """Draw how many are good, legible from a distance."""
    good = sum(state.level is StatusLevel.GOOD for state in found)
    bad = sum(state.level is StatusLevel.BAD for state in found)
    text, left = f"{good}/{len(found)}", canvas.width * 2 // 3 + _MARGIN
    size = bigtext.largest(text, canvas.width - left - _MARGIN, max(canvas.height - top - 6, 0))
    if size is None:
        return
    ink = Ink.TARGET if good == len(found) else Ink.WARN if bad else Ink.UNSURE
    bigtext.draw(canvas, top, left, text, size, ink)
    row = top + bigtext.cells(text, size)[1] + 1
    rest = tr("all good") if good == len(found) else tr("good, rest not known")
    word = tr("{count} to fix", count=bad) if bad else rest
    canvas.write(row, left, beginning(word, canvas.width - left - 1), ink)


def _paint_next(canvas: Canvas, texts: tuple[str, ...]) -> None:
    row, column = canvas.height - 1, _MARGIN
    for text in (text if text.startswith(" ") else tr(text) for text in texts):
        if column + cell_len(text) >= canvas.width:
            return
        is_key = text.startswith(" ")
        ink, ground = (Ink.DARK, Ground.CHIP) if is_key else (Ink.TEXT, None)
        column = canvas.write(row, column, text, ink, ground) + (1 if is_key else 3)
