"""Findings from nerve conduction: carpal tunnel and neuropathy patterns."""

from __future__ import annotations

from collections.abc import Sequence

from guidance.analysis.conduction import ConductionResult, is_nearer
from guidance.analysis.findings import (
    NOT_ASSESSABLE,
    NOT_SUGGESTED,
    Evidence,
    MeasureRow,
    ReportFinding,
    figure,
)
from guidance.analysis.reference_values import MEDIAN_ULNAR_MS, NERVES, ReferenceRange


def rows_of(results: Sequence[ConductionResult]) -> list[MeasureRow]:
    """Return latency, amplitude and velocity of each site with their reference ranges."""
    return [row for each in results for row in _rows(each, is_distal=_is_distal(each, results))]


def findings_of(results: Sequence[ConductionResult]) -> list[ReportFinding]:
    """Return the patterns of carpal tunnel syndrome and neuropathy."""
    return [_carpal_tunnel(results), _neuropathy(results)]


def _is_distal(each: ConductionResult, results: Sequence[ConductionResult]) -> bool:
    """Return whether ``each`` is the most distal site of its nerve, by its place, else by its latency."""
    same = [other for other in results if other.site.nerve == each.site.nerve and other.latency_ms is not None]
    return each.latency_ms is not None and not any(other is not each and is_nearer(other, each) for other in same)


def _rows(each: ConductionResult, *, is_distal: bool) -> list[MeasureRow]:
    name = f"{each.site.nerve} at {each.site.place}"
    if each.latency_ms is None or each.amplitude_mv is None:
        return [MeasureRow(name, f"not assessable: {each.why}", "", "", "")]
    known = NERVES[each.site.nerve]
    latency = known.latency_ms if is_distal else None
    rows = [
        _row(f"{name}, onset latency", each.latency_ms, "ms", latency),
        _row(f"{name}, amplitude", each.amplitude_mv, "mV", known.amplitude_mv),
    ]
    if each.velocity_m_s is not None:
        rows.append(_row(f"{name}, velocity", each.velocity_m_s, "m/s", known.velocity_m_s))
    elif each.velocity_why:
        rows.append(MeasureRow(f"{name}, velocity", f"not assessable: {each.velocity_why}", "", "", ""))
    return rows


def _row(name: str, value: float, unit: str, known: ReferenceRange | None) -> MeasureRow:
    if known is None:
        return MeasureRow(name, f"{figure(value)} {unit}", "", "", "")
    return MeasureRow(name, f"{figure(value)} {unit}", known.words(unit), known.holds(value), known.source)


def _distal(results: Sequence[ConductionResult], nerve: str) -> ConductionResult | None:
    return next((each for each in results if each.site.nerve == nerve and _is_distal(each, results)), None)


def _carpal_tunnel(results: Sequence[ConductionResult]) -> ReportFinding:
    name, median, ulnar = "carpal tunnel pattern", _distal(results, "median"), _distal(results, "ulnar")
    if median is None or median.latency_ms is None:
        return ReportFinding(
            name, NOT_ASSESSABLE, why="the median nerve was not stimulated at the wrist, or there was no response"
        )
    evidence, known = Evidence(), NERVES["median"]
    evidence.undecided.append("no sensory conduction was studied, which shows carpal tunnel syndrome far more often")
    _compare(evidence, "median distal latency", median.latency_ms, "ms", known.latency_ms, "above")
    if ulnar is not None and ulnar.latency_ms is not None:
        _compare(evidence, "ulnar distal latency", ulnar.latency_ms, "ms", NERVES["ulnar"].latency_ms, "within")
        difference = median.latency_ms - ulnar.latency_ms
        _compare(evidence, "median less ulnar latency", difference, "ms", MEDIAN_ULNAR_MS, "above")
    for each in results:
        if each.site.nerve == "median" and each.velocity_m_s is not None:
            _compare(evidence, "median velocity in the forearm", each.velocity_m_s, "m/s", known.velocity_m_s, "within")
    finding = evidence.finding(name)
    is_slow = known.latency_ms.holds(median.latency_ms) == "above"
    return (
        finding
        if is_slow
        else ReportFinding(
            name, NOT_SUGGESTED, finding.evidence_for, finding.evidence_against, undecided=finding.undecided
        )
    )


def _neuropathy(results: Sequence[ConductionResult]) -> ReportFinding:
    evidence, slow = Evidence(), set()
    for each in results:
        known = NERVES[each.site.nerve]
        name = f"{each.site.nerve} at {each.site.place}"
        if each.velocity_m_s is not None:
            _compare(evidence, f"{name}: velocity", each.velocity_m_s, "m/s", known.velocity_m_s, "below")
        if each.amplitude_mv is not None:
            _compare(evidence, f"{name}: amplitude", each.amplitude_mv, "mV", known.amplitude_mv, "below")
            if known.amplitude_mv.holds(each.amplitude_mv) == "below":
                slow.add(each.site.nerve)
        if each.velocity_m_s is not None and known.velocity_m_s.holds(each.velocity_m_s) == "below":
            slow.add(each.site.nerve)
    if len({each.site.nerve for each in results if each.latency_ms is not None}) < 2:
        return ReportFinding("neuropathy pattern", NOT_ASSESSABLE, why="at least two nerves are needed")
    finding = evidence.finding("neuropathy pattern")
    if len(slow) > 1:
        return finding
    return ReportFinding(finding.name, NOT_SUGGESTED, finding.evidence_for, finding.evidence_against)


def _compare(evidence: Evidence, name: str, value: float, unit: str, known: ReferenceRange, wanted: str) -> None:
    holds = known.holds(value)
    evidence.take(f"{name} {figure(value)} {unit} is {holds} the range {known.words(unit)}", speaks_for=holds == wanted)
