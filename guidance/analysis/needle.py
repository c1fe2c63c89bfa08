"""Findings from needle EMG: spontaneous activity; motor units and interference against reference ranges; patterns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guidance.analysis.findings import (
    NOT_ASSESSABLE,
    NOT_SUGGESTED,
    SEEN,
    UNDECIDED,
    Evidence,
    MeasureRow,
    ReportFinding,
    figure,
)
from guidance.analysis.interference import Interference, interference
from guidance.analysis.motor_units import LEAST_UNITS, RISE_RATE_HZ, SHAPE_RATE_HZ, MeasuredUnits, measure_units
from guidance.analysis.reading import RecordedSignal, RestEpoch
from guidance.analysis.reference_values import ANY_MUSCLE, INTERFERENCE, UNITS, ReferenceRange
from guidance.analysis.spontaneous import ABNORMAL, PIECE_S, classify
from guidance.signal.sweep.mains import fit_mains

CLIPPED_SHARE = 0.001
MAINS_UV = 50.0
"""A recording with a larger share of clipped samples or more mains (uV) is unfit (a judgement, unsourced)."""

PERSISTS_S = 3.0
"""Abnormal activity lasts for longer than this (statpearls 19794)."""

_NAMES = {
    "duration_ms": ("duration", "ms"),
    "amplitude_uv": ("amplitude", "uV"),
    "area_uvms": ("area", "uV ms"),
    "phases": ("phases", ""),
    "turns": ("turns", ""),
    "polyphasic_percent": ("polyphasic units", "%"),
    "uv_per_turn": ("mean size of a turn", "uV"),
    "turns_per_mv": ("turns a second divided by size of a turn", "a second and mV"),
}


@dataclass(frozen=True, slots=True, eq=False)
class NeedleStudy:
    """The analysis of one needle recording."""

    muscle: str | None
    pieces: tuple[str, ...]
    units: MeasuredUnits | None
    pattern: Interference | None
    rows: tuple[MeasureRow, ...]
    findings: tuple[ReportFinding, ...]


def unfit(signal: RecordedSignal) -> str | None:
    """Return why ``signal`` cannot be assessed; None where it is fit."""
    known = signal.uv[np.isfinite(signal.uv)]
    sample_rate_hz = signal.info.sample_rate_hz
    if sample_rate_hz < SHAPE_RATE_HZ:
        return f"sampled at {sample_rate_hz:g} Hz, below the {SHAPE_RATE_HZ:g} Hz that the shape of potentials needs"
    if len(known) < PIECE_S * sample_rate_hz:
        return f"only {len(known) / sample_rate_hz:.1f} s long; {PIECE_S:g} s are needed"
    if float(np.ptp(known)) == 0.0:
        return "the signal is flat: was the electrode connected?"
    if signal.clipped_share > CLIPPED_SHARE:
        return f"{signal.clipped_share:.1%} of the samples are clipped, which changes shapes and amplitudes"
    mains = fit_mains(known[: round(10 * sample_rate_hz)], 0, sample_rate_hz)
    if mains and mains.amplitude_uv > MAINS_UV:
        return f"mains interference of {mains.amplitude_uv:.0f} uV hides small potentials and adds false turns"
    return None


def study(signal: RecordedSignal, muscle: str | None, rest: Sequence[RestEpoch] = ()) -> NeedleStudy:
    """Analyse ``signal`` of ``muscle``; without its name, the ranges of any muscle apply.

    ``rest`` adds epochs at rest to those that the recording marks.
    """
    why = unfit(signal)
    if why:
        names = ("spontaneous activity", "myopathic pattern", "neurogenic pattern")
        findings = tuple(ReportFinding(name, NOT_ASSESSABLE, why=why) for name in names)
        return NeedleStudy(muscle, (), None, None, (), findings)
    sample_rate_hz = signal.info.sample_rate_hz
    pieces = pieces_of(signal)
    units, pattern = measure_units(signal.uv, sample_rate_hz), interference(signal.uv, sample_rate_hz)
    rows = (*_unit_rows(units, muscle), *_pattern_rows(pattern), *_rise_row(units, sample_rate_hz))
    marked = _at_rest(len(pieces), (*signal.rest, *rest))
    findings = (*spontaneous_findings(pieces, marked), _myopathic(rows), _neurogenic(rows))
    return NeedleStudy(muscle, pieces, units, pattern, rows, findings)


def pieces_of(signal: RecordedSignal) -> tuple[str, ...]:
    """Name the activity in each two seconds of ``signal``; a piece with lost samples is ``unclear``."""
    sample_rate_hz = signal.info.sample_rate_hz
    size = round(PIECE_S * sample_rate_hz)
    parts = [signal.uv[first : first + size] for first in range(0, len(signal.uv) - size + 1, size)]
    return tuple("unclear" if np.isnan(part).any() else classify(part, sample_rate_hz).label for part in parts)


def _at_rest(pieces: int, epochs: Sequence[RestEpoch]) -> tuple[bool, ...]:
    """Return for each piece whether it lies within one of ``epochs``."""
    spans = [(number * PIECE_S, (number + 1) * PIECE_S) for number in range(pieces)]
    return tuple(any(start <= first and last <= end for start, end in epochs) for first, last in spans)


def spontaneous_findings(pieces: tuple[str, ...], marked: tuple[bool, ...] = ()) -> tuple[ReportFinding, ...]:
    """Return a finding for each kind of activity at rest, or one that there was none.

    ``marked`` states which pieces the user marked as rest; activity in no marked piece stays undecided.
    """
    count = Counter(pieces)
    rest = sum(number for label, number in count.items() if label not in {"motor unit", "unclear"})
    name = "spontaneous activity"
    if not rest:
        why = "voluntary or unclear activity is in every two seconds; record the muscle at rest"
        return (ReportFinding(name, NOT_ASSESSABLE, why=why),)
    labels = [label for label in count if label in {*ABNORMAL, "end-plate"}]
    firm = Counter(label for label, is_marked in zip(pieces, marked, strict=False) if is_marked)
    activities = [_activity_finding(label, count[label], rest, firm[label]) for label in labels]
    if activities:
        return tuple(activities)
    return (
        ReportFinding(
            name, NOT_SUGGESTED, evidence_against=(f"the muscle was silent for {rest * PIECE_S:g} s at rest",)
        ),
    )


def _activity_finding(label: str, number: int, rest: int, firm: int) -> ReportFinding:
    seconds = number * PIECE_S
    sentence = f"{number} of {rest} pieces of {PIECE_S:g} s at rest show it, by shape and regularity"
    con = [f"the classifier was tested on simulated {label} activity only"]
    if label in ABNORMAL and seconds <= PERSISTS_S:
        con.append(f"{seconds:g} s in all; abnormal activity lasts for more than {PERSISTS_S:g} s")
    if label != "end-plate":
        con.append("the recording does not show whether the needle was outside the end-plate zone")
    if firm:
        return ReportFinding(f"{label} activity", SEEN, (sentence,), tuple(con))
    why = "none of it lies in an epoch marked as rest; mark the epochs with --rest START-END or an annotation 'rest'"
    return ReportFinding(f"{label} activity", UNDECIDED, (sentence,), tuple(con), why)


def _unit_rows(units: MeasuredUnits, muscle: str | None) -> list[MeasureRow]:
    if len(units.units) < LEAST_UNITS:
        note = f"{len(units.units)} units distinguished; {LEAST_UNITS} are needed"
        return [MeasureRow("motor units", note, "", "", "")]
    ranges = UNITS.get((muscle or "").casefold(), ANY_MUSCLE)
    rows = [
        MeasureRow("motor units", f"{len(units.units)} distinguished, {units.unsorted} potentials unsorted", "", "", "")
    ]
    for name in ("duration_ms", "amplitude_uv", "area_uvms", "phases", "turns"):
        value = units.mean(name)
        if value is not None:
            rows.append(_row(name, value, ranges.get(name), units.spread(name)))
    share = units.polyphasic_percent
    if share is None:
        return rows
    error = 100 * (share / 100 * (1 - share / 100) / len(units.units)) ** 0.5
    return [*rows, _row("polyphasic_percent", share, ranges.get("polyphasic_percent"), error)]


def _pattern_rows(pattern: Interference) -> list[MeasureRow]:
    if pattern.median_uv_per_turn is None or pattern.turns_per_mv is None:
        return [MeasureRow("interference pattern", "no half second has at least 50 turns a second", "", "", "")]
    return [
        MeasureRow("turns", f"{pattern.median_turns_per_s:.0f} a second", "", "", ""),
        _row("uv_per_turn", pattern.median_uv_per_turn, INTERFERENCE["uv_per_turn"]),
        _row("turns_per_mv", pattern.turns_per_mv, INTERFERENCE["turns_per_mv"]),
    ]


def _rise_row(units: MeasuredUnits, sample_rate_hz: float) -> list[MeasureRow]:
    if sample_rate_hz < RISE_RATE_HZ:
        why = f"not assessable: {sample_rate_hz:g} Hz, {RISE_RATE_HZ:g} Hz are needed"
        return [MeasureRow("rise time", why, "", "", "")]
    value = units.mean("rise_us")
    return [] if value is None else [MeasureRow("rise time", f"{value:.0f} us", "", "", "")]


def _row(name: str, value: float, known: ReferenceRange | None, error: float = 0.0) -> MeasureRow:
    """Return the row of ``value`` with its standard ``error``, 0 if not known."""
    words, unit = _NAMES[name]
    spread = f" +- {figure(error, 2)}" if error else ""
    text = f"{figure(value)}{spread} {unit}".rstrip()
    if known is None:
        return MeasureRow(words, text, "", "", "")
    return MeasureRow(words, text, known.words(unit), known.holds(value), known.source, known.is_sure(value, error))


def _gather(rows: tuple[MeasureRow, ...], wanted: dict[str, str]) -> Evidence:
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
    return evidence


def _myopathic(rows: tuple[MeasureRow, ...]) -> ReportFinding:
    wanted = {
        "duration": "below",
        "amplitude": "below",
        "area": "below",
        "polyphasic units": "above",
        _NAMES["turns_per_mv"][0]: "above",
    }
    return _gather(rows, wanted).finding("myopathic pattern")


def _neurogenic(rows: tuple[MeasureRow, ...]) -> ReportFinding:
    wanted = {"duration": "above", "amplitude": "above", "area": "above", _NAMES["uv_per_turn"][0]: "above"}
    return _gather(rows, wanted).finding("neurogenic pattern")
