"""Sensory and mixed nerve conduction: the nerve's potential in the average over marked stimuli.

Latencies are those of the take-off and of the negative peak; the amplitude is from the baseline to the negative peak.
The velocity is the distance to the electrode divided by the onset latency. A negative potential is a negative number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from guidance.analysis.findings import figure
from guidance.analysis.plausible import DISTANCE_MM, SENSORY_LATENCY_MS, SENSORY_UV, VELOCITY_M_S
from guidance.analysis.reading import RecordedSignal
from guidance.analysis.sites import StimulationSite
from guidance.analysis.sweeps import StimulusSweeps, stimulus_sweeps
from guidance.signal.sweep.basis import Array

LEAST_RATE_HZ = 5000.0
"""A slower recording does not show onset latencies that differ by 0.3 ms (a judgement)."""

LEAST_SWEEPS = 8
"""Fewer sweeps give no reliable average (a judgement)."""

_WINDOW_MS = (1.0, 8.0)
"""Where the negative peak may lie if the distance is not known (a judgement)."""

_FASTEST_M_S, _SLOWEST_M_S = 90.0, 15.0
"""With a known distance the peak lies between the arrivals at these velocities (a judgement)."""

_FIT_MS, _TAUS_MS = (0.7, 16.0), (0.6, 2.5)
"""Span of the fit of the artefact's decay, and its time constants (a judgement)."""

_LEAST_SE, _LEAST_UV = 5.0, 1.0
"""A potential exceeds this many standard errors of the average, and this height in uV (a judgement)."""

_ABSENT_UV = 2.0
"""Where the average would show a potential of this height in uV, one that it does not show is absent (a judgement)."""

_WIDTH_MS = (0.2, 2.5)
"""Width at half height of the negative phase of a nerve's potential (a judgement)."""

_TAKE_OFF = 0.05
"""The take-off is where the negative phase reaches this share of its height (a judgement)."""

_ARTEFACT_SHARE = 10.0
"""A fitted artefact this many times as large as the potential, at its take-off, hides it (a judgement)."""

_HALVES_MS = 0.4
"""The peaks of both halves of the sweeps agree within this time (a judgement)."""


@dataclass(frozen=True, slots=True)
class SensoryResult:
    """The result of one sensory or mixed site, from ``averaged`` of ``stimuli``.

    ``why`` is the reason if it is not assessable; ``is_absent``: the average shows no potential above ``noise_uv``.
    """

    site: StimulationSite
    stimuli: int
    averaged: int = 0
    onset_ms: float | None = None
    peak_ms: float | None = None
    amplitude_uv: float | None = None
    velocity_m_s: float | None = None
    noise_uv: float | None = None
    is_absent: bool = False
    why: str = ""
    velocity_why: str = ""


def measure_sensory(signal: RecordedSignal, site: StimulationSite) -> SensoryResult:
    """Measure the nerve's potential at ``site`` in the average over the marked stimuli of ``signal``."""
    if signal.info.sample_rate_hz < LEAST_RATE_HZ:
        return _unknown(site, 0, f"sampled at {signal.info.sample_rate_hz:g} Hz; {LEAST_RATE_HZ:g} Hz are needed")
    sweeps = stimulus_sweeps(signal, _FIT_MS[1] + 1.0)
    if not sweeps.stimuli:
        return _unknown(site, 0, "no stimulus is marked: annotate each as 'stim'")
    if len(sweeps.uv) < LEAST_SWEEPS:
        why = f"{len(sweeps.uv)} of {sweeps.stimuli} stimuli have a whole sweep; {LEAST_SWEEPS} are needed"
        return _unknown(site, sweeps.stimuli, why)
    start_ms, end_ms = _window(site)
    clipped = sweeps.clipped[:, sweeps.span(start_ms, end_ms)].any(axis=1).mean()
    if clipped > 0.5:
        why = f"{clipped:.0%} of the sweeps are clipped between {start_ms:.1f} and {end_ms:.1f} ms after the stimulus"
        return _unknown(site, sweeps.stimuli, why)
    return _measure(sweeps, site, (start_ms, end_ms))


def _unknown(site: StimulationSite, stimuli: int, why: str) -> SensoryResult:
    return SensoryResult(site, stimuli, why=why)


def _window(site: StimulationSite) -> tuple[float, float]:
    if site.distance_mm is None:
        return _WINDOW_MS
    return max(site.distance_mm / _FASTEST_M_S, 0.8), min(site.distance_mm / _SLOWEST_M_S + 1.5, _FIT_MS[1] - 2.0)


@dataclass(frozen=True, slots=True)
class _Peak:
    """A negative peak: its time, height and take-off, and its width at half height; ``at_edge`` of the window."""

    peak_ms: float
    height_uv: float
    onset_ms: float
    width_ms: float
    at_edge: bool


def _measure(sweeps: StimulusSweeps, site: StimulationSite, window_ms: tuple[float, float]) -> SensoryResult:
    t_ms, average = _average(sweeps, sweeps.uv)
    artefact = _artefact(t_ms, average)
    residual, count = average - artefact, len(sweeps.uv)
    span = sweeps.span(*_FIT_MS)
    noise_uv = float(np.median(sweeps.uv[:, span].std(axis=0, ddof=1)) / count**0.5)
    found = _peak(t_ms, residual, window_ms)
    least_uv = max(_LEAST_SE * noise_uv, _LEAST_UV)
    result = SensoryResult(site, sweeps.stimuli, count, noise_uv=noise_uv)
    if found is None or found.height_uv < least_uv:
        if least_uv > _ABSENT_UV:
            why = f"the average does not show less than {figure(least_uv, 2)} uV; average more stimuli, or reduce noise"
            return replace(result, why=why)
        return replace(result, is_absent=True, why=f"no response of {figure(least_uv, 2)} uV or more")
    why = _why_not(sweeps, found, artefact, window_ms)
    if why:
        return replace(result, why=why)
    return _with_velocity(replace(result, onset_ms=found.onset_ms, peak_ms=found.peak_ms, amplitude_uv=found.height_uv))


def _average(sweeps: StimulusSweeps, uv: Array) -> tuple[Array, Array]:
    span = sweeps.span(*_FIT_MS)
    return sweeps.t_ms[span], np.asarray(uv[:, span].mean(axis=0))


def _why_not(sweeps: StimulusSweeps, found: _Peak, artefact: Array, window_ms: tuple[float, float]) -> str:
    """Return why the peak ``found`` is no potential of a nerve that could be measured; empty where it is one."""
    t_ms = sweeps.t_ms[sweeps.span(*_FIT_MS)]
    near_uv = abs(float(np.interp(found.onset_ms, t_ms, artefact)))
    if found.at_edge or near_uv > _ARTEFACT_SHARE * found.height_uv:
        return "the stimulus artefact reaches into the potential; change the electrodes or the ground"
    if not _WIDTH_MS[0] <= found.width_ms <= _WIDTH_MS[1]:
        return f"the wave is {found.width_ms:.2g} ms wide at half height, which no potential of a nerve is"
    halves = [_peak_of(sweeps, sweeps.uv[first::2], window_ms) for first in (0, 1)]
    if any(half is None or abs(half.peak_ms - found.peak_ms) > _HALVES_MS for half in halves):
        return "the averages of both halves of the stimuli do not agree; average more stimuli"
    return SENSORY_LATENCY_MS.why_not(found.onset_ms) or SENSORY_UV.why_not(found.height_uv) or ""


def _peak_of(sweeps: StimulusSweeps, uv: Array, window_ms: tuple[float, float]) -> _Peak | None:
    t_ms, average = _average(sweeps, uv)
    return _peak(t_ms, average - _artefact(t_ms, average), window_ms)


def _artefact(t_ms: Array, average: Array) -> Array:
    """Return the artefact's decay under ``average``: a line and two exponentials, fitted past the potential.

    Tukey's weights leave out what stands out from the decay.
    """
    basis = np.stack([np.ones_like(t_ms), t_ms, *(np.exp(-t_ms / tau) for tau in _TAUS_MS)], axis=1)
    weights = np.ones_like(t_ms)
    fitted = np.zeros_like(t_ms)
    for _ in range(30):
        root = np.sqrt(weights)[:, None]
        values, *_rest = np.linalg.lstsq(basis * root, average * root[:, 0], rcond=None)
        fitted = basis @ values
        residual = average - fitted
        scale = 4.685 * max(float(np.median(np.abs(residual))) / 0.6745, 1e-6)
        weights = np.clip(1 - (residual / scale) ** 2, 0.0, None) ** 2 + 1e-6
    return np.asarray(fitted)


def _peak(t_ms: Array, residual: Array, window_ms: tuple[float, float]) -> _Peak | None:
    """Return the largest negative peak of ``residual`` in the window; None where nothing is negative."""
    inside = np.flatnonzero((t_ms >= window_ms[0]) & (t_ms <= window_ms[1]))
    if len(inside) < 3:
        return None
    at = int(inside[np.argmin(residual[inside])])
    height = -float(residual[at])
    if height <= 0:
        return None
    at_edge = at in (int(inside[0]), int(inside[-1])) or at in (0, len(t_ms) - 1)
    onset_ms = _crossing(t_ms, -residual, at, _TAKE_OFF * height, step=-1)
    width_ms = _crossing(t_ms, -residual, at, height / 2, step=1) - _crossing(t_ms, -residual, at, height / 2, step=-1)
    peak_ms, top = (float(t_ms[at]), height) if at_edge else _vertex(t_ms, -residual, at)
    return _Peak(peak_ms, top, onset_ms, width_ms, at_edge)


def _crossing(t_ms: Array, uv: Array, at: int, level: float, *, step: int) -> float:
    """Return the time at which ``uv`` falls to ``level``, going from ``at`` in the direction of ``step``."""
    here = at
    while 0 < here < len(uv) - 1 and uv[here] > level:
        here += step
    last = here - step
    if uv[here] > level or uv[last] <= uv[here]:
        return float(t_ms[here])
    share = float((uv[last] - level) / (uv[last] - uv[here]))
    return float(t_ms[last] + share * (t_ms[here] - t_ms[last]))


def _vertex(t_ms: Array, uv: Array, at: int) -> tuple[float, float]:
    """Return time and height of the parabola through the peak ``at`` and its neighbours."""
    left, top, right = (float(value) for value in uv[at - 1 : at + 2])
    bend = left - 2 * top + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(t_ms[at] + shift * (t_ms[1] - t_ms[0])), top - 0.25 * (left - right) * shift


def _with_velocity(result: SensoryResult) -> SensoryResult:
    distance_mm, onset_ms = result.site.distance_mm, result.onset_ms
    if distance_mm is None or not onset_ms:
        return replace(result, velocity_why="the distance was not entered (--distance-mm)")
    velocity = distance_mm / onset_ms
    why = DISTANCE_MM.why_not(distance_mm) or VELOCITY_M_S.why_not(velocity)
    return replace(result, velocity_why=why) if why else replace(result, velocity_m_s=velocity)
