"""Conversion from samples to dots and from dots to terminal lines: braille by numpy, lines as Textual's Strips."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from guidance.ui.theme import Ground, Ink, coded_style, codes

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]

_BLANK = ord(" ")
_SECOND_HALF = 0
_ALL = slice(None)


def _braille_codes() -> NDArray[np.uint32]:
    """Return the code point for each packed cell; the dots are in reading order, the first in the highest bit."""
    order = (0, 3, 1, 4, 2, 5, 6, 7)
    patterns = [sum(1 << order[dot] for dot in range(8) if packed & (128 >> dot)) for packed in range(256)]
    return np.array([0x2800 + pattern for pattern in patterns], np.uint32)


_BRAILLE = _braille_codes()


def spans(low: Floats, high: Floats, height: int) -> Mask:
    """Return dots of shape (height, columns), set from row ``low`` to row ``high``, rows counted from the top; a NaN
    leaves its column empty.
    """
    rows = np.arange(height, dtype=np.float32)[:, None]
    return (rows >= np.round(low)) & (rows <= np.round(high))


def envelope(uv: Floats, first: float, last: float, columns: int) -> tuple[Floats, Floats]:
    """Return the lowest and highest value of a trace in each of ``columns`` equal stretches from sample ``first`` to
    ``last``.

    Neighbouring stretches share an edge, so that the trace is drawn unbroken; NaN where there is no sample.
    """
    fine = max(2, int(np.ceil((last - first) / columns)))
    at = np.linspace(first, last, columns * fine + 1)
    values = np.interp(at, np.arange(len(uv)), uv, left=np.nan, right=np.nan).astype(np.float32)
    inner, edge = values[:-1].reshape(columns, fine), values[fine::fine]
    return np.fmin(inner.min(axis=1), edge), np.fmax(inner.max(axis=1), edge)


def _read_only(cells: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view of ``cells``: only the Canvas's methods write, because they cut off what lies outside."""
    view = cells.view()
    view.flags.writeable = False
    return view


def _clipped(part: slice, size: int) -> slice:
    """Return the part of ``part`` that lies from 0 to below ``size``; empty if none does."""
    first = min(max(part.start or 0, 0), size)
    last = size if part.stop is None else min(max(part.stop, first), size)
    return slice(first, last)


class Canvas:
    """A grid of (height, width) cells to write and plot on, and its finished lines. What lies outside is cut off."""

    def __init__(self, width: int, height: int, ground: Ground = Ground.BASE) -> None:
        self.width = width
        self.height = height
        self._codes = np.full((height, width), _BLANK, np.dtype("<u4"))
        self._inks = np.full((height, width), int(Ink.TEXT), np.int16)
        self._grounds = np.full((height, width), int(ground), np.int16)
        self.codes, self.inks = _read_only(self._codes), _read_only(self._inks)
        self.grounds = _read_only(self._grounds)

    def write(self, row: int, column: int, text: str, ink: int, ground: Ground | None = None) -> int:
        """Write ``text`` from ``column`` on; return the column after it. Wide characters take two cells."""
        for char in text:
            cells = cell_len(char)
            if cells and 0 <= row < self.height and 0 <= column <= self.width - cells:
                self._put(row, column, char, cells, ink, ground)
            column += cells
        return column

    def write_right(self, row: int, end: int, text: str, ink: int, ground: Ground | None = None) -> int:
        """Write ``text`` so that it ends before column ``end``; return the column it begins at."""
        self.write(row, end - cell_len(text), text, ink, ground)
        return end - cell_len(text)

    def _put(self, row: int, column: int, char: str, cells: int, ink: int, ground: Ground | None) -> None:
        here = slice(column, column + cells)
        self._codes[row, here] = _SECOND_HALF
        self._codes[row, column] = ord(char)
        self._inks[row, here] = ink
        if ground is not None:
            self._grounds[row, here] = ground

    def fill(self, rows: slice, columns: slice, char: str, ink: int) -> None:
        """Put ``char`` into every cell of a rectangle."""
        here = self._inside(rows, columns)
        self._codes[here] = ord(char)
        self._inks[here] = ink

    def shade(self, ground: Ground, rows: slice = _ALL, columns: slice = _ALL, ink: int | None = None) -> None:
        """Give every cell of a rectangle this background and, unless it is None, this ink; by default all cells."""
        here = self._inside(rows, columns)
        self._grounds[here] = ground
        if ink is not None:
            self._inks[here] = ink

    def stamp(self, top: int, left: int, block: NDArray[np.uint32], ink: int) -> None:
        """Put a rectangle of characters, given by their code points."""
        here, seen = self._overlap(top, left, block.shape)
        self._codes[here] = block[seen]
        self._inks[here] = ink

    def paste(self, top: int, source: Canvas, first: int, rows: int) -> None:
        """Copy ``rows`` rows of ``source``, of the same width, from its row ``first`` on, to the rows at ``top``."""
        rows = max(min(rows, self.height - top, source.height - first), 0)
        here, there = slice(top, top + rows), slice(first, first + rows)
        self._codes[here] = source.codes[there]
        self._inks[here] = source.inks[there]
        self._grounds[here] = source.grounds[there]

    def plot(self, top: int, left: int, dots: NDArray[np.uint8]) -> None:
        """Draw ``dots`` (4 x cells high, 2 x cells wide) as braille over the picture; cells without a dot stay.

        The value of a dot is its ink; 0 is no dot. A cell takes the highest ink among its dots.
        """
        height, width = dots.shape[0] // 4, dots.shape[1] // 2
        cells = np.ascontiguousarray(dots.reshape(height, 4, width, 2).transpose(0, 2, 1, 3)).reshape(height, width, 8)
        here, seen = self._overlap(top, left, (height, width))
        cells = cells[seen]
        packed = np.packbits(cells, axis=-1)[..., 0]
        np.copyto(self._codes[here], _BRAILLE[packed], where=packed > 0)
        np.copyto(self._inks[here], cells.max(axis=-1), where=packed > 0)

    def _inside(self, rows: slice, columns: slice) -> tuple[slice, slice]:
        """Return the part of a rectangle that lies on the canvas; a negative index lies outside."""
        return _clipped(rows, self.height), _clipped(columns, self.width)

    def _overlap(self, top: int, left: int, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Return the part of a picture of ``shape`` that lies on the canvas: its place there, and in the picture."""
        rows, columns = self._inside(slice(top, top + shape[0]), slice(left, left + shape[1]))
        seen = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
        return (rows, columns), seen

    def changes(self, before: Canvas) -> list[tuple[int, int, int]]:
        """Return row, first and last changed column of each row that differs from ``before``, of the same size."""
        styles = codes(self._visible_inks(), self._grounds), codes(before._visible_inks(), before._grounds)
        differs = (self._codes != before._codes) | (styles[0] != styles[1])
        halves = (self._codes == _SECOND_HALF) | (before._codes == _SECOND_HALF)
        differs[:, :-1] |= differs[:, 1:] & halves[:, 1:]  # a wide character changes whole
        differs[:, 1:] |= differs[:, :-1] & halves[:, 1:]
        found = np.flatnonzero(differs.any(axis=1))
        first, last = differs.argmax(axis=1), self.width - 1 - differs[:, ::-1].argmax(axis=1)
        return [(int(row), int(first[row]), int(last[row])) for row in found]

    def strips(self) -> list[Strip]:
        """Return the finished lines."""
        styles = codes(self._visible_inks(), self._grounds)
        return [self._strip(line, row) for line, row in zip(self._codes, styles, strict=True)]

    def _visible_inks(self) -> NDArray[np.int16]:
        """Return the inks, each blank cell with the ink to its left: fewer changes of style, so fewer codes to send."""
        columns = np.arange(self.width)
        source = np.maximum.accumulate(np.where(self._codes == _BLANK, 0, columns), axis=1)
        return np.take_along_axis(self._inks, source, axis=1)

    def _strip(self, line: NDArray[np.uint32], styles: NDArray[np.int16]) -> Strip:
        text = line.tobytes().decode("utf-32-le")
        cuts = [0, *(np.flatnonzero(styles[1:] != styles[:-1]) + 1).tolist(), self.width]
        inks = styles.tolist()
        return Strip(
            [Segment(text[a:b].replace("\0", ""), coded_style(inks[a])) for a, b in pairwise(cuts) if b > a], self.width
        )
