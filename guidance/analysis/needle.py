"""Findings from needle EMG: spontaneous activity; motor units and interference against reference ranges; patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guidance.analysis.findings import NOT_ASSESSABLE, MeasureRow, ReportFinding
from guidance.analysis.interference import Interference, interference, interference_rows
from guidance.analysis.motor_units import SHAPE_RATE_HZ, MeasuredUnits, measure_units
from guidance.analysis.reading import RecordedSignal, RestEpoch
from guidance.analysis.recruitment import NAME as RECRUITMENT
from guidance.analysis.recruitment import recruitment_rows, reduced_recruitment
from guidance.analysis.rest_activity import spontaneous_findings
from guidance.analysis.spectral_line import strongest_line
from guidance.analysis.spontaneous import PIECE_S, classify
from guidance.analysis.unit_patterns import MYOPATHIC, NEUROGENIC, pattern_findings
from guidance.analysis.unit_rows import unit_rows
from guidance.signal.sweep.mains import fit_mains

CLIPPED_SHARE = 0.001
MAINS_UV = 50.0
"""A recording with a larger share of clipped samples or more mains (uV) is unfit (a judgement, unsourced)."""

TONE_SHARE = 0.8
"""Share of the power in one line above which a recording is unfit. Simulated silence with mains has up to 0.75."""

_SURFACE = "recorded by surface electrodes, which show no single motor unit and no activity of single fibres"


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
        names = ("spontaneous activity", MYOPATHIC, NEUROGENIC, RECRUITMENT)
        findings = tuple(ReportFinding(name, NOT_ASSESSABLE, why=why) for name in names)
        return NeedleStudy(muscle, (), None, None, (), findings)
    sample_rate_hz = signal.info.sample_rate_hz
    pieces = pieces_of(signal)
    units, pattern = measure_units(signal.uv, sample_rate_hz), interference(signal.uv, sample_rate_hz)
    rows = (*unit_rows(units, muscle), *recruitment_rows(units), *interference_rows(pattern))
    at_rest = spontaneous_findings(pieces, (*signal.rest, *rest))
    findings = (*at_rest, *pattern_findings(rows, units), reduced_recruitment(units))
    return NeedleStudy(muscle, pieces, units, pattern, rows, findings)


def pieces_of(signal: RecordedSignal) -> tuple[str, ...]:
    """Name the activity in each two seconds of ``signal``; a piece with lost samples is ``unclear``."""
    sample_rate_hz = signal.info.sample_rate_hz
    size = round(PIECE_S * sample_rate_hz)
    parts = [signal.uv[first : first + size] for first in range(0, len(signal.uv) - size + 1, size)]
    return tuple("unclear" if np.isnan(part).any() else classify(part, sample_rate_hz).label for part in parts)
