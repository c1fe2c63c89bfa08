"""Comparison studies for carpal tunnel syndrome: the median nerve against a neighbour over the same distance.

Ring finger and thumb: sensory; palm: mixed; lumbrical against interosseous: motor. The ring, thumb and palm differences
are judged by the ranges within which further tests were needed to predict the combined sensory index (Robinson 2000).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guidance.analysis.conduction import ConductionResult
from guidance.analysis.findings import Evidence, MeasureRow, figure
from guidance.analysis.reference_values import NO_REFERENCE, ReferenceRange
from guidance.analysis.sensory import SensoryResult
from guidance.analysis.sites import MIXED, MOTOR, SENSORY, StimulationSite

_SAME_MM = 2.0
"""Distances of the two nerves that differ by more are not compared (a judgement: 2 mm take 0.04 ms at 50 m/s)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: its name, how both sites are known, and the range of the difference in ms.

    A difference above the range speaks for carpal tunnel syndrome, one below it against; one within is undecided.
    """

    name: str
    kind: str
    recorded: tuple[str, str]
    other: str
    range_ms: ReferenceRange


COMPARISONS = (
    Comparison("ring finger, median less ulnar", SENSORY, ("ring", "ring"), "ulnar",
               ReferenceRange(0.1, 0.4, "robinson-2000")),
    Comparison("thumb, median less radial", SENSORY, ("thumb", "thumb"), "radial",
               ReferenceRange(0.2, 0.7, "robinson-2000")),
    Comparison("palm, median less ulnar", MIXED, ("", ""), "ulnar", ReferenceRange(0.0, 0.3, "robinson-2000")),
    Comparison("lumbrical less interosseous", MOTOR, ("lumbrical", "interosseous"), "ulnar",
               ReferenceRange(None, 0.5, "uncini-1993")),
)  # fmt: skip
"""Lumbrical: 0.6 ms and more counted as abnormal. The sensory differences are those of the peak latencies."""
_CSI = COMPARISONS[:3]


@dataclass(frozen=True, slots=True)
class Difference:
    """A measured difference in ms, None with ``why`` where it is not assessable."""

    comparison: Comparison
    ms: float | None
    why: str = ""


def differences(motor: Sequence[ConductionResult], sensory: Sequence[SensoryResult]) -> list[Difference]:
    """Return the comparisons for which both sites were studied."""
    return [found for each in COMPARISONS if (found := _difference(each, motor, sensory))]


def _difference(
    each: Comparison, motor: Sequence[ConductionResult], sensory: Sequence[SensoryResult]
) -> Difference | None:
    if each.kind == MOTOR:
        latencies = [(result.site, result.latency_ms) for result in motor]
    else:
        latencies = [(result.site, result.peak_ms) for result in sensory]
    median = _find(latencies, each, "median", each.recorded[0])
    other = _find(latencies, each, each.other, each.recorded[1])
    if median is None or other is None:
        return None
    (site, ms), (other_site, other_ms) = median, other
    if ms is None or other_ms is None:
        return Difference(each, None, "one of the two responses was not measured")
    apart = site.distance_mm is not None and other_site.distance_mm is not None
    if apart and abs((site.distance_mm or 0.0) - (other_site.distance_mm or 0.0)) > _SAME_MM:
        return Difference(each, None, "the distances of the two nerves differ")
    return Difference(each, ms - other_ms)


def _find(
    latencies: Sequence[tuple[StimulationSite, float | None]], each: Comparison, nerve: str, recorded: str
) -> tuple[StimulationSite, float | None] | None:
    return next(
        (
            (site, ms)
            for site, ms in latencies
            if site.kind == each.kind and site.nerve == nerve and (not recorded or site.recorded == recorded)
        ),
        None,
    )


def comparison_rows(found: Sequence[Difference]) -> Iterator[MeasureRow]:
    """Emit each difference with its range, and their sum where all three were measured."""
    for each in found:
        name, known = each.comparison.name, each.comparison.range_ms
        if each.ms is None:
            yield MeasureRow(name, f"not assessable: {each.why}", "", "", "")
        else:
            yield MeasureRow(name, f"{each.ms:.2f} ms", known.words("ms"), known.holds(each.ms), known.source)
    index = combined_index_ms(found)
    if index is not None:
        yield MeasureRow("combined sensory index", f"{index:.2f} ms", NO_REFERENCE, "", "")


def combined_index_ms(found: Sequence[Difference]) -> float | None:
    """Return the sum of the ring, thumb and palm differences in ms; None unless all three are known."""
    parts = [each.ms for each in found if each.comparison in _CSI]
    return sum(ms for ms in parts if ms is not None) if len(parts) == len(_CSI) and None not in parts else None


def take_comparisons(evidence: Evidence, found: Sequence[Difference]) -> None:
    """Add the differences to the evidence on carpal tunnel syndrome."""
    for each in found:
        known = each.comparison.range_ms
        if each.ms is None:
            evidence.undecided.append(f"{each.comparison.name}: {each.why}")
            continue
        holds = known.holds(each.ms)
        sentence = f"{each.comparison.name} {figure(each.ms, 2)} ms is {holds} the range {known.words('ms')}"
        if holds == "within" and known.low is not None:
            evidence.undecided.append(f"{sentence}, in which other comparisons decide")
        else:
            evidence.take(sentence, speaks_for=holds == "above")
