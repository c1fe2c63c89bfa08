"""The patient's page as PDF, in large print."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from guidance.common.text import clean
from guidance.treatment.patient_page import PatientPage

_FONT = "DejaVu"
_TEXT_PT, _HEADING_PT, _TITLE_PT = 13.0, 15.0, 22.0
"""13 points: guides for patients ask for 12 and more (not read in a source); judged on paper by nobody yet."""
_MARGIN_MM = 20.0
_SPACING = 0.52
"""Height of a line in mm for each point of the letters."""
_INDENT_MM = 5.0


def large_print(page: PatientPage, written_at: datetime) -> bytes:
    """Return ``page`` on A4, dated ``written_at``."""
    sheets = _LargeSheets(written_at)
    sheets.paragraph(page.title, _TITLE_PT, "B")
    for banner in page.banners:
        sheets.set_text_color(166, 28, 0)
        sheets.paragraph(banner, _TEXT_PT, "B")
        sheets.set_text_color(0, 0, 0)
    for part in page.parts:
        sheets.keep_together(3 * _HEADING_PT * _SPACING)
        sheets.ln(4.0)
        sheets.paragraph(part.title, _HEADING_PT, "B")
        for line in part.lines:
            sheets.item(line, marked=len(part.lines) > 1)
    return bytes(sheets.output())


class _LargeSheets(FPDF):
    """Sheets of A4 in large print, with the date and the number of the sheet at the foot."""

    def __init__(self, written_at: datetime) -> None:
        super().__init__(format="A4")
        self._written_at = written_at
        fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
        self.add_font(_FONT, "", fonts / "DejaVuSans.ttf")
        self.add_font(_FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        self.set_creation_date(written_at)
        self.set_margins(_MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=_MARGIN_MM)
        self.add_page()

    def footer(self) -> None:
        """Print the date and the number of the sheet."""
        self.set_y(-14.0)
        self.set_font(_FONT, "", 9)
        self.cell(0, 5.0, f"Written {self._written_at:%Y-%m-%d}. Page {self.page_no()}", align="C")

    def paragraph(self, text: str, size: float, style: str = "") -> None:
        """Print ``text`` at ``size`` points over the whole width."""
        self.set_font(_FONT, style, size)
        self.multi_cell(0, size * _SPACING, clean(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def item(self, text: str, *, marked: bool) -> None:
        """Print ``text``, with a bullet where it is one of several."""
        words, bar, rest = clean(text).partition("  █")
        if not bar:
            words, bar, rest = clean(text).partition("  ░")
        self.ln(1.2)
        self.set_font(_FONT, "", _TEXT_PT)
        height = _TEXT_PT * _SPACING
        if marked:
            self.cell(_INDENT_MM, height, "•")
        self.multi_cell(0, height, words, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if bar:
            self.set_x(self.l_margin + (_INDENT_MM if marked else 0.0))
            self.cell(0, height, f"{bar.strip()}{rest}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def keep_together(self, height_mm: float) -> None:
        """Begin a new sheet if ``height_mm`` do not fit on this one."""
        if self.will_page_break(height_mm):
            self.add_page()
