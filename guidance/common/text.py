"""Text from outside made harmless: to a terminal, in a file, in a document."""

from __future__ import annotations

import unicodedata


def clean(text: str) -> str:
    """``text`` without anything a terminal would obey: control, format and private codes go, breaks become spaces."""
    return "".join(_harmless(char) for char in text)


def one_line(text: str) -> str:
    """``text`` cleaned, for a line of its own: runs of blanks become one, and none is left at its ends."""
    return " ".join(clean(text).split())


def _harmless(char: str) -> str:
    if char.isspace():
        return " "
    return "" if unicodedata.category(char).startswith("C") else char
