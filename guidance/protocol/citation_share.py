"""The share of a protocol's numbers and statements that cite a source."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from guidance.citations import CERTAINTIES, Sourced, cited
from guidance.protocol.sheet import Sheet

MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CitationShare:
    """Counts of a sheet's values (numbers) and statements (texts) by certainty, ``missing`` included."""

    numbers: dict[str, int]
    statements: dict[str, int]

    @property
    def share(self) -> float | None:
        """The share of present numbers that have a source; None if no number is present."""
        there = sum(count for certainty, count in self.numbers.items() if certainty != MISSING)
        return (there - self.numbers["unsourced"]) / there if there else None


def count_citations(sheet: Sheet) -> CitationShare:
    """Count the values and statements of ``sheet``; the two ends of a range are one number."""
    numbers, statements = Counter[str](), Counter[str]()
    for _, item in cited(sheet):
        is_text = not isinstance(item, Sourced) or isinstance(item.value, str)
        (statements if is_text else numbers)[item.certainty or MISSING] += 1
    grades = (*CERTAINTIES, MISSING)
    return CitationShare({grade: numbers[grade] for grade in grades}, {grade: statements[grade] for grade in grades})
