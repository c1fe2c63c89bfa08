"""Rows of a table of text: their cells as numbers and texts, with the row and the column that are wrong."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from drivers.base import DeviceRefused
from drivers.formats.loaded import Values, number, printable
from drivers.formats.table_columns import SHOWN, Column, RowText, role_at

_PLAIN = re.compile(r"[-+.0-9eE]*")
"""Characters of cells that are numbers, or that float() refuses: the fast path for all but faulty batches."""
_BATCH_ROWS = 4096
_HIGHEST = 1e15


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table being read: its columns, its rows, the number of the first row, and its ``delimiter``."""

    path: Path
    columns: tuple[Column, ...]
    rows: Iterator[list[str]]
    first_row: int
    delimiter: str


def read_rows(table: TextTable, wanted: set[int], texts: list[RowText]) -> dict[int, Values]:
    """Return the numbers of the ``wanted`` columns; add the texts of the column ``annotation``, with their samples.

    Raises DeviceRefused, naming the row that cannot be read.
    """
    text, lasting = role_at(table.columns, "text"), role_at(table.columns, "lasting")
    cells = {i: array("d") for i in sorted(wanted)}
    written = dict[str, str]()
    checked = _checked(table)
    first = table.first_row
    while batch := list(islice(checked, _BATCH_ROWS)):
        for i, values in cells.items():
            column = [row[i] for row in batch]
            _check_decimals(table, table.columns[i], "".join(column), written)
            values.extend(_numbers(table, first, table.columns[i], column))
        if text is not None:
            start = first - table.first_row
            texts += [
                RowText(start + at, row[text], "" if lasting is None else row[lasting])
                for at, row in enumerate(batch)
                if row[text].strip()
            ]
        first += len(batch)
    if first == table.first_row:
        raise DeviceRefused(f"{table.path} has column names but no samples below them, so there is nothing to play")
    return {i: np.array(values) for i, values in cells.items()}


def _checked(table: TextTable) -> Iterator[list[str]]:
    """Yield the rows; empty cells after the last column are what some programs write at the end of each line."""
    width, blank = len(table.columns), 0
    for row_number, row in enumerate(table.rows, start=table.first_row):
        if not row:
            blank = blank or row_number
            continue
        if not blank and len(row) > width and not any(cell.strip() for cell in row[width:]):
            del row[width:]
        if blank or len(row) != width:
            wrong, cells = (blank, "no") if blank else (row_number, len(row))
            raise DeviceRefused(f"row {wrong} of {table.path} has {cells} cells, not {width}; correct it")
        yield row


def _check_decimals(table: TextTable, where: Column, cells: str, written: dict[str, str]) -> None:
    """Raise DeviceRefused where one column has decimal commas and another points: then 1,234 may be a thousand.

    ``written`` holds the first column with each of the two so far.
    """
    for mark in ",.":
        if mark in cells:
            written.setdefault(mark, where.name)
    if len(set(written.values())) > 1:
        commas, points = (printable(written[mark][:SHOWN]) for mark in ",.")
        raise DeviceRefused(
            f"column '{commas}' of {table.path} has commas in its numbers, and column '{points}' has points; export it "
            "again with decimal points and without separators of thousands"
        )


def _numbers(table: TextTable, first_row: int, where: Column, cells: list[str]) -> list[float]:
    if _PLAIN.fullmatch("".join(cells)):
        with suppress(ValueError):
            values = [float(cell) for cell in cells]
            if max(map(abs, values)) <= _HIGHEST:
                return values
    commas = next((row for row, cell in enumerate(cells, first_row) if "," in cell), None)
    if commas is not None and any("." in cell for cell in cells):
        raise DeviceRefused(
            f"column '{printable(where.name[:SHOWN])}' of {table.path} has decimal commas (row {commas}) and decimal "
            "points; export it again with one of them"
        )
    return [_cell(table, row, where, text) for row, text in enumerate(cells, first_row)]


def _cell(table: TextTable, row: int, where: Column, text: str) -> float:
    value = cell_number(text.strip(), table.delimiter)
    if value is None or abs(value) > _HIGHEST:
        raise DeviceRefused(
            f"row {row} of {table.path} has '{printable(text[:SHOWN])}' in column "
            f"'{printable(where.name[:SHOWN])}', which is not a number that can be played; correct it"
        )
    return value


def cell_number(text: str, delimiter: str) -> float | None:
    """Return the number in ``text``; a comma that does not separate cells is a decimal comma. None where it is none."""
    return number(text.replace(",", ".") if delimiter != "," and "." not in text else text)
