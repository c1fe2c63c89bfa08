"""Findings: the evidence for and against each, and why one cannot be assessed. A finding is never a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass, field

Word = str
SUGGESTED, NOT_SUGGESTED, NOT_ASSESSABLE, SEEN = "suggested", "not suggested", "not assessable", "seen"
UNDECIDED = "undecided"


def figure(value: float, digits: int = 3) -> str:
    """Format ``value`` to ``digits`` significant digits, without an exponent."""
    return f"{float(f'{value:.{digits}g}'):,.6g}".replace(",", "")


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """One finding: its state (``word``), and sentences of evidence for and against it."""

    name: str
    word: Word
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()
    why: str = ""
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure with its reference range; ``holds`` is ``below``, ``within``, ``above`` or empty.

    ``is_sure`` is False if, by its standard error, the value may lie on the other side of the nearest bound.
    """

    measure: str
    value: str
    reference: str
    holds: str
    source: str
    is_sure: bool = True


@dataclass(slots=True)
class Evidence:
    """Sentences for and against a finding."""

    pro: list[str] = field(default_factory=list)
    con: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)

    def take(self, sentence: str, *, speaks_for: bool) -> None:
        """Add ``sentence`` to the evidence for or against."""
        (self.pro if speaks_for else self.con).append(sentence)

    def finding(self, name: str, least: int = 2) -> ReportFinding:
        """Return the finding ``name``: suggested if at least ``least`` sentences speak for it, more than against.

        Otherwise it is not suggested. Without any sentence, or where fewer than ``least`` measures are reliable and
        none speaks against it, it is not assessable.
        """
        if not self.pro and not self.con:
            why = "no measure that could show it is reliable enough"
            return ReportFinding(name, NOT_ASSESSABLE, why=why, undecided=tuple(self.undecided))
        if not self.con and len(self.pro) < least:
            why = f"{len(self.pro)} of its measures is reliable enough, and it takes {least}"
            return ReportFinding(name, NOT_ASSESSABLE, tuple(self.pro), why=why, undecided=tuple(self.undecided))
        word = SUGGESTED if len(self.pro) >= least and len(self.pro) > len(self.con) else NOT_SUGGESTED
        return ReportFinding(name, word, tuple(self.pro), tuple(self.con), undecided=tuple(self.undecided))
