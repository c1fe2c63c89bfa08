"""Text from files that others may have written, fit for a terminal and for a line."""

from __future__ import annotations


def printable(text: str) -> str:
    """``text`` with control characters and runs of blanks turned into single blanks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
