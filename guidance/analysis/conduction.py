"""Motor nerve conduction from marked stimuli: onset latency and amplitude of each site, velocity between two sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guidance.analysis.reading import RecordedSignal
from guidance.signal.pipeline import LEAST_RATE_HZ, ChannelResponse, SignalPipeline

WINDOW_MS = (1.5, 25.0)
"""The M-wave begins within this time after the stimulus (a judgement, unsourced)."""

LEAST_RESPONSES = 3
"""Fewer responses give no median."""

MUSCLE_UV = 200.0
"""A smaller response in uV does not count as the M-wave of a whole muscle (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True)
class StimulationSite:
    """A stimulation site: the nerve, the place, and the distance in mm to the next more distal site.

    For the most distal site it is the distance to the muscle; None where it was not measured.
    """

    nerve: str
    place: str
    distance_mm: float | None = None


@dataclass(frozen=True, slots=True)
class ConductionResult:
    """The result of one site: medians over ``responses`` of ``stimuli``; ``why`` is the reason if not assessable."""

    site: StimulationSite
    stimuli: int
    responses: int
    latency_ms: float | None
    amplitude_mv: float | None
    velocity_m_s: float | None = None
    why: str = ""


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
    if len(large) < LEAST_RESPONSES:
        why = f"{len(large)} of {len(responses)} stimuli evoked a response of at least {MUSCLE_UV:g} uV; 3 are needed"
        return ConductionResult(site, len(responses), len(large), None, None, why=why)
    top = float(np.percentile([e.amplitude_uv or 0.0 for e in large], 90))
    full = [e for e in large if (e.amplitude_uv or 0.0) >= 0.8 * top]
    latency = float(np.median([e.latency_ms or 0.0 for e in full]))
    return ConductionResult(site, len(responses), len(full), latency, top / 1e3)


def _responses(signal: RecordedSignal) -> list[ChannelResponse]:
    pipeline = SignalPipeline(signal.info, WINDOW_MS, None, listen=False)
    findings = [finding for block in signal.blocks for finding in pipeline.feed(block)]
    return [finding for finding in findings if isinstance(finding, ChannelResponse)]


def with_velocities(results: Sequence[ConductionResult]) -> list[ConductionResult]:
    """Add to each site the velocity to the next more distal site of its nerve, found by the latencies."""
    return [_with_velocity(each, results) for each in results]


def _with_velocity(each: ConductionResult, results: Sequence[ConductionResult]) -> ConductionResult:
    if each.latency_ms is None or each.site.distance_mm is None:
        return each
    nearer = [
        other.latency_ms
        for other in results
        if other.site.nerve == each.site.nerve and other.latency_ms and other.latency_ms < each.latency_ms
    ]
    if not nearer:
        return each
    velocity = each.site.distance_mm / (each.latency_ms - max(nearer))
    return ConductionResult(
        each.site, each.stimuli, each.responses, each.latency_ms, each.amplitude_mv, velocity, each.why
    )
