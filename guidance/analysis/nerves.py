"""Findings from nerve conduction, alone and with needle EMG: carpal tunnel, neuropathy and radiculopathy patterns."""

from __future__ import annotations

from collections.abc import Sequence

from guidance.analysis.conduction import ConductionResult
from guidance.analysis.findings import NOT_ASSESSABLE, SUGGESTED, Evidence, MeasureRow, ReportFinding, figure
from guidance.analysis.reference_values import MEDIAN_ULNAR_MS, NERVES, ReferenceRange


def rows_of(found: Sequence[ConductionResult]) -> list[MeasureRow]:
    """Latency, amplitude and velocity of each site beside their ranges."""
    return [row for each in found for row in _rows(each, is_distal=_is_distal(each, found))]


def findings_of(found: Sequence[ConductionResult], needle: Sequence[ReportFinding]) -> list[ReportFinding]:
    """The patterns; ``needle`` are findings from a muscle's EMG, if there is one."""
    return [_carpal_tunnel(found), _neuropathy(found), _radiculopathy(found, needle)]


def _is_distal(each: ConductionResult, found: Sequence[ConductionResult]) -> bool:
    same = [o.latency_ms for o in found if o.site.nerve == each.site.nerve and o.latency_ms is not None]
    return each.latency_ms is not None and each.latency_ms == min(same)


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
    return rows


def _row(name: str, value: float, unit: str, known: ReferenceRange | None) -> MeasureRow:
    if known is None:
        return MeasureRow(name, f"{figure(value)} {unit}", "", "", "")
    return MeasureRow(name, f"{figure(value)} {unit}", known.words(unit), known.holds(value), known.source)


def _distal(found: Sequence[ConductionResult], nerve: str) -> ConductionResult | None:
    return next((each for each in found if each.site.nerve == nerve and _is_distal(each, found)), None)


def _carpal_tunnel(found: Sequence[ConductionResult]) -> ReportFinding:
    name, median, ulnar = "carpal tunnel pattern", _distal(found, "median"), _distal(found, "ulnar")
    if median is None or median.latency_ms is None:
        return ReportFinding(
            name, NOT_ASSESSABLE, why="the median nerve was not stimulated at the wrist, or did not answer"
        )
    evidence, known = Evidence(), NERVES["median"]
    _tell(evidence, "median distal latency", median.latency_ms, "ms", known.latency_ms, "above")
    if ulnar is not None and ulnar.latency_ms is not None:
        _tell(evidence, "ulnar distal latency", ulnar.latency_ms, "ms", NERVES["ulnar"].latency_ms, "within")
        difference = median.latency_ms - ulnar.latency_ms
        _tell(evidence, "median less ulnar latency", difference, "ms", MEDIAN_ULNAR_MS, "above")
    for each in found:
        if each.site.nerve == "median" and each.velocity_m_s is not None:
            _tell(evidence, "median velocity in the forearm", each.velocity_m_s, "m/s", known.velocity_m_s, "within")
    told = evidence.finding(name)
    is_slow = known.latency_ms.holds(median.latency_ms) == "above"
    return told if is_slow else ReportFinding(name, "not suggested", told.evidence_for, told.evidence_against)


def _neuropathy(found: Sequence[ConductionResult]) -> ReportFinding:
    evidence, slow = Evidence(), set()
    for each in found:
        known = NERVES[each.site.nerve]
        name = f"{each.site.nerve} at {each.site.place}"
        if each.velocity_m_s is not None:
            _tell(evidence, f"{name}: velocity", each.velocity_m_s, "m/s", known.velocity_m_s, "below")
        if each.amplitude_mv is not None:
            _tell(evidence, f"{name}: amplitude", each.amplitude_mv, "mV", known.amplitude_mv, "below")
            if known.amplitude_mv.holds(each.amplitude_mv) == "below":
                slow.add(each.site.nerve)
        if each.velocity_m_s is not None and known.velocity_m_s.holds(each.velocity_m_s) == "below":
            slow.add(each.site.nerve)
    if len({each.site.nerve for each in found if each.latency_ms is not None}) < 2:
        return ReportFinding("neuropathy pattern", NOT_ASSESSABLE, why="two nerves at least are needed")
    told = evidence.finding("neuropathy pattern")
    return (
        told if len(slow) > 1 else ReportFinding(told.name, "not suggested", told.evidence_for, told.evidence_against)
    )


def _radiculopathy(found: Sequence[ConductionResult], needle: Sequence[ReportFinding]) -> ReportFinding:
    name, evidence = "radiculopathy pattern", Evidence()
    muscle = [
        each
        for each in needle
        if each.name in {"neurogenic pattern", "fibrillation activity", "positive sharp wave activity"}
        and each.word != NOT_ASSESSABLE
    ]
    conducted = [each for each in found if each.velocity_m_s is not None]
    if not muscle or not conducted:
        why = "it takes needle EMG of a muscle and the conduction of its nerve; other muscles tell it apart too"
        return ReportFinding(name, NOT_ASSESSABLE, why=why)
    for each in muscle:
        evidence.take(f"{each.name} is {each.word} in the muscle", speaks_for=each.word in {SUGGESTED, "seen"})
    for site in conducted:
        usual = NERVES[site.site.nerve].velocity_m_s.holds(site.velocity_m_s or 0.0) == "within"
        sentence = f"conduction of the {site.site.nerve} nerve is {'within' if usual else 'below'} its range"
        evidence.take(sentence, speaks_for=usual)
    return evidence.finding(name)


def _tell(evidence: Evidence, name: str, value: float, unit: str, known: ReferenceRange, wanted: str) -> None:
    holds = known.holds(value)
    evidence.take(f"{name} {figure(value)} {unit} is {holds} the range {known.words(unit)}", speaks_for=holds == wanted)
