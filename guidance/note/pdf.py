"""The note as PDF, with the patient and the state of the note on every sheet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from guidance.common.text import clean
from guidance.note.page import NoteItem, NotePage, Section, Sentence
from guidance.note.pictures import Picture

_FONT = "DejaVu"
_LABEL_MM, _LINE_MM = 48.0, 4.6
_MARGIN_MM = 18.0
_GAP_MM = 0.8
_COUNT = "{number of sheets}"
_RED, _BLACK, _GREY = (166, 28, 0), (0, 0, 0), (90, 90, 90)


class _Sheets(FPDF):
    """Sheets of A4 with header and footer."""

    def __init__(self, page: NotePage, created: datetime) -> None:
        super().__init__(format="A4")
        self._page = page
        fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
        self.add_font(_FONT, "", fonts / "DejaVuSans.ttf")
        self.add_font(_FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        self.set_creation_date(created)
        self.alias_nb_pages(_COUNT)
        self.set_title(self.known(page.title))
        self.set_margins(_MARGIN_MM, 14.0)
        self.set_auto_page_break(auto=True, margin=18.0)
        self.add_page()

    def known(self, text: str) -> str:
        """Return ``text`` with each letter that the font lacks replaced by its number."""
        glyphs = self.fonts[_FONT.lower()].cmap  # type: ignore[union-attr]
        return "".join(letter if ord(letter) in glyphs else f"[U+{ord(letter):04X}]" for letter in clean(text))

    def header(self) -> None:
        """Print title and patient at the top of the sheet."""
        self.set_text_color(*_GREY)
        self.set_font(_FONT, "", 8)
        self.line_of(f"{self._page.title} · Patient: {self._page.patient}", 8)
        self.ln(2.0)
        self.set_text_color(*_BLACK)

    def footer(self) -> None:
        """Print the state of the note and the number of the sheet."""
        self.set_y(-14.0)
        self.set_text_color(*_GREY)
        self.set_font(_FONT, "", 8)
        self.multi_cell(0, 4.0, self.known(f"{self._page.banners[0]}  Sheet {self.page_no()} of {_COUNT}"), align="C")
        self.set_text_color(*_BLACK)

    def line_of(self, text: str, size: float, style: str = "") -> None:
        """Print ``text`` as a paragraph over the whole width, at ``size`` points."""
        self.set_font(_FONT, style, size)
        self.multi_cell(0, size * 0.5, self.known(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def pdf(page: NotePage, pictures: Sequence[Picture], created: datetime) -> bytes:
    """Return ``page`` as PDF with ``pictures``, dated ``created``."""
    sheets = _Sheets(page, created)
    sheets.line_of(page.title, 15, "B")
    sheets.ln(1.0)
    sheets.line_of(f"Patient: {page.patient}", 10)
    sheets.set_text_color(*_RED)
    for banner in page.banners:
        sheets.ln(0.8)
        sheets.line_of(banner, 9, "B")
    sheets.set_text_color(*_BLACK)
    for section in page.sections:
        _section(sheets, section)
    for picture in pictures:
        _picture(sheets, picture)
    for section in page.closing:
        _section(sheets, section)
    return bytes(sheets.output())


def _section(sheets: _Sheets, section: Section) -> None:
    _room_for(sheets, 18.0)
    sheets.ln(3.0)
    sheets.line_of(section.title, 11, "B")
    sheets.line(sheets.l_margin, sheets.get_y(), sheets.w - sheets.r_margin, sheets.get_y())
    sheets.ln(1.0)
    for item in section.items:
        if item.sentences:
            _item(sheets, item)
    not_recorded = [item.label for item in section.items if not item.sentences]
    if not_recorded:
        _item(sheets, NoteItem("Not recorded", (Sentence("; ".join(not_recorded)),)))


def _item(sheets: _Sheets, item: NoteItem) -> None:
    """Print label and text side by side, on one sheet if they fit on one."""
    text = "\n".join(sheets.known(_sentence(part)) for part in item.sentences)
    label = sheets.known(item.label)
    sheets.set_font(_FONT, "B", 8.5)
    heights = [_height(sheets, _LABEL_MM - 2.0, label)]
    sheets.set_font(_FONT, "", 8.5)
    heights.append(_height(sheets, 0.0, text, sheets.l_margin + _LABEL_MM))
    _room_for(sheets, max(heights))
    top, first_sheet = sheets.get_y(), sheets.page_no()
    sheets.set_xy(sheets.l_margin, top)
    sheets.set_font(_FONT, "B", 8.5)
    sheets.multi_cell(_LABEL_MM - 2.0, _LINE_MM, label, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    below = sheets.get_y()
    sheets.set_xy(sheets.l_margin + _LABEL_MM, top)
    sheets.set_font(_FONT, "", 8.5)
    sheets.multi_cell(0, _LINE_MM, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    if sheets.page_no() == first_sheet:
        sheets.set_y(max(below, sheets.get_y()))
    sheets.ln(_GAP_MM)


def _height(sheets: _Sheets, width_mm: float, text: str, x_mm: float | None = None) -> float:
    sheets.set_x(sheets.l_margin if x_mm is None else x_mm)
    return cast("float", sheets.multi_cell(width_mm, _LINE_MM, text, align="L", dry_run=True, output="HEIGHT"))


def _room_for(sheets: _Sheets, height_mm: float) -> None:
    """Begin a new sheet if ``height_mm`` do not fit on this one but fit on a whole one."""
    if sheets.will_page_break(height_mm) and height_mm < sheets.eph:
        sheets.add_page()


def _picture(sheets: _Sheets, picture: Picture) -> None:
    width_in, height_in = picture.figure.get_size_inches()
    height_mm = sheets.epw * height_in / width_in
    _room_for(sheets, height_mm + 10.0)
    sheets.ln(3.0)
    sheets.image(io.BytesIO(picture.png()), w=sheets.epw, alt_text=picture.caption)
    sheets.line_of(picture.caption, 8)


def _sentence(part: Sentence) -> str:
    return f"{part.text} ({part.origin})" if part.origin else part.text
