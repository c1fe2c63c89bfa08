"""Findings on activity at rest: each kind of it, firm only in epochs marked as rest, and its grade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from guidance.analysis.findings import NOT_ASSESSABLE, NOT_SUGGESTED, SEEN, UNDECIDED, ReportFinding
from guidance.analysis.reading import RestEpoch
from guidance.analysis.spontaneous import ABNORMAL, PIECE_S

PERSISTS_S = 3.0
"""Abnormal activity lasts for longer than this (statpearls 19794)."""

_GRADED = frozenset({"fibrillation", "positive sharp wave"})
_LEAST_AREAS = 2
_GRADE = "grades without a source read (U); each marked epoch counts as one place of the needle"


_TESTED = (
    "the classifier was tested on simulated {} activity only, of shapes not tuned on, and on no labelled recording"
)
_NOT_MARKED = (
    "none of it lies in an epoch marked as rest; mark the epochs with --rest START-END or an annotation 'rest'"
)
_BESIDE_UNITS = "a motor unit fires in the epoch that is marked as rest, so the muscle was not at rest"


def spontaneous_findings(pieces: tuple[str, ...], epochs: Sequence[RestEpoch] = ()) -> tuple[ReportFinding, ...]:
    """Return a finding for each kind of activity at rest, or one that there was none.

    ``epochs`` are those that the user marked as rest; activity in none of them stays undecided.
    """
    count = Counter(pieces)
    rest = sum(number for label, number in count.items() if label not in {"motor unit", "unclear"})
    name = "spontaneous activity"
    if not rest:
        why = "voluntary or unclear activity is in every two seconds; record the muscle at rest"
        return (ReportFinding(name, NOT_ASSESSABLE, why=why),)
    labels = [label for label in count if label in {*ABNORMAL, "end-plate"}]
    if labels:
        return tuple(_activity_finding(label, pieces, rest, epochs) for label in labels)
    against = (f"the muscle was silent for {rest * PIECE_S:g} s at rest",)
    return (ReportFinding(name, NOT_SUGGESTED, evidence_against=against),)


def _activity_finding(label: str, pieces: Sequence[str], rest: int, epochs: Sequence[RestEpoch]) -> ReportFinding:
    number = sum(piece == label for piece in pieces)
    seconds = number * PIECE_S
    sentence = f"{number} of {rest} {PIECE_S:g}-second epochs at rest show it, by shape and regularity"
    con = [_TESTED.format(label)]
    if label in ABNORMAL and seconds <= PERSISTS_S:
        con.append(f"{seconds:g} s in all; abnormal activity lasts for more than {PERSISTS_S:g} s")
    if label != "end-plate":
        con.append("the recording does not show whether the needle was outside the end-plate zone")
    marked = [[pieces[at] for at in _within(epoch, len(pieces))] for epoch in epochs]
    areas = [area for area in marked if "motor unit" not in area]
    if any(label in area for area in areas):
        graded = (grade(label, areas),) if label in _GRADED else ()
        return ReportFinding(f"{label} activity", SEEN, (sentence, *graded), tuple(con))
    why = _BESIDE_UNITS if any(label in area for area in marked) else _NOT_MARKED
    return ReportFinding(f"{label} activity", UNDECIDED, (sentence,), tuple(con), why)


def _within(epoch: RestEpoch, pieces: int) -> list[int]:
    """Return the pieces that lie within ``epoch``."""
    start, end = epoch
    return [at for at in range(pieces) if start <= at * PIECE_S and (at + 1) * PIECE_S <= end]


def grade(label: str, areas: Sequence[Sequence[str]]) -> str:
    """Grade activity ``label`` in the pieces of each of ``areas`` from 1+ to 3+, as a sentence.

    1+ in two areas, 2+ in three or more, 3+ in all of four or more; 4+, which fills the baseline, is not distinguished.
    """
    assessed = [area for area in areas if area]
    found = sum(label in area for area in assessed)
    if found < _LEAST_AREAS:
        return f"not graded: it is in {found} of {len(assessed)} marked epochs, and a grade needs two or more"
    number = 3 if found == len(assessed) and found > 3 else 2 if found > 2 else 1
    return f"grade {number}+: in {found} of {len(assessed)} marked epochs ({_GRADE})"
