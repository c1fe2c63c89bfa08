"""Text from outside made harmless for a terminal, a file or a document; numbers for texts."""

from __future__ import annotations

import unicodedata
from decimal import Decimal


def clean(text: str) -> str:
    """Return ``text`` without anything a terminal would execute: control, format and private codes go, breaks become
    spaces.
    """
    return "".join(_harmless(char) for char in text)


def one_line(text: str) -> str:
    """Return ``text`` cleaned, for a line of its own: runs of blanks become one, and none remains at its ends."""
    return " ".join(clean(text).split())


def _harmless(char: str) -> str:
    if char.isspace():
        return " "
    return "" if unicodedata.category(char).startswith("C") else char


def digits(number: float, count: int = 3) -> str:
    """Return ``number`` with at most ``count`` significant digits, and never with an exponent: 190, not 1.9e+02."""
    return format(Decimal(f"{number:.{count}g}"), "f")
