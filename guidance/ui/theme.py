"""The colours of the screen. Each goes with a shape, a word or a place: nothing is shown by colour alone.

Red, yellow and cyan are kept for alarms of high, medium and low priority (IEC 60601-1-8); unknown is grey.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from guidance.ui.palettes import PALETTES, Palette


class Ink(IntEnum):
    """Foregrounds. LOUD is for text on the ground HIGH. AGES inks of older sweeps follow OLDEST, newer brighter."""

    TEXT = 0
    STRONG = 1
    MUTED = 2
    FAINT = 3
    TRACE = 4
    UNSURE = 5
    ONSET = 6
    RULE = 7
    EMG = 8
    DARK = 9
    WARN = 10
    BAR = 11
    FAR = 12
    APPROACH = 13
    TARGET = 14
    LOUD = 15
    OLDEST = 16


class Ground(IntEnum):
    """Backgrounds."""

    BASE = 0
    WINDOW = 1
    CHIP = 2
    YES = 3
    UNKNOWN = 4
    HIGH = 5
    MEDIUM = 6
    LOW = 7
    NOTICE = 8
    SIMULATION = 9
    PROMPT = 10
    FAR = 11
    FAR_NOW = 12
    APPROACH = 13
    APPROACH_NOW = 14
    TARGET = 15
    TARGET_NOW = 16
    CLOSE = 17


CONTAMINATED = "\N{MULTIPLICATION SIGN}"
GAP = "\N{BOX DRAWINGS LIGHT DIAGONAL CROSS}"
NO_VALUE = "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}"

AGES = 11
"""How many older sweeps have an ink of their own."""

_BOLD = (Ink.STRONG, Ink.DARK, Ink.TRACE, Ink.ONSET, Ink.WARN, Ink.FAR, Ink.APPROACH, Ink.TARGET, Ink.LOUD)
_GROUND_STRIDE = 64


class _Chosen:
    """The palette in use, one for the whole screen."""

    palette: Palette = PALETTES["dark"]


def choose(name: str) -> Theme:
    """Use the palette ``name`` from now on, and return it as a theme for Textual. Raises KeyError."""
    _Chosen.palette = PALETTES[name]
    coded_style.cache_clear()
    return _textual_theme(name)


def codes(inks: NDArray[np.int16], grounds: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return each foreground on its background as one number."""
    return grounds * np.int16(_GROUND_STRIDE) + inks


@cache
def coded_style(coded: int) -> Style:
    """Return the terminal style of one of ``codes``."""
    ground, ink = divmod(coded, _GROUND_STRIDE)
    return Style(color=_colour(ink), bgcolor=_Chosen.palette.grounds[Ground(ground).name], bold=ink in _BOLD)


def _colour(ink: int) -> str:
    palette = _Chosen.palette
    if ink >= Ink.OLDEST:
        oldest, newest = (Color.parse(colour) for colour in palette.ages)
        return oldest.blend(newest, (ink - Ink.OLDEST) / (AGES - 1)).hex
    return palette.inks[Ink(ink).name]


def _textual_theme(name: str) -> Theme:
    inks, grounds = _Chosen.palette.inks, _Chosen.palette.grounds
    return Theme(
        name=f"needle-guidance-{name}",
        primary=inks["TRACE"],
        accent=inks["ONSET"],
        foreground=inks["TEXT"],
        background=grounds["BASE"],
        surface=grounds["BASE"],
        panel=grounds["BASE"],
        warning=grounds["MEDIUM"],
        error=grounds["HIGH"],
        dark=_Chosen.palette.is_dark,
    )
