"""Rows of the quantitative analysis of motor unit potentials: means, outliers, satellites, jiggle, recruitment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from guidance.analysis.findings import MeasureRow, figure
from guidance.analysis.motor_units import (
    LEAST_UNITS,
    RISE_RATE_HZ,
    WHOLE_SAMPLE,
    MeasuredUnits,
    standard_error,
)
from guidance.analysis.reference_values import (
    ANY_MUSCLE,
    MOST_OUTLIERS,
    NO_REFERENCE,
    OUTLIERS,
    UNITS,
    ReferenceRange,
)

NAMES = {
    "duration_ms": ("duration", "ms"),
    "amplitude_uv": ("amplitude", "uV"),
    "area_uvms": ("area", "uV ms"),
    "phases": ("phases", ""),
    "turns": ("turns", ""),
    "polyphasic_percent": ("polyphasic units", "%"),
}
SIDES = {"below": "too short or small", "above": "too long or large"}


def outlier_name(measure: str, side: str) -> str:
    """Return the name of the row that counts the outliers of ``measure`` on ``side`` (below, above)."""
    return f"outliers, {NAMES[measure][0]} {side}"


def unit_rows(units: MeasuredUnits, muscle: str | None) -> Iterator[MeasureRow]:
    """Emit the rows on motor units, each beside its range or "no reference"."""
    yield MeasureRow("motor units", _counts(units), "", "", "")
    yield from _rise(units)
    if len(units.units) < LEAST_UNITS:
        return
    ranges = UNITS.get((muscle or "").casefold(), ANY_MUSCLE)
    for name in ("duration_ms", "amplitude_uv", "area_uvms", "phases", "turns"):
        value = units.mean(name)
        if value is not None:
            yield row_of(*NAMES[name], value, ranges.get(name), units.spread(name))
    share = units.polyphasic_percent
    if share is not None:
        error = 100 * (share / 100 * (1 - share / 100) / len(units.units)) ** 0.5
        yield row_of(*NAMES["polyphasic_percent"], share, ranges.get("polyphasic_percent"), error)
    yield from _outliers(units)
    yield _satellites(units)
    yield _jiggle(units)


def row_of(words: str, unit: str, value: float, known: ReferenceRange | None, error: float = 0.0) -> MeasureRow:
    """Return the row of ``value`` with its standard ``error``, 0 if not known."""
    spread = f" +- {figure(error, 2)}" if error else ""
    text = f"{figure(value)}{spread} {unit}".rstrip()
    if known is None:
        return MeasureRow(words, text, NO_REFERENCE, "", "")
    return MeasureRow(words, text, known.words(unit), known.holds(value), known.source, known.is_sure(value, error))


def _counts(units: MeasuredUnits) -> str:
    """Say how many units there are, how many could be measured, and what that is enough for."""
    measured = len(units.units) + len(units.far)
    text = (
        f"{units.distinguished} distinguished, {measured} measured, {len(units.units)} of them near the needle; "
        f"{units.unsorted} unclassified MUPs"
    )
    if len(units.units) < LEAST_UNITS:
        return f"{text}; a mean takes {LEAST_UNITS} units"
    if len(units.units) < WHOLE_SAMPLE:
        return f"{text}; a whole sample is {WHOLE_SAMPLE} units"
    return text


def outliers(units: MeasuredUnits, measure: str) -> dict[str, int]:
    """Count the units whose ``measure`` is beyond the limit of a single unit, surely (90 %), by side."""
    known = OUTLIERS[measure]
    sure = [
        known.holds(getattr(unit.measures, measure))
        for unit in units.units
        if known.is_sure(getattr(unit.measures, measure), unit.errors[measure])
    ]
    return {side: sure.count(side) for side in SIDES}


def _outliers(units: MeasuredUnits) -> Iterator[MeasureRow]:
    """Emit a count for each limit of a single unit; it is judged from two outliers more than may be, or 20 units."""
    for measure, known in OUTLIERS.items():
        counts = outliers(units, measure)
        for side, bound in (("below", known.low), ("above", known.high)):
            if bound is None:
                continue
            limit = f"{bound:g} {NAMES[measure][1]}"
            value = f"{counts[side]} of {len(units.units)} units {side} {limit}"
            holds = MOST_OUTLIERS.holds(counts[side])
            is_whole = holds == "above" or len(units.units) >= WHOLE_SAMPLE
            yield MeasureRow(
                outlier_name(measure, side),
                value,
                f"{MOST_OUTLIERS.words('')} in {WHOLE_SAMPLE}",
                holds if is_whole else "",
                known.source,
            )


def _satellites(units: MeasuredUnits) -> MeasureRow:
    having = sum(unit.satellites > 0 for unit in units.units)
    return MeasureRow("units with satellites", f"{having} of {len(units.units)}", NO_REFERENCE, "", "")


def _jiggle(units: MeasuredUnits) -> MeasureRow:
    known = [unit.jiggle for unit in units.units if unit.jiggle]
    if len(known) < LEAST_UNITS:
        text = f"not assessable: {len(known)} units with enough firings that nothing overlaps, {LEAST_UNITS} are needed"
        return MeasureRow("jiggle", text, "", "", "")
    percent, alike = [each.percent for each in known], [each.correlation for each in known]
    text = (
        f"{figure(float(np.mean(percent)))} +- {figure(standard_error(percent), 2)} %, correlation "
        f"{float(np.mean(alike)):.2f}, {len(known)} units"
    )
    return MeasureRow("jiggle", text, NO_REFERENCE, "", "")


def _rise(units: MeasuredUnits) -> Iterator[MeasureRow]:
    value = units.mean("rise_us")
    if units.sample_rate_hz < RISE_RATE_HZ:
        why = f"not assessable: {units.sample_rate_hz:g} Hz, {RISE_RATE_HZ:g} Hz are needed"
        yield MeasureRow("rise time", why, "", "", "")
    elif value is not None:
        text = f"{value:.0f} +- {units.spread('rise_us'):.0f} us"
        yield MeasureRow("rise time", text, NO_REFERENCE, "", "")
