"""Large digits and words drawn with quadrant blocks, in the largest size that fits, legible from two metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guidance.ui.raster import Canvas

_GLYPHS = {
    "0": ".###. #...# #...# #...# #...# #...# .###.",
    "1": "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
    "2": ".###. #...# ....# ...#. ..#.. .#... #####",
    "3": ".###. #...# ....# ..##. ....# #...# .###.",
    "4": "...#. ..##. .#.#. #..#. ##### ...#. ...#.",
    "5": "##### #.... ####. ....# ....# #...# .###.",
    "6": ".###. #.... #.... ####. #...# #...# .###.",
    "7": "##### ....# ...#. ..#.. ..#.. .#... .#...",
    "8": ".###. #...# #...# .###. #...# #...# .###.",
    "9": ".###. #...# #...# .#### ....# ....# .###.",
    ".": ".. .. .. .. .. ## ##",
    "-": "..... ..... ..... ##### ..... ..... .....",
    "?": ".###. #...# ....# ...#. ..#.. ..... ..#..",
    " ": "... ... ... ... ... ... ...",
    "%": "##..# ##..# ...#. ..#.. .#... #..## #..##",
    "A": ".###. #...# #...# ##### #...# #...# #...#",
    "C": ".###. #...# #.... #.... #.... #...# .###.",
    "D": "####. #...# #...# #...# #...# #...# ####.",
    "E": "##### #.... #.... ####. #.... #.... #####",
    "F": "##### #.... #.... ####. #.... #.... #....",
    "G": ".###. #...# #.... #.### #...# #...# .###.",
    "H": "#...# #...# #...# ##### #...# #...# #...#",
    "I": "### .#. .#. .#. .#. .#. ###",
    "K": "#...# #..#. #.#.. ##... #.#.. #..#. #...#",
    "L": "#.... #.... #.... #.... #.... #.... #####",
    "N": "#...# ##..# ##..# #.#.# #..## #..## #...#",
    "O": ".###. #...# #...# #...# #...# #...# .###.",
    "P": "####. #...# #...# ####. #.... #.... #....",
    "R": "####. #...# #...# ####. #.#.. #..#. #...#",
    "S": ".#### #.... #.... .###. ....# ....# ####.",
    "T": "##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..",
    "U": "#...# #...# #...# #...# #...# #...# .###.",
    "B": "####. #...# #...# ####. #...# #...# ####.",
    "M": "#...# ##.## #.#.# #.#.# #...# #...# #...#",
    "V": "#...# #...# #...# #...# #...# .#.#. ..#..",
    "Y": "#...# #...# .#.#. ..#.. ..#.. ..#.. ..#..",
    "/": "....# ....# ...#. ..#.. .#... #.... #....",
    "W": "#...# #...# #...# #.#.# #.#.# ##.## #...#",
}
_SIZES = ((8, 4), (6, 4), (6, 3), (5, 3), (4, 2), (3, 2), (2, 2), (2, 1), (1, 2), (1, 1))
_QUADRANTS = np.array([ord(block) for block in " ▗▖▄▝▐▞▟▘▚▌▙▀▜▛█"], np.uint32)

Size = tuple[int, int]


def _bitmap(glyph: str) -> NDArray[np.bool_]:
    return np.array([[dot == "#" for dot in row] + [False] for row in glyph.split()])


_BITMAPS = {char: _bitmap(glyph) for char, glyph in _GLYPHS.items()}


def cells(text: str, size: Size) -> tuple[int, int]:
    """Return width and height in cells of ``text`` in ``size`` (half cells per dot, across and down)."""
    dots = sum(_BITMAPS[char].shape[1] for char in text) - 1
    return -(-dots * size[0] // 2), -(-7 * size[1] // 2)


def largest(text: str, width: int, height: int) -> Size | None:
    """Return the largest size in which ``text`` fits into ``width`` x ``height`` cells; None if none fits."""
    for size in _SIZES:
        needed = cells(text, size)
        if needed[0] <= width and needed[1] <= height:
            return size
    return None


def draw(canvas: Canvas, row: int, column: int, text: str, size: Size, ink: int) -> None:
    """Draw ``text`` with its upper left corner at ``row``, ``column``. Raises KeyError if a character has no glyph."""
    dots = np.hstack([_BITMAPS[char] for char in text])[:, :-1]
    dots = dots.repeat(size[1], axis=0).repeat(size[0], axis=1)
    dots = np.pad(dots, ((0, dots.shape[0] % 2), (0, dots.shape[1] % 2)))
    quadrants = dots[::2, ::2] * 8 + dots[::2, 1::2] * 4 + dots[1::2, ::2] * 2 + dots[1::2, 1::2]
    canvas.stamp(row, column, _QUADRANTS[quadrants], ink)
