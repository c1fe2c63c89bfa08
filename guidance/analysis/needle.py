"""Findings from needle EMG: spontaneous activity; motor units and interference against reference ranges; patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guidance.analysis.findings import (
    NOT_ASSESSABLE,
    Evidence,
    MeasureRow,
    ReportFinding,
    figure,
)
from guidance.analysis.interference import Interference, interference
from guidance.analysis.motor_units import LEAST_UNITS, RISE_RATE_HZ, SHAPE_RATE_HZ, MeasuredUnits, measure_units
from guidance.analysis.reading import RecordedSignal, RestEpoch
from guidance.analysis.recruitment import NAME as RECRUITMENT
from guidance.analysis.recruitment import recruitment_row, reduced_recruitment
from guidance.analysis.reference_values import ANY_MUSCLE, INTERFERENCE, NO_REFERENCE, UNITS, ReferenceRange
from guidance.analysis.rest_activity import spontaneous_findings
from guidance.analysis.spectral_line import strongest_line
from guidance.analysis.spontaneous import PIECE_S, classify
from guidance.signal.sweep.mains import fit_mains

CLIPPED_SHARE = 0.001
MAINS_UV = 50.0
"""A recording with a larger share of clipped samples or more mains (uV) is unfit (a judgement, unsourced)."""

TONE_SHARE = 0.8
"""Share of the power in one line above which a recording is unfit. Simulated silence with mains has up to 0.75."""

_SURFACE = "recorded by surface electrodes, which show no single motor unit and no activity of single fibres"

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
    return _tone(signal)


def _tone(signal: RecordedSignal) -> str | None:
    """Return why a signal that is mostly a single tone cannot be assessed; None for others."""
    sample_rate_hz = signal.info.sample_rate_hz
    size = round(PIECE_S * sample_rate_hz)
    parts = [signal.uv[first : first + size] for first in range(0, len(signal.uv) - size + 1, size)]
    tones = [tone for part in parts if np.isfinite(part).all() and (tone := strongest_line(part, sample_rate_hz))]
    if not tones or float(np.median([tone.share for tone in tones])) < TONE_SHARE:
        return None
    return f"a tone of {np.median([tone.hz for tone in tones]):.0f} Hz is most of the signal: interference, no muscle"


def study(
    signal: RecordedSignal, muscle: str | None, rest: Sequence[RestEpoch] = (), needle: str | None = None
) -> NeedleStudy:
    """Analyse ``signal`` of ``muscle``; without its name, the ranges of any muscle apply.

    ``rest`` adds epochs at rest to those that the recording marks. ``needle`` is the kind of electrode, if known.
    """
    why = _SURFACE if needle == "surface" else unfit(signal)
    if why:
        names = ("spontaneous activity", "myopathic pattern", "neurogenic pattern", RECRUITMENT)
        findings = tuple(ReportFinding(name, NOT_ASSESSABLE, why=why) for name in names)
        return NeedleStudy(muscle, (), None, None, (), findings)
    sample_rate_hz = signal.info.sample_rate_hz
    pieces = pieces_of(signal)
    units, pattern = measure_units(signal.uv, sample_rate_hz), interference(signal.uv, sample_rate_hz)
    rows = (
        *_unit_rows(units, muscle), recruitment_row(units), *_pattern_rows(pattern), *_rise_row(units, sample_rate_hz),
    )  # fmt: skip
    at_rest = spontaneous_findings(pieces, (*signal.rest, *rest))
    patterns = (_too_few(units, name) or judged for name, judged in _patterns(rows).items())
    findings = (*at_rest, *patterns, reduced_recruitment(units))
    return NeedleStudy(muscle, pieces, units, pattern, rows, findings)


def pieces_of(signal: RecordedSignal) -> tuple[str, ...]:
    """Name the activity in each two seconds of ``signal``; a piece with lost samples is ``unclear``."""
    sample_rate_hz = signal.info.sample_rate_hz
    size = round(PIECE_S * sample_rate_hz)
    parts = [signal.uv[first : first + size] for first in range(0, len(signal.uv) - size + 1, size)]
    return tuple("unclear" if np.isnan(part).any() else classify(part, sample_rate_hz).label for part in parts)


def _unit_rows(units: MeasuredUnits, muscle: str | None) -> list[MeasureRow]:
    if len(units.units) < LEAST_UNITS:
        note = f"{len(units.units)} units distinguished; {LEAST_UNITS} are needed"
        return [MeasureRow("motor units", note, "", "", "")]
    ranges = UNITS.get((muscle or "").casefold(), ANY_MUSCLE)
    rows = [
        MeasureRow("motor units", f"{len(units.units)} distinguished, {units.unsorted} unclassified MUPs", "", "", "")
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
        MeasureRow("turns", f"{pattern.median_turns_per_s:.0f} a second", NO_REFERENCE, "", ""),
        _row("uv_per_turn", pattern.median_uv_per_turn, INTERFERENCE["uv_per_turn"]),
        _row("turns_per_mv", pattern.turns_per_mv, INTERFERENCE["turns_per_mv"]),
    ]


def _rise_row(units: MeasuredUnits, sample_rate_hz: float) -> list[MeasureRow]:
    if sample_rate_hz < RISE_RATE_HZ:
        why = f"not assessable: {sample_rate_hz:g} Hz, {RISE_RATE_HZ:g} Hz are needed"
        return [MeasureRow("rise time", why, "", "", "")]
    value = units.mean("rise_us")
    return [] if value is None else [MeasureRow("rise time", f"{value:.0f} us", NO_REFERENCE, "", "")]


def _row(name: str, value: float, known: ReferenceRange | None, error: float = 0.0) -> MeasureRow:
    """Return the row of ``value`` with its standard ``error``, 0 if not known."""
    words, unit = _NAMES[name]
    spread = f" +- {figure(error, 2)}" if error else ""
    text = f"{figure(value)}{spread} {unit}".rstrip()
    if known is None:
        return MeasureRow(words, text, NO_REFERENCE, "", "")
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


def _too_few(units: MeasuredUnits, name: str) -> ReportFinding | None:
    """Return that too few units were found for the pattern ``name``; None where there are enough."""
    if len(units.units) >= LEAST_UNITS:
        return None
    why = f"{len(units.units)} motor units were distinguished, and it takes {LEAST_UNITS}"
    return ReportFinding(name, NOT_ASSESSABLE, why=why)


def _patterns(rows: tuple[MeasureRow, ...]) -> dict[str, ReportFinding]:
    """Return the findings on the patterns of motor units by their names."""
    return {finding.name: finding for finding in (_myopathic(rows), _neurogenic(rows))}


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
