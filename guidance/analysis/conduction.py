"""Motor nerve conduction from marked stimuli: onset latency and amplitude of each site, velocity between two sites."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from guidance.analysis.plausible import AMPLITUDE_MV, DISTANCE_MM, LATENCY_MS, VELOCITY_M_S, proximity_of
from guidance.analysis.reading import RecordedSignal
from guidance.analysis.sites import StimulationSite
from guidance.signal.pipeline import LEAST_RATE_HZ, ChannelResponse, SignalPipeline
from guidance.signal.response.sweep_result import Doubt

WINDOW_MS = (1.5, 25.0)
"""The M-wave begins within this time after the stimulus (a judgement, unsourced)."""

LEAST_RESPONSES = 3
"""Fewer responses give no median."""

MUSCLE_UV = 200.0
"""A smaller response in uV does not count as the M-wave of a whole muscle (a judgement, unsourced)."""


_BEGIN_BELOW = "begin the recording below threshold and increase the current"
_NO_CONTRAST = (
    f"a wave follows each stimulus from the first one on, and cannot be distinguished from the artefact; {_BEGIN_BELOW}"
)


@dataclass(frozen=True, slots=True)
class ConductionResult:
    """The result of one site: medians over ``responses`` of ``stimuli``.

    ``why`` is the reason if it is not assessable, ``velocity_why`` if its velocity is not.
    """

    site: StimulationSite
    stimuli: int
    responses: int
    latency_ms: float | None
    amplitude_mv: float | None
    velocity_m_s: float | None = None
    why: str = ""
    velocity_why: str = ""


def measure_conduction(signal: RecordedSignal, site: StimulationSite) -> ConductionResult:
    """Measure latency and amplitude at ``site`` from the marked stimuli of ``signal``."""
    if signal.info.sample_rate_hz < LEAST_RATE_HZ:
        why = f"sampled at {signal.info.sample_rate_hz:g} Hz, below the {LEAST_RATE_HZ:g} Hz that latencies need"
        return ConductionResult(site, 0, 0, None, None, why=why)
    if not any(block.pulses for block in signal.blocks):
        return ConductionResult(site, 0, 0, None, None, why="no stimulus is marked: annotate each as 'stim'")
    responses = [a for a in _responses(signal) if a.channel == 0]
    good = [a.evoked for a in responses if a.evoked.detected and a.evoked.latency_ms and a.evoked.amplitude_uv]
    large = [e for e in good if (e.amplitude_uv or 0.0) >= MUSCLE_UV]
    if len(large) < LEAST_RESPONSES and sum(a.evoked.doubt is Doubt.CONTRAST for a in responses) > len(responses) / 2:
        return ConductionResult(site, len(responses), len(large), None, None, why=_NO_CONTRAST)
    if len(large) < LEAST_RESPONSES:
        return ConductionResult(site, len(responses), len(large), None, None, why=_too_few(len(large), responses))
    top = float(np.percentile([e.amplitude_uv or 0.0 for e in large], 90))
    full = [e for e in large if (e.amplitude_uv or 0.0) >= 0.8 * top]
    latency = float(np.median([e.latency_ms or 0.0 for e in full]))
    return ConductionResult(site, len(responses), len(full), latency, top / 1e3)


def _too_few(large: int, responses: Sequence[ChannelResponse]) -> str:
    """Return why ``large`` responses give no measure. A wave that the artefact hides is not known to be absent."""
    reasons = Counter(a.evoked.doubt for a in responses if a.evoked.doubt is not None)
    example = {a.evoked.doubt: a.evoked.why for a in responses}
    doubted = "".join(f", {count} uncertain: {example[doubt]}" for doubt, count in reasons.most_common(1))
    return (
        f"a response of at least {MUSCLE_UV:g} uV was distinguished from the artefact after {large} of "
        f"{len(responses)} stimuli{doubted}; {LEAST_RESPONSES} are needed; {_BEGIN_BELOW}"
    )


def _responses(signal: RecordedSignal) -> list[ChannelResponse]:
    pipeline = SignalPipeline(signal.info, WINDOW_MS, None, listen=False)
    findings = [finding for block in signal.blocks for finding in pipeline.feed(block)]
    return [finding for finding in findings if isinstance(finding, ChannelResponse)]


def with_velocities(results: Sequence[ConductionResult]) -> list[ConductionResult]:
    """Add to each site the velocity to the next more distal site of its nerve, or why it is not assessable.

    Sites whose places are known are ordered by anatomy, others by their latencies.
    """
    possible = [_plausible(each) for each in results]
    ordered = [_in_order(each, possible) for each in possible]
    return [_with_velocity(each, ordered) for each in ordered]


def _plausible(each: ConductionResult) -> ConductionResult:
    """Return ``each`` without a latency and amplitude that cannot be true."""
    if each.latency_ms is None or each.amplitude_mv is None:
        return each
    why = LATENCY_MS.why_not(each.latency_ms) or AMPLITUDE_MV.why_not(each.amplitude_mv)
    return replace(each, latency_ms=None, amplitude_mv=None, why=why) if why else each


def _in_order(each: ConductionResult, results: Sequence[ConductionResult]) -> ConductionResult:
    """Return ``each`` without its measures where another site responded in an order that their places rule out."""
    swapped = [other.site.place for other in results if _is_out_of_order(each, other)]
    if not swapped:
        return each
    why = f"the responses from {each.site.place} and {swapped[0]} came in the wrong order; were the files swapped?"
    return replace(each, latency_ms=None, amplitude_mv=None, why=why)


def _with_velocity(each: ConductionResult, results: Sequence[ConductionResult]) -> ConductionResult:
    if each.latency_ms is None or each.site.distance_mm is None:
        return each
    nearer = [other.latency_ms for other in results if is_nearer(other, each) and other.latency_ms is not None]
    if not nearer:
        return each
    difference_ms = each.latency_ms - max(nearer)
    velocity = each.site.distance_mm / difference_ms if difference_ms > 0 else math.inf
    why = DISTANCE_MM.why_not(each.site.distance_mm) or VELOCITY_M_S.why_not(velocity)
    if difference_ms <= 0:
        why = "both sites have the same latency; check that each file belongs to its site"
    return replace(each, velocity_why=why) if why else replace(each, velocity_m_s=velocity)


def is_nearer(other: ConductionResult, each: ConductionResult) -> bool:
    """Return whether ``other`` is a more distal site of the same nerve as ``each``."""
    if not _is_comparable(other, each) or other.latency_ms is None or each.latency_ms is None:
        return False
    here, there = proximity_of(each.site.place), proximity_of(other.site.place)
    if here is not None and there is not None and here != there:
        return there < here
    return other.latency_ms < each.latency_ms


def _is_out_of_order(each: ConductionResult, other: ConductionResult) -> bool:
    """Return whether the two sites responded in another order than their places have."""
    here, there = proximity_of(each.site.place), proximity_of(other.site.place)
    known = here is not None and there is not None and here != there
    if not known or not _is_comparable(other, each) or other.latency_ms is None or each.latency_ms is None:
        return False
    return other.latency_ms > each.latency_ms if is_nearer(other, each) else other.latency_ms < each.latency_ms


def _is_comparable(other: ConductionResult, each: ConductionResult) -> bool:
    """Return whether both sites stimulate the same nerve and record from the same muscle."""
    return (other.site.nerve, other.site.recorded) == (each.site.nerve, each.site.recorded)
