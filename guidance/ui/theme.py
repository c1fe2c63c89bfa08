"""The colours of the screen. Each also has a shape, a word or a place: nothing is told by colour alone.

Red, yellow and cyan are kept for alarms of high, medium and low priority (IEC 60601-1-8); unknown is grey.
"""

from __future__ import annotations

from enum import IntEnum

from rich.style import Style
from textual.color import Color
from textual.theme import Theme


class Ink(IntEnum):
    """Foregrounds. AGES older sweeps follow OLDEST, the brighter the newer."""

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
"""How many older sweeps are told apart."""
BACKGROUND = "#0b1015"

_AGE_DIM, _AGE_BRIGHT = Color.parse("#24443b"), Color.parse("#4a947c")
_INKS = {
    Ink.TEXT: "#c3ced9",
    Ink.STRONG: "#f3f7fa",
    Ink.MUTED: "#8494a3",
    Ink.FAINT: "#34424f",
    Ink.TRACE: "#7df5bf",
    Ink.UNSURE: "#a7b1bb",
    Ink.ONSET: "#8db7ff",
    Ink.RULE: "#5b7288",
    Ink.EMG: "#6f9dbd",
    Ink.DARK: "#0b1015",
    Ink.WARN: "#ffd34d",
    Ink.BAR: "#3c8a70",
    Ink.FAR: "#7fa8ff",
    Ink.APPROACH: "#f1ede0",
    Ink.TARGET: "#4dff9f",
}
_GROUNDS = {
    Ground.BASE: BACKGROUND,
    Ground.WINDOW: "#1d2227",
    Ground.CHIP: "#c3ced9",
    Ground.YES: "#2f9e78",
    Ground.UNKNOWN: "#3a444e",
    Ground.HIGH: "#c4121f",
    Ground.MEDIUM: "#ffd34d",
    Ground.LOW: "#4fd4e6",
    Ground.NOTICE: "#1d2c3d",
    Ground.SIMULATION: "#6a3fc4",
    Ground.PROMPT: "#f3f7fa",
    Ground.FAR: "#101c33",
    Ground.FAR_NOW: "#2c4f96",
    Ground.APPROACH: "#24272b",
    Ground.APPROACH_NOW: "#6d6a60",
    Ground.TARGET: "#0c2c20",
    Ground.TARGET_NOW: "#1f8a5c",
    Ground.CLOSE: "#3a0d13",
}
_BOLD = (Ink.STRONG, Ink.DARK, Ink.TRACE, Ink.ONSET, Ink.WARN, Ink.FAR, Ink.APPROACH, Ink.TARGET)

THEME = Theme(
    name="bedside",
    primary=_INKS[Ink.TRACE],
    accent=_INKS[Ink.ONSET],
    foreground=_INKS[Ink.TEXT],
    background=BACKGROUND,
    surface=BACKGROUND,
    panel=BACKGROUND,
    warning=_GROUNDS[Ground.MEDIUM],
    error=_GROUNDS[Ground.HIGH],
)


def style(ink: int, ground: int) -> Style:
    """Terminal style of a foreground on a background."""
    return Style(color=_colour(ink), bgcolor=_GROUNDS[Ground(ground)], bold=ink in _BOLD)


def _colour(ink: int) -> str:
    if ink >= Ink.OLDEST:
        return _AGE_DIM.blend(_AGE_BRIGHT, (ink - Ink.OLDEST) / (AGES - 1)).hex
    return _INKS[Ink(ink)]
