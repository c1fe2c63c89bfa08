"""Recruitment from the firing rates of the motor units that a needle recording shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from guidance.analysis.findings import (
    NOT_ASSESSABLE,
    NOT_SUGGESTED,
    UNDECIDED,
    MeasureRow,
    ReportFinding,
    figure,
)
from guidance.analysis.motor_units import MeasuredUnits
from guidance.analysis.reference_values import FIRST_RECRUITED_HZ, NO_REFERENCE, ReferenceRange
from guidance.analysis.unit_firings import rate_of
from guidance.analysis.unit_rows import row_of
from guidance.signal.sweep.basis import Array

NAME = "reduced recruitment"
FASTEST_HZ = ReferenceRange(None, 15.0, "recruitment-2024")
"""97th percentile of the fastest rates at low to moderate contraction, 12 to 15 Hz by muscle."""

_MILD_HZ = 12.0
_LEAST_DISCHARGES = 10
"""A unit with fewer discharges has no steady rate (a judgement)."""

_ALONE, _STAYS = 4, 3
"""Firings of the first unit before the second one begins, and of the second from there on (a judgement)."""

_STOPS_S = 0.5
"""A unit without a firing for this long does not fire: no unit fires steadily below 2 Hz (a judgement)."""

_WINDOW_S = 1.0
"""Rates and units are counted in windows of this length."""

_LEAST_IN_WINDOW = 3

_CONFUSED = "two units under one name look like one that fires faster: check the rate in the signal"
_FORCE = "the force was not recorded; the range holds at low to moderate contraction, and early recruitment needs it"


def fastest_hz(units: MeasuredUnits) -> float | None:
    """Return the fastest rate in Hz of a unit that fires steadily; None where none does."""
    rates = [unit.firing_hz for unit in units.units if unit.firing_hz and unit.discharges >= _LEAST_DISCHARGES]
    return max(rates, default=None)


def first_recruited_hz(trains_s: list[Array]) -> float | None:
    """Return the recruitment frequency in Hz: that of the unit that fires alone when the second one begins.

    ``trains_s`` are the times in s of each unit's firings. It is the median over all such moments; None where no unit
    fires alone before another.
    """
    starts = [(start, at) for at, train in enumerate(trains_s) for start in _starts(train)]
    rates = []
    for start_s, second in starts:
        firing = [at for at, train in enumerate(trains_s) if at != second and _fires_at(train, start_s)]
        if len(firing) == 1:
            before = trains_s[firing[0]][trains_s[firing[0]] < start_s]
            alone = before[before > _last_of_others(trains_s, firing[0], start_s)]
            rate = rate_of(alone[-2 * _ALONE :]) if len(alone) >= _ALONE else None
            rates += [rate] if rate else []
    return float(np.median(rates)) if rates else None


def recruitment_ratio(trains_s: list[Array]) -> float | None:
    """Return the recruitment ratio in Hz a unit: the rate of the fastest unit divided by the number that fire.

    The median over windows of 1 s in which two units or more fire; None where there is none.
    """
    end_s = max((float(train[-1]) for train in trains_s if len(train)), default=0.0)
    ratios = []
    for start_s in np.arange(0.0, end_s, _WINDOW_S):
        within = [train[(train >= start_s) & (train < start_s + _WINDOW_S)] for train in trains_s]
        rates = [rate for train in within if len(train) >= _LEAST_IN_WINDOW and (rate := rate_of(train))]
        ratios += [max(rates) / len(rates)] if len(rates) >= 2 else []
    return float(np.median(ratios)) if ratios else None


def recruitment_rows(units: MeasuredUnits) -> Iterator[MeasureRow]:
    """Emit fastest rate, recruitment frequency and ratio with their ranges."""
    rate = fastest_hz(units)
    if rate is None:
        yield MeasureRow("fastest firing rate", "not assessable: no unit fires steadily", "", "", "")
    else:
        yield row_of("fastest firing rate", "Hz", rate, FASTEST_HZ)
    trains = [unit.firings.samples / units.sample_rate_hz for unit in (*units.units, *units.far)]
    first = first_recruited_hz(trains)
    if first is None:
        why = "not assessable: no unit fires alone before a second one begins"
        yield MeasureRow("recruitment frequency", why, "", "", "")
    else:
        yield row_of("recruitment frequency", "Hz", first, FIRST_RECRUITED_HZ)
    ratio = recruitment_ratio(trains)
    text = "not assessable: no second with two steady units" if ratio is None else f"{figure(ratio)} Hz a unit"
    yield MeasureRow("recruitment ratio", text, NO_REFERENCE if ratio is not None else "", "", "")


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


def _starts(train_s: Array) -> list[float]:
    """Return the times at which a unit begins to fire after a pause, and goes on."""
    if not len(train_s):
        return []
    first = np.flatnonzero(np.append(True, np.diff(train_s) > _STOPS_S))
    lengths = np.diff(np.append(first, len(train_s)))
    return [float(train_s[at]) for at, length in zip(first, lengths, strict=True) if length >= _STAYS]


def _fires_at(train_s: Array, at_s: float) -> bool:
    return bool(((train_s >= at_s - _STOPS_S) & (train_s < at_s)).any())


def _last_of_others(trains_s: list[Array], own: int, until_s: float) -> float:
    others = [train[train < until_s] for at, train in enumerate(trains_s) if at != own]
    return max((float(train[-1]) for train in others if len(train)), default=-np.inf)
