"""Cells of text exports that are not plain tables: decoded lines, and columns of numbers."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from drivers.base import DeviceRefused
from drivers.formats.loaded import Values, number, printable

_SHOWN = 40
_HEAD_BYTES = 1 << 16


def encoding_of(path: Path) -> str:
    """Return the encoding of the text at ``path``: UTF-8, UTF-16 with its mark, else Windows' Latin. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(head)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def read_lines(path: Path) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of the text at ``path`` without their ends, and a sentence where the last has none.

    These programs end each line. One without an end is cut: its last number may lack digits, so it is left out. Raises
    OSError, and DeviceRefused where the file is no text.
    """
    try:
        text = path.read_text(encoding=encoding_of(path))
    except UnicodeDecodeError as error:
        raise DeviceRefused(f"{path} is not text throughout; export it again") from error
    lines = text.split("\n")
    cut = lines.pop()
    notes = (f"{path} ends in the middle of a row, which is left out; more may be missing",) if cut.strip() else ()
    return lines, notes


def check_widths(path: Path, rows: Sequence[Sequence[str]], width: int, first_row: int) -> None:
    """Raise DeviceRefused where a row has more cells than there are columns, as one with decimal commas has."""
    for at, row in enumerate(rows, first_row):
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            raise DeviceRefused(
                f"row {at} of {path} has {len(row)} cells for {width} columns; export it again, with decimal points"
            )


def numbers_in(path: Path, cells: Sequence[str], column: str, rows: Sequence[int] | range, comma: bool) -> Values:
    """Return the numbers (rows,) in the ``cells`` of a column; an empty cell and "NaN" are NaN.

    ``rows`` are their numbers in the file, for the message; ``comma``: a comma is a decimal point. Raises
    DeviceRefused.
    """
    if comma and any("," in cell for cell in cells) and any("." in cell for cell in cells):
        raise DeviceRefused(
            f"column '{printable(column[:_SHOWN])}' of {path} has decimal commas and decimal points; export it again "
            "with one of them"
        )
    plain = [cell.strip().replace(",", ".") if comma else cell.strip() for cell in cells]
    values = np.full(len(plain), np.nan)
    for at, text in enumerate(plain):
        value = number(text)
        if value is not None:
            values[at] = value
        elif text and text.casefold() != "nan":
            raise DeviceRefused(
                f"row {rows[at]} of {path} has '{printable(text[:_SHOWN])}' in column '{printable(column[:_SHOWN])}', "
                "which is no number; export it again"
            )
    return values


def without_empty_end(values: Values) -> Values:
    """Return ``values`` up to the last that is a number: a slower channel has fewer rows."""
    known = np.flatnonzero(~np.isnan(values))
    return values[: known[-1] + 1 if len(known) else 0]
