"""Findings from nerve conduction: carpal tunnel and neuropathy patterns, axonal loss and demyelination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guidance.analysis.comparison import Difference, comparison_rows, differences, take_comparisons
from guidance.analysis.conduction import ConductionResult, is_nearer
from guidance.analysis.findings import (
    NOT_ASSESSABLE,
    NOT_SUGGESTED,
    SUGGESTED,
    UNDECIDED,
    Evidence,
    MeasureRow,
    ReportFinding,
    figure,
)
from guidance.analysis.nerve_rows import measure_row, sensory_rows, unknown_row
from guidance.analysis.pathology import NerveStudies, pathology
from guidance.analysis.reference_values import MEDIAN_ULNAR_MS, ReferenceRange, motor_reference
from guidance.analysis.sensory import SensoryResult
from guidance.analysis.study_context import StudyContext

_CARPAL = "carpal tunnel pattern"
_COLD = "the limb was cold, which slows every nerve; warm it and repeat"


def rows_of(
    motor: Sequence[ConductionResult],
    sensory: Sequence[SensoryResult] = (),
    context: StudyContext = StudyContext(),  # noqa: B008 (frozen)
) -> list[MeasureRow]:
    """Return the measures of each site with their reference ranges, and the comparisons between nerves."""
    rows = [row for each in motor for row in _rows(each, context, is_distal=_is_distal(each, motor))]
    rows += [row for each in sensory for row in sensory_rows(each, context)]
    return [*rows, *comparison_rows(differences(motor, sensory))]


def findings_of(
    studies: NerveStudies,
    context: StudyContext = StudyContext(),  # noqa: B008 (frozen)
) -> list[ReportFinding]:
    """Return the patterns of carpal tunnel syndrome and neuropathy, of axonal loss and demyelination."""
    usual = replace(studies, motor=[each for each in studies.motor if not each.site.recorded])
    compared = differences(studies.motor, studies.sensory)
    return [_carpal_tunnel(usual, compared, context), _neuropathy(usual.motor, context), *pathology(usual, context)]


def _is_distal(each: ConductionResult, results: Sequence[ConductionResult]) -> bool:
    """Return whether ``each`` is the most distal site of its nerve, by its place, else by its latency."""
    return each.latency_ms is not None and not any(is_nearer(other, each) for other in results if other is not each)


def _rows(each: ConductionResult, context: StudyContext, *, is_distal: bool) -> list[MeasureRow]:
    name = each.site.name
    if each.latency_ms is None or each.amplitude_mv is None:
        return [unknown_row(name, each.why)]
    known = None if each.site.recorded else motor_reference(each.site.nerve, context.age)
    latency = known.latency_ms if known and is_distal else None
    rows = [
        measure_row(f"{name}, onset latency", each.latency_ms, "ms", latency),
        measure_row(f"{name}, amplitude", each.amplitude_mv, "mV", known.amplitude_mv if known else None),
    ]
    if each.velocity_m_s is not None:
        velocity = known.velocity_m_s if known else None
        rows.append(measure_row(f"{name}, velocity", each.velocity_m_s, "m/s", velocity))
    elif each.velocity_why:
        rows.append(unknown_row(f"{name}, velocity", each.velocity_why))
    return rows


def _distal(results: Sequence[ConductionResult], nerve: str) -> ConductionResult | None:
    return next((each for each in results if each.site.nerve == nerve and _is_distal(each, results)), None)


def _carpal_tunnel(studies: NerveStudies, compared: Sequence[Difference], context: StudyContext) -> ReportFinding:
    median, known = _distal(studies.motor, "median"), motor_reference("median", context.age)
    assessed = [each for each in compared if each.ms is not None]
    if median is None and not assessed:
        why = "the median nerve was not stimulated at the wrist, or there was no response"
        return ReportFinding(_CARPAL, NOT_ASSESSABLE, why=why)
    evidence = Evidence()
    take_comparisons(evidence, compared)
    if not assessed:
        evidence.undecided.append("no sensory comparison was studied, which shows the syndrome far more often")
    is_slow = median is not None and known.latency_ms.holds(median.latency_ms or 0.0) == "above"
    _take_motor(evidence, studies, median, context, is_early=bool(assessed) and not is_slow)
    above = sum(each.comparison.range_ms.holds(each.ms or 0.0) == "above" for each in assessed)
    found = evidence.finding(_CARPAL)
    if not is_slow and above == 0:
        return replace(found, word=NOT_SUGGESTED)
    if not is_slow and above == 1 and len(assessed) == 1:
        return replace(found, word=UNDECIDED, why="one comparison alone; study another")
    if is_slow and not above and context.is_cold and found.word == SUGGESTED:
        return replace(found, word=UNDECIDED, why=_COLD)
    return found


def _take_motor(
    evidence: Evidence, studies: NerveStudies, median: ConductionResult | None, context: StudyContext, *, is_early: bool
) -> None:
    """Add motor conduction; a normal median latency says nothing against what comparisons show (``is_early``)."""
    known, ulnar = motor_reference("median", context.age), _distal(studies.motor, "ulnar")
    if median is not None and median.latency_ms is not None:
        latency, name = known.latency_ms, "median distal latency"
        if is_early:
            evidence.undecided.append(f"{name} {figure(median.latency_ms)} ms is usual, as it is early in the syndrome")
        else:
            _compare(evidence, name, median.latency_ms, "ms", latency, "above")
    if ulnar is not None and ulnar.latency_ms is not None:
        usual = motor_reference("ulnar", context.age).latency_ms
        _compare(evidence, "ulnar distal latency", ulnar.latency_ms, "ms", usual, "within")
        if median is not None and median.latency_ms is not None and not is_early:
            difference = median.latency_ms - ulnar.latency_ms
            _compare(evidence, "median less ulnar latency", difference, "ms", MEDIAN_ULNAR_MS, "above")
    for each in studies.motor:
        if each.site.nerve == "median" and each.velocity_m_s is not None:
            _compare(evidence, "median velocity in the forearm", each.velocity_m_s, "m/s", known.velocity_m_s, "within")


def _neuropathy(motor: Sequence[ConductionResult], context: StudyContext) -> ReportFinding:
    name = "neuropathy pattern"
    if len({each.site.nerve for each in motor if each.latency_ms is not None}) < 2:
        return ReportFinding(name, NOT_ASSESSABLE, why="at least two nerves are needed")
    evidence, abnormal, small = Evidence(), set(), set()
    for each in motor:
        known = motor_reference(each.site.nerve, context.age)
        if each.velocity_m_s is not None:
            _compare(evidence, f"{each.site.name}: velocity", each.velocity_m_s, "m/s", known.velocity_m_s, "below")
            abnormal |= {each.site.nerve} if known.velocity_m_s.holds(each.velocity_m_s) == "below" else set()
        if each.amplitude_mv is not None and known.amplitude_mv.low is not None:
            _compare(evidence, f"{each.site.name}: amplitude", each.amplitude_mv, "mV", known.amplitude_mv, "below")
            small |= {each.site.nerve} if known.amplitude_mv.holds(each.amplitude_mv) == "below" else set()
    found = evidence.finding(name)
    if len(abnormal | small) < 2:
        return ReportFinding(name, NOT_SUGGESTED, found.evidence_for, found.evidence_against)
    if len(small) < 2 and context.is_cold:
        return replace(found, word=UNDECIDED, why=_COLD)
    return found


def _compare(evidence: Evidence, name: str, value: float, unit: str, known: ReferenceRange, wanted: str) -> None:
    holds = known.holds(value)
    evidence.take(f"{name} {figure(value)} {unit} is {holds} the range {known.words(unit)}", speaks_for=holds == wanted)
