"""Findings on the pattern of motor units: myopathic, neurogenic.

A pattern is suggested by five units or more. That it is not suggested is said on a whole sample of 20 units alone:
fewer may have missed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guidance.analysis.findings import NOT_ASSESSABLE, SUGGESTED, Evidence, MeasureRow, ReportFinding
from guidance.analysis.interference import RATIO, SIZE
from guidance.analysis.motor_units import LEAST_UNITS, WHOLE_SAMPLE, MeasuredUnits
from guidance.analysis.unit_rows import outlier_name

MYOPATHIC, NEUROGENIC = "myopathic pattern", "neurogenic pattern"

_WANTED = {
    MYOPATHIC: {
        "duration": "below",
        "amplitude": "below",
        "area": "below",
        "polyphasic units": "above",
        RATIO: "above",
    },
    NEUROGENIC: {"duration": "above", "amplitude": "above", "area": "above", SIZE: "above"},
}
"""On which side of its range a measure speaks for the pattern."""

_OUTLIERS = {
    MYOPATHIC: (outlier_name("duration_ms", "below"),),
    NEUROGENIC: (outlier_name("duration_ms", "above"), outlier_name("amplitude_uv", "above")),
}
"""Outliers that speak for the pattern where they are too many; their absence speaks against nothing."""


def pattern_findings(rows: Sequence[MeasureRow], units: MeasuredUnits) -> Iterator[ReportFinding]:
    """Emit the finding on each pattern from all ``rows`` of the muscle."""
    for name in (MYOPATHIC, NEUROGENIC):
        yield _too_few(units, name) or _judged(name, rows, len(units.units))


def _too_few(units: MeasuredUnits, name: str) -> ReportFinding | None:
    if len(units.units) >= LEAST_UNITS:
        return None
    why = (
        f"{len(units.units)} motor units near the needle could be measured, and it takes {LEAST_UNITS}; "
        f"{units.distinguished} motor units were distinguished"
    )
    return ReportFinding(name, NOT_ASSESSABLE, why=why)


def _judged(name: str, rows: Sequence[MeasureRow], measured: int) -> ReportFinding:
    found = _gathered(rows, _WANTED[name], _OUTLIERS[name]).finding(name)
    if found.word in (SUGGESTED, NOT_ASSESSABLE) or measured >= WHOLE_SAMPLE:
        return found
    why = f"{measured} units near the needle were measured; it takes {WHOLE_SAMPLE} to say that it is not suggested"
    return ReportFinding(name, NOT_ASSESSABLE, found.evidence_for, found.evidence_against, why, found.undecided)


def _gathered(rows: Sequence[MeasureRow], wanted: dict[str, str], outliers: Sequence[str]) -> Evidence:
    """Gather the evidence of ``rows``: for if a measure lies on the side that ``wanted`` names, else against."""
    evidence = Evidence()
    for row in rows:
        side = wanted.get(row.measure)
        if side and row.holds:
            sentence = f"{row.measure} {row.value} is {row.holds} the range {row.reference}"
            if row.is_sure:
                evidence.take(sentence, speaks_for=row.holds == side)
            else:
                evidence.undecided.append(f"{sentence}, but its standard error reaches the bound")
        elif row.measure in outliers and row.holds == "above":
            evidence.take(f"{row.measure}: {row.value}, {row.reference} would be usual", speaks_for=True)
    return evidence
