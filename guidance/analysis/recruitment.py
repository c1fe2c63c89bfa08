"""Recruitment from the firing rates of the motor units that a needle recording shows."""

from __future__ import annotations

from guidance.analysis.findings import (
    NOT_ASSESSABLE,
    NOT_SUGGESTED,
    UNDECIDED,
    MeasureRow,
    ReportFinding,
    figure,
)
from guidance.analysis.motor_units import MeasuredUnits
from guidance.analysis.reference_values import ReferenceRange

NAME = "reduced recruitment"
FASTEST_HZ = ReferenceRange(None, 15.0, "recruitment-2024")
"""97th percentile of the fastest rates at low to moderate contraction, 12 to 15 Hz by muscle."""

_MILD_HZ = 12.0
_LEAST_DISCHARGES = 10
"""A unit with fewer discharges has no steady rate (a judgement)."""

_CONFUSED = "two units under one name look like one that fires faster: check the rate in the signal"
_FORCE = "the force was not recorded; the range holds at low to moderate contraction, and early recruitment needs it"


def fastest_hz(units: MeasuredUnits) -> float | None:
    """Return the fastest rate in Hz of a unit that fires steadily; None where none does."""
    rates = [unit.firing_hz for unit in units.units if unit.firing_hz and unit.discharges >= _LEAST_DISCHARGES]
    return max(rates, default=None)


def recruitment_row(units: MeasuredUnits) -> MeasureRow:
    """Return the fastest firing rate with its range."""
    rate = fastest_hz(units)
    if rate is None:
        return MeasureRow("fastest firing rate", "not assessable: no unit fires steadily", "", "", "")
    words = FASTEST_HZ.words("Hz")
    return MeasureRow("fastest firing rate", f"{figure(rate)} Hz", words, FASTEST_HZ.holds(rate), FASTEST_HZ.source)


def reduced_recruitment(units: MeasuredUnits) -> ReportFinding:
    """Return the finding, graded by the fastest rate: not reduced, perhaps mildly, perhaps reduced.

    One recording with an unknown force never suggests it: the source requires several sites.
    """
    rate = fastest_hz(units)
    if rate is None:
        return ReportFinding(NAME, NOT_ASSESSABLE, why="no unit fires steadily enough for a rate")
    if rate <= _MILD_HZ:
        against = (f"no unit fires faster than {figure(rate)} Hz ({_MILD_HZ:g} Hz and less is usual)",)
        return ReportFinding(NAME, NOT_SUGGESTED, evidence_against=against, undecided=(_FORCE,))
    grade = "reduced" if rate > (FASTEST_HZ.high or 0.0) else "mildly reduced"
    text = f"a unit fires at {figure(rate)} Hz, which at several sites would show {grade} recruitment"
    return ReportFinding(NAME, UNDECIDED, undecided=(text, _CONFUSED, _FORCE), why="one site, force unknown")
