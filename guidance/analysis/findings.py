"""Findings in words: what speaks for and against each, and what cannot be assessed and why. Never a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

Word = str
SUGGESTED, NOT_SUGGESTED, NOT_ASSESSABLE, SEEN = "suggested", "not suggested", "not assessable", "seen"


def figure(value: float, digits: int = 3) -> str:
    """``value`` to so many significant digits, without an exponent."""
    return f"{float(f'{value:.{digits}g}'):,.6g}".replace(",", "")


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """One question put to the recording: how it stands (``word``), and the evidence for and against, in sentences."""

    name: str
    word: Word
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()
    why: str = ""
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure beside its reference range: ``holds`` is ``below``, ``within``, ``above`` or empty.

    Not ``is_sure``: by its standard error it may as well lie on the other side of the nearest bound.
    """

    measure: str
    value: str
    reference: str
    holds: str
    source: str
    is_sure: bool = True


@dataclass(slots=True)
class Evidence:
    """Sentences for and against, gathered one by one."""

    pro: list[str] = field(default_factory=list)
    con: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)

    def take(self, sentence: str, *, speaks_for: bool) -> None:
        """Add ``sentence`` to its side."""
        (self.pro if speaks_for else self.con).append(sentence)

    def finding(self, name: str, least: int = 2) -> ReportFinding:
        """Suggested where ``least`` sentences speak for it and more than against; else not, or not assessable."""
        if not self.pro and not self.con:
            why = "none of what would tell it was measured well enough"
            return ReportFinding(name, NOT_ASSESSABLE, why=why, undecided=tuple(self.undecided))
        word = SUGGESTED if len(self.pro) >= least and len(self.pro) > len(self.con) else NOT_SUGGESTED
        return ReportFinding(name, word, tuple(self.pro), tuple(self.con), undecided=tuple(self.undecided))
