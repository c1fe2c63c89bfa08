"""The rescue card on the screen: what to do, in order, and the first volume in digits that carry."""

from __future__ import annotations

import re
from collections.abc import Hashable
from textwrap import wrap

from guidance.common.text import clean
from guidance.contracts.snapshot import Snapshot
from guidance.language import mark, recorded, tr
from guidance.ui import bigtext
from guidance.ui.raster import Canvas
from guidance.ui.text import UNKNOWN, beginning
from guidance.ui.theme import Ground, Ink
from guidance.ui.widgets.scrolled import ScrolledPage

_MARGIN, _WORD = 2, 16
_TITLE = mark("LOCAL ANAESTHETIC TOXICITY: LIPID RESCUE, 20 % emulsion, intravenous")
"""The title where the engine has sent none."""
_LEAST_FOR_DIGITS = 110
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class RescuePage(ScrolledPage):
    """The card of the engine; the sources stand in ``needle-guidance dose rescue``."""

    DEFAULT_CSS = "RescuePage { height: 1fr; }"

    def key(self, snapshot: Snapshot) -> Hashable:
        """Return the card, and the weight that it is for."""
        return snapshot.rescue, snapshot.rescue_title, snapshot.patient_kg

    def paint_whole(self, canvas: Canvas, height: int) -> int:
        """Draw the title, the instructions, and the bolus in large digits where there is room."""
        canvas.shade(Ground.HIGH, slice(1))
        named = clean(self.snapshot.rescue_title) if self.snapshot else ""
        title = recorded(named) if named else tr(_TITLE)
        canvas.write(0, _MARGIN, beginning(title, canvas.width - 2 * _MARGIN), Ink.LOUD)
        lines = self.snapshot.rescue if self.snapshot else ()
        if not lines:
            canvas.write(2, _MARGIN, tr("{unknown} no card: needle-guidance dose rescue", unknown=UNKNOWN), Ink.STRONG)
            return 3
        bolus = next((text for word, text, is_dose in lines if is_dose and word == "BOLUS"), "")
        has_weight = self.snapshot is not None and bool(self.snapshot.patient_kg)
        has_digits = canvas.width >= _LEAST_FOR_DIGITS and has_weight and bool(bolus)
        width = canvas.width * 2 // 3 if has_digits else canvas.width
        row = 2
        for word, text, is_dose in lines:
            row = _paint_line(canvas, row, width, (recorded(clean(word)), recorded(clean(text))), is_dose=is_dose)
        if has_digits:
            _paint_bolus(canvas, width + _MARGIN, bolus, height)
        return row


def _paint_line(canvas: Canvas, row: int, width: int, line: tuple[str, str], *, is_dose: bool) -> int:
    """Draw one instruction in as many rows as it needs; return the row after it."""
    word, text = line
    left = _MARGIN + (2 if is_dose else 0)
    column = _MARGIN + _WORD if word else _MARGIN
    rows = wrap(text, max(width - column - 1, 20))
    if is_dose:
        canvas.shade(Ground.CHIP, slice(row, row + len(rows)))
    canvas.write(row, left, word, Ink.DARK if is_dose else Ink.LOUD if word else Ink.MUTED)
    for below, part in enumerate(rows):
        canvas.write(row + below, column, part, Ink.DARK if is_dose else Ink.STRONG if word else Ink.MUTED)
    return row + len(rows)


def _paint_bolus(canvas: Canvas, left: int, bolus: str, height: int) -> None:
    found = _NUMBER.search(bolus)
    if found is None:
        return
    size = bigtext.largest(found[0], canvas.width - left - _MARGIN, max(height - 6, 1))
    if size is None:
        return
    canvas.write(2, left, tr("BOLUS, about"), Ink.STRONG)
    bigtext.draw(canvas, 4, left, found[0], size, Ink.LOUD)
    canvas.write(5 + bigtext.cells(found[0], size)[1], left, tr("mL over 2 to 3 min"), Ink.STRONG)
