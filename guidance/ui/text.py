"""Text and numbers for the screen: text shortened to a number of cells, values with their units.

What does not fit is shortened by one of two rules: a sentence keeps its first whole words, a name its two ends.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

from guidance.common.text import clean
from guidance.contracts.task_views import ToxinView
from guidance.dose.formatting import percent
from guidance.language import tr

UNKNOWN = "?"
_NUMBER = re.compile(r"[<>~±+-]?\d[\d.,:]*")
_JOINTS = ",;:-( "
"""Signs that join a word to the next."""


def shorten(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` cells, the middle left out: for a name, whose ends distinguish it."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    tail = (width - 1) // 2
    return f"{set_cell_size(text, width - 1 - tail)}…{set_cell_size(text[::-1], tail)[::-1]}"


def beginning(text: str, width: int) -> str:
    """Return the first words of ``text`` in at most ``width`` cells: for a sentence, whose beginning matters most.

    Nothing ends in the middle of a word or number, nor between a number and its unit; only a first word that is longer
    than the room is shortened as a name.
    """
    if cell_len(text) <= width:
        return text
    words = text.split()
    while words and (cell_len(" ".join(words)) + 1 >= width or _is_number(words[-1])):
        words.pop()
    kept = " ".join(words).rstrip(_JOINTS)
    if kept:
        return f"{kept} …"
    first = next(iter(text.split()), "")
    is_name = cell_len(first) > width and not _is_number(first)
    return shorten(first, width) if is_name else "…"[: max(width, 0)]


def _is_number(word: str) -> bool:
    """Return whether ``word`` is a number, which means nothing without the unit that follows it."""
    return _NUMBER.fullmatch(word) is not None


def clock(seconds: float) -> str:
    """Return a time as mm:ss.s; the minutes go on past 60."""
    tenths = round(seconds * 10)
    return f"{tenths // 600:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


def amplitude(amplitude_uv: float) -> tuple[str, str]:
    """Return the digits (at most four and a point) and the unit of an amplitude in uV."""
    if amplitude_uv >= 9999.5:
        return f"{amplitude_uv / 1000:.1f}", "mV"
    return f"{amplitude_uv:.0f}" if amplitude_uv >= 9.95 else f"{amplitude_uv:.1f}", "µV"


def p_value(p: float | None) -> str:
    """Return a p value written as in papers."""
    if p is None:
        return f"p {UNKNOWN}"
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"


def session_words(toxin: ToxinView) -> str:
    """Return the units so far and their share of the session's limit."""
    if toxin.most_units is None or toxin.fraction is None:
        return tr(
            "session {units} U; no limit for {indication} is known",
            units=f"{toxin.total_units:g}",
            indication=clean(toxin.indication),
        )
    share = percent(toxin.fraction)
    return tr(
        "session {units} of {most} U, {share} ({indication})",
        units=f"{toxin.total_units:g}",
        most=f"{toxin.most_units:g}",
        share=share,
        indication=clean(toxin.indication),
    )
