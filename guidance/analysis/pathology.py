"""Axonal loss or demyelination, from motor conduction, F waves and sensory amplitudes.

The limits of demyelination are those of the American Academy of Neurology's criteria as a published table has them
(jnnp.bmj.com markup 175223, table 3), that of conduction block those of EFNS/PNS (PMC8108415, table 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guidance.analysis.conduction import ConductionResult, is_nearer
from guidance.analysis.findings import (
    NOT_ASSESSABLE,
    NOT_SUGGESTED,
    SUGGESTED,
    UNDECIDED,
    Evidence,
    ReportFinding,
    figure,
)
from guidance.analysis.late_waves import FWaveResult
from guidance.analysis.nerve_references import f_reference, sensory_reference
from guidance.analysis.reference_values import motor_reference
from guidance.analysis.sensory import SensoryResult
from guidance.analysis.study_context import StudyContext

DEMYELINATING, AXONAL = "demyelinating pattern", "axonal pattern"
_LEAST_NERVES = 2
_LARGE = 0.8
"""A muscle response above this share of its lower limit counts as large."""

_SLOW, _SLOW_SMALL = 0.8, 0.7
_LATE, _LATE_SMALL = 1.25, 1.5
_F_LATE, _F_LATE_SMALL = 1.2, 1.5
"""Velocity below, distal and F latency above this share of the limit, with a large and with a small response."""

_COLD = "the limb was cold; warm it and repeat"
_BLOCKED = 0.5
"""A proximal response of at most this share of the distal one shows a block."""


@dataclass(frozen=True, slots=True)
class NerveStudies:
    """All nerve studies of one patient."""

    motor: Sequence[ConductionResult] = ()
    sensory: Sequence[SensoryResult] = ()
    f_waves: Sequence[FWaveResult] = ()


def pathology(studies: NerveStudies, context: StudyContext) -> list[ReportFinding]:
    """Return the findings on demyelination and axonal loss; empty where no nerve was studied."""
    if not (studies.motor or studies.sensory):
        return []
    demyelinating = _demyelinating(studies, context)
    return [demyelinating, _axonal(studies, context, is_slow=demyelinating.word == SUGGESTED)]


def _demyelinating(studies: NerveStudies, context: StudyContext) -> ReportFinding:
    measured = {each.site.nerve for each in studies.motor if each.latency_ms is not None}
    if len(measured) < _LEAST_NERVES:
        return ReportFinding(DEMYELINATING, NOT_ASSESSABLE, why="motor conduction of at least two nerves is needed")
    evidence = Evidence()
    found = [(nerve, text) for nerve, text in _slow(studies, context)]
    for _, text in found:
        evidence.take(text, speaks_for=True)
    nerves = {nerve for nerve, _ in found}
    if measured - nerves:
        evidence.take(f"motor conduction of {_and(measured - nerves)} reaches no such limit", speaks_for=False)
    if len(nerves) >= _LEAST_NERVES and context.is_cold:
        return ReportFinding(
            DEMYELINATING,
            UNDECIDED,
            tuple(evidence.pro),
            tuple(evidence.con),
            why=_COLD,
        )
    word = SUGGESTED if len(nerves) >= _LEAST_NERVES else NOT_SUGGESTED
    return ReportFinding(DEMYELINATING, word, tuple(evidence.pro), tuple(evidence.con))


def _slow(studies: NerveStudies, context: StudyContext) -> Iterator[tuple[str, str]]:
    """Emit nerve and sentence of each measure beyond a limit of demyelination."""
    for each in studies.motor:
        known = motor_reference(each.site.nerve, context.age)
        is_large = _is_large(each, context)
        slowest = (known.velocity_m_s.low or 0.0) * (_SLOW if is_large else _SLOW_SMALL)
        if each.velocity_m_s is not None and each.velocity_m_s < slowest:
            yield each.site.nerve, f"{each.site.name}: {figure(each.velocity_m_s)} m/s is below {figure(slowest)} m/s"
        latest = (known.latency_ms.high or 1e9) * (_LATE if is_large else _LATE_SMALL)
        if each.latency_ms is not None and _is_most_distal(each, studies.motor) and each.latency_ms > latest:
            yield each.site.nerve, f"{each.site.name}: {figure(each.latency_ms)} ms is above {figure(latest)} ms"
        yield from _blocked(each, studies.motor)
    for wave in studies.f_waves:
        high = f_reference(wave.site).least_ms.high
        distal = next((m for m in studies.motor if m.site.nerve == wave.site.nerve), None)
        is_large = distal is not None and _is_large(distal, context)
        if high is not None and wave.least_ms is not None:
            latest = high * (_F_LATE if is_large else _F_LATE_SMALL)
            if wave.least_ms > latest:
                yield wave.site.nerve, f"{wave.site.name}: {figure(wave.least_ms)} ms is above {figure(latest)} ms"


def _blocked(each: ConductionResult, results: Sequence[ConductionResult]) -> Iterator[tuple[str, str]]:
    if each.amplitude_mv is None or each.site.nerve == "tibial":
        return
    for distal in results:
        if is_nearer(distal, each) and distal.amplitude_mv and each.amplitude_mv <= _BLOCKED * distal.amplitude_mv:
            share = 100 * each.amplitude_mv / distal.amplitude_mv
            yield each.site.nerve, f"{each.site.name}: {share:.0f} % of the response at {distal.site.place} (block)"


def _is_large(each: ConductionResult, context: StudyContext) -> bool:
    low = motor_reference(each.site.nerve, context.age).amplitude_mv.low
    return each.amplitude_mv is not None and (low is None or each.amplitude_mv > _LARGE * low)


def _is_most_distal(each: ConductionResult, results: Sequence[ConductionResult]) -> bool:
    return not any(is_nearer(other, each) for other in results if other is not each)


def _axonal(studies: NerveStudies, context: StudyContext, *, is_slow: bool) -> ReportFinding:
    evidence, small, measured = Evidence(), set(), set()
    for name, nerve, value, unit, low in _amplitudes(studies, context):
        measured.add(nerve)
        text = f"{name}: {'absent' if value is None else f'{figure(value)} {unit}'}, lower limit {figure(low)} {unit}"
        is_small = value is None or value < low
        evidence.take(text, speaks_for=is_small)
        small |= {nerve} if is_small else set()
    if len(measured) < _LEAST_NERVES:
        return ReportFinding(AXONAL, NOT_ASSESSABLE, why="two nerves with a reference of their amplitude are needed")
    if is_slow:
        why = "conduction is as slow as in demyelination, which also makes responses small"
        return ReportFinding(AXONAL, UNDECIDED, tuple(evidence.pro), tuple(evidence.con), why)
    word = SUGGESTED if len(small) >= _LEAST_NERVES else NOT_SUGGESTED
    return ReportFinding(AXONAL, word, tuple(evidence.pro), tuple(evidence.con))


def _amplitudes(studies: NerveStudies, context: StudyContext) -> Iterator[tuple[str, str, float | None, str, float]]:
    """Emit name, nerve, amplitude (None: absent), unit and lower limit of each response that has one."""
    for each in studies.motor:
        low = motor_reference(each.site.nerve, context.age).amplitude_mv.low
        if low is not None and each.amplitude_mv is not None and _is_most_distal(each, studies.motor):
            yield each.site.name, each.site.nerve, each.amplitude_mv, "mV", low
    for sensory in studies.sensory:
        low = sensory_reference(sensory.site, context).amplitude_uv.low
        if low is not None and (sensory.is_absent or sensory.amplitude_uv is not None):
            yield sensory.site.name, f"{sensory.site.nerve} sensory", sensory.amplitude_uv, "uV", low


def _and(nerves: set[str]) -> str:
    return " and ".join(sorted(nerves))
