"""The note as PDF: the page to sign, then the audit appendix; patient and state of the note on every sheet."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from guidance.common.text import clean
from guidance.note.formats import unbroken
from guidance.note.page import APPENDIX, NotePage, Section, Sentence, Table
from guidance.note.pictures import Picture

_FONT = "DejaVu"
_LABEL_MM, _LINE_MM = 44.0, 3.45
_MARGIN_MM = 16.0
_GAP_MM = 0.25
_CELL_MM, _COLUMN_MM = 0.8, 45.0
"""Padding of a table's cells, and the widest column it asks for: the longest names of muscles, on one line."""
_SHORT_TEXT, _SHORT_LABEL = 26, 27
"""Most letters of a text and of its label that share a line with another item: what fits half of the width."""
_TEXT_PT = 8.0
"""Size of the text: the fields of a whole block fit on one sheet, and printed notes of this size are common; judged
on paper by nobody yet."""
_COUNT = "{number of sheets}"
_Labelled = tuple[str, str]
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
        self.set_auto_page_break(auto=True, margin=16.0)
        self.add_page()

    def known(self, text: str) -> str:
        """Return ``text`` with each letter that the font lacks replaced by its number, no percentage on two lines."""
        glyphs = self.fonts[_FONT.lower()].cmap  # type: ignore[union-attr]
        return "".join(
            letter if ord(letter) in glyphs else f"[U+{ord(letter):04X}]" for letter in unbroken(clean(text))
        )

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


def pdf(page: NotePage, pictures: Sequence[Picture], created: datetime, *, appendix: bool = True) -> bytes:
    """Return ``page`` as PDF, dated ``created``; the ``appendix``, on sheets of its own, holds the ``pictures``."""
    sheets = _Sheets(page, created)
    sheets.line_of(page.title, 14, "B")
    sheets.set_text_color(*_RED)
    for banner in page.banners:
        sheets.ln(0.5)
        sheets.line_of(banner, _TEXT_PT, "B")
    sheets.set_text_color(*_BLACK)
    if page.opening:
        sheets.ln(1.0)
        sheets.line_of(" ".join(part.text for part in page.opening), 9)
    for section in page.to_sign:
        _section(sheets, section, lambda part: part.text)
    if appendix:
        _appendix(sheets, page, pictures)
    return bytes(sheets.output())


def _appendix(sheets: _Sheets, page: NotePage, pictures: Sequence[Picture]) -> None:
    if page.appendix:
        sheets.add_page()
        sheets.line_of(APPENDIX, 13, "B")
    for section in page.appendix:
        _section(sheets, section, _with_origin)
    for picture in pictures:
        _picture(sheets, picture)


def _section(sheets: _Sheets, section: Section, form: Callable[[Sentence], str]) -> None:
    _room_for(sheets, 14.0)
    sheets.ln(1.4)
    sheets.line_of(section.title, 9.5, "B")
    sheets.line(sheets.l_margin, sheets.get_y(), sheets.w - sheets.r_margin, sheets.get_y())
    sheets.ln(0.8)
    items = [(item.label, " ".join(form(part) for part in item.sentences)) for item in section.items if item.sentences]
    not_recorded = [item.label for item in section.items if not item.sentences]
    for cells in _rows([*items, *([("Not recorded", "; ".join(not_recorded))] if not_recorded else [])]):
        _row(sheets, cells)
    if section.table:
        _table(sheets, section.table)


def _table(sheets: _Sheets, table: Table) -> None:
    sheets.ln(1.0)
    widths = [_column_mm(sheets, cells) for cells in zip(table.header, *table.rows, strict=True)]
    sheets.set_font(_FONT, "", _TEXT_PT - 1.0)
    with sheets.table(col_widths=tuple(widths), line_height=_LINE_MM, text_align="LEFT", padding=_CELL_MM) as printed:
        for cells in (table.header, *table.rows):
            printed.row([sheets.known(cell) for cell in cells])


def _column_mm(sheets: _Sheets, cells: Sequence[str]) -> float:
    """Return the width in mm that a column of a table asks for: that of its longest cell, up to a long name's."""
    sheets.set_font(_FONT, "B", _TEXT_PT - 1.0)
    return min(max(sheets.get_string_width(sheets.known(cell)) for cell in cells) + 2.0 * _CELL_MM, _COLUMN_MM)


def _rows(items: Sequence[_Labelled]) -> Iterator[tuple[_Labelled, ...]]:
    """Yield the items of each row: two short ones that follow each other share one."""
    waiting: tuple[_Labelled, ...] = ()
    for label, text in items:
        is_short = len(text) <= _SHORT_TEXT and len(label) <= _SHORT_LABEL
        if waiting and is_short:
            yield (*waiting, (label, text))
            waiting = ()
        else:
            yield from [waiting] if waiting else []
            waiting = ((label, text),) if is_short else ()
            yield from [] if is_short else [((label, text),)]
    yield from [waiting] if waiting else []


def _row(sheets: _Sheets, cells: Sequence[_Labelled]) -> None:
    """Print one item, or two short ones, each with its label beside its text; on one sheet if they fit on one."""
    width = sheets.epw / len(cells)
    known = [(sheets.known(label), sheets.known(text)) for label, text in cells]
    _room_for(sheets, max(_cell_height(sheets, label, text, width) for label, text in known))
    top, first_sheet, ends = sheets.get_y(), sheets.page_no(), []
    for number, (label, text) in enumerate(known):
        left = sheets.l_margin + number * width
        for style, part, x, part_width in (
            ("B", label, left, _LABEL_MM - 2.0), ("", text, left + _LABEL_MM, width - _LABEL_MM),
        ):  # fmt: skip
            sheets.set_xy(x, top)
            sheets.set_font(_FONT, style, _TEXT_PT)
            sheets.multi_cell(part_width, _LINE_MM, part, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            ends.append(sheets.get_y())
    if sheets.page_no() == first_sheet:
        sheets.set_y(max(ends))
    sheets.ln(_GAP_MM)


def _cell_height(sheets: _Sheets, label: str, text: str, width_mm: float) -> float:
    sheets.set_font(_FONT, "B", _TEXT_PT)
    height = _height(sheets, _LABEL_MM - 2.0, label)
    sheets.set_font(_FONT, "", _TEXT_PT)
    return max(height, _height(sheets, width_mm - _LABEL_MM, text))


def _height(sheets: _Sheets, width_mm: float, text: str) -> float:
    sheets.set_x(sheets.l_margin)
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


def _with_origin(part: Sentence) -> str:
    return f"{part.text} ({part.origin})" if part.origin else part.text
