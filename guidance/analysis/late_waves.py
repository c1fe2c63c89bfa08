"""F waves and the H reflex, sweep by sweep: latencies, persistence and chronodispersion of F, latency and size of H."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from guidance.analysis.plausible import F_LATENCY_MS, H_LATENCY_MS
from guidance.analysis.reading import RecordedSignal
from guidance.analysis.sites import F_WAVE, StimulationSite
from guidance.analysis.sweeps import StimulusSweeps, stimulus_sweeps
from guidance.signal.sweep.basis import Array

LEAST_RATE_HZ = 2000.0
"""A slower recording gives no onset latency to half a millisecond (a judgement)."""

LEAST_F_STIMULI = 10
"""Ten stimuli give F latencies within 1 ms and a reasonable persistence (Fisher, scilit.com e33f7a76)."""

DISPERSION_STIMULI = 50
"""Fewer stimuli show less than 80 % of the true chronodispersion (the same source: 50 to 60 are needed)."""

LEAST_H = 3
"""Fewer H waves near the largest give no latency (a judgement)."""

MUSCLE_UV = 200.0
"""A smaller direct response in uV does not show that the nerve was stimulated (a judgement)."""

_F_WINDOWS_MS = {"arm": ((2.5, 16.0), (17.0, 45.0)), "leg": ((3.0, 22.0), (32.0, 80.0))}
_H_WINDOWS_MS = {"arm": ((1.5, 11.0), (11.0, 38.0)), "leg": ((2.5, 20.0), (22.0, 62.0))}
"""Where the direct and the late response lie, in ms after the stimulus at wrist, ankle or knee (a judgement)."""

_ARM = frozenset({"median", "ulnar"})
_LEAST_UV, _LEAST_SD, _ONSET_SD, _ONSET_UV = 30.0, 8.0, 3.5, 6.0
"""A late response has this peak-to-peak height in uV and in RMS of the noise; it begins where it leaves the baseline by
so many RMS and uV (a judgement)."""

_SUSTAINED_MS = 1.0
"""It then stays away from the baseline for most of this time (a judgement)."""

_TAKE_OFF, _EDGE_MS = 0.02, 3.0
"""An H wave, which is large, begins at this share of its height; so long is each end of the window, which shows the
baseline (a judgement)."""

_MOST_NOISE_UV = 25.0
"""With more noise before the stimuli in uV RMS the muscle was not at rest (a judgement)."""


@dataclass(frozen=True, slots=True)
class FWaveResult:
    """F waves of one site: ``count`` in ``stimuli``. ``why`` is the reason if it is not assessable."""

    site: StimulationSite
    stimuli: int
    count: int = 0
    least_ms: float | None = None
    mean_ms: float | None = None
    dispersion_ms: float | None = None
    persistence_percent: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class HReflexResult:
    """The H reflex of one site: latency of the largest H waves in ms, largest H and M in mV, their ratio in percent.

    ``is_absent``: no stimulus evoked one. ``why`` is the reason if it is not assessable.
    """

    site: StimulationSite
    stimuli: int
    latency_ms: float | None = None
    h_mv: float | None = None
    m_mv: float | None = None
    h_to_m_percent: float | None = None
    is_absent: bool = False
    why: str = ""


def measure_f_waves(signal: RecordedSignal, site: StimulationSite) -> FWaveResult:
    """Measure the F waves after the marked stimuli of ``signal``."""
    direct_ms, late_ms = _windows(site)
    sweeps, why = _fit_sweeps(signal, late_ms, LEAST_F_STIMULI)
    if sweeps is None:
        return FWaveResult(site, 0, why=why)
    result = FWaveResult(site, len(sweeps.uv))
    if float(np.median(_direct_uv(sweeps, direct_ms))) < MUSCLE_UV:
        return replace(result, why=f"most stimuli evoked no direct response of {MUSCLE_UV:g} uV")
    onsets_ms, _ = _late(sweeps, late_ms, is_f=True)
    there = onsets_ms[np.isfinite(onsets_ms)]
    result = replace(result, count=len(there), persistence_percent=100 * len(there) / len(sweeps.uv))
    if not len(there):
        return result
    least_ms = float(there.min())
    why = F_LATENCY_MS.why_not(least_ms) or ""
    if why:
        return FWaveResult(site, len(sweeps.uv), why=why)
    spread_ms = float(np.ptp(there)) if len(there) > 1 else None
    return replace(result, least_ms=least_ms, mean_ms=float(there.mean()), dispersion_ms=spread_ms)


def measure_h_reflex(signal: RecordedSignal, site: StimulationSite) -> HReflexResult:
    """Measure the H reflex after the marked stimuli of ``signal``, whose current was changed step by step."""
    direct_ms, late_ms = _windows(site)
    sweeps, why = _fit_sweeps(signal, late_ms, LEAST_H)
    if sweeps is None:
        return HReflexResult(site, 0, why=why)
    onsets_ms, sizes_uv = _late(sweeps, late_ms, is_f=False)
    m_uv = float(_direct_uv(sweeps, direct_ms).max())
    result = HReflexResult(site, len(sweeps.uv), m_mv=m_uv / 1e3 if m_uv >= MUSCLE_UV else None)
    there = np.isfinite(onsets_ms)
    if not there.any():
        return replace(result, is_absent=True)
    h_uv = float(sizes_uv[there].max())
    near = there & (sizes_uv >= 0.7 * h_uv)
    if near.sum() < LEAST_H:
        return replace(result, why=f"{int(near.sum())} H waves near the largest; {LEAST_H} are needed")
    latency_ms = float(np.median(onsets_ms[near]))
    why = H_LATENCY_MS.why_not(latency_ms) or ""
    if why:
        return replace(result, why=why)
    ratio = 100 * h_uv / m_uv if m_uv >= MUSCLE_UV else None
    return replace(result, latency_ms=latency_ms, h_mv=h_uv / 1e3, h_to_m_percent=ratio)


def _windows(site: StimulationSite) -> tuple[tuple[float, float], tuple[float, float]]:
    limb = "arm" if site.nerve in _ARM else "leg"
    return (_F_WINDOWS_MS if site.kind == F_WAVE else _H_WINDOWS_MS)[limb]


def _fit_sweeps(signal: RecordedSignal, late_ms: tuple[float, float], least: int) -> tuple[StimulusSweeps | None, str]:
    """Return the sweeps of ``signal``, or None and why they cannot be assessed."""
    if signal.info.sample_rate_hz < LEAST_RATE_HZ:
        return None, f"sampled at {signal.info.sample_rate_hz:g} Hz; {LEAST_RATE_HZ:g} Hz are needed"
    sweeps = stimulus_sweeps(signal, late_ms[1])
    if not sweeps.stimuli:
        return None, "no stimulus is marked: annotate each as 'stim'"
    if len(sweeps.uv) < least:
        return None, f"{len(sweeps.uv)} of {sweeps.stimuli} stimuli have a whole sweep; {least} are needed"
    clipped = sweeps.clipped[:, sweeps.span(*late_ms)].any(axis=1).mean()
    if clipped > 0.1:
        return None, f"{clipped:.0%} of the sweeps are clipped where the late response is expected"
    if sweeps.noise_uv > _MOST_NOISE_UV:
        return None, f"{sweeps.noise_uv:.0f} uV RMS before the stimuli: was the muscle at rest?"
    return sweeps, ""


def _direct_uv(sweeps: StimulusSweeps, span_ms: tuple[float, float]) -> Array:
    """Return the height of the direct response of each sweep in uV, peak to peak."""
    return np.asarray(np.ptp(sweeps.uv[:, sweeps.span(*span_ms)], axis=1))


def _late(sweeps: StimulusSweeps, span_ms: tuple[float, float], *, is_f: bool) -> tuple[Array, Array]:
    """Return onset in ms (NaN where there is none) and height in uV of the late response of each sweep."""
    span = sweeps.span(*span_ms)
    t_ms, noise_uv = sweeps.t_ms[span], sweeps.noise_uv
    late = _without_tail(sweeps.uv[:, span]) if is_f else _without_edges(t_ms, sweeps.uv[:, span])
    sizes_uv = np.ptp(late, axis=1)
    is_there = sizes_uv >= max(_LEAST_UV, _LEAST_SD * noise_uv)
    onsets = np.full(len(late), np.nan)
    for at in np.flatnonzero(is_there):
        threshold_uv = max(_ONSET_SD * noise_uv, _ONSET_UV, 0.0 if is_f else _TAKE_OFF * float(sizes_uv[at]))
        onsets[at] = _onset(t_ms, late[at], threshold_uv)
    return onsets, np.asarray(sizes_uv)


def _without_tail(uv: Array) -> Array:
    """Return the rows of ``uv`` less the slow end of the direct response: a cubic fitted past the late response."""
    basis = np.vander(np.linspace(-1.0, 1.0, uv.shape[1]), 4)
    rows = []
    for row in uv:
        weights, residual = np.ones(len(row)), row
        for _ in range(8):
            root = np.sqrt(weights)
            fitted, *_rest = np.linalg.lstsq(basis * root[:, None], row * root, rcond=None)
            residual = row - basis @ fitted
            scale = 4.685 * max(float(np.median(np.abs(residual))) / 0.6745, 1e-6)
            weights = np.clip(1 - (residual / scale) ** 2, 0.0, None) ** 2 + 1e-6
        rows.append(residual)
    return np.array(rows)


def _without_edges(t_ms: Array, uv: Array) -> Array:
    """Return the rows of ``uv`` less a line through their first and last milliseconds, where no H wave lies."""
    edge = (t_ms < t_ms[0] + _EDGE_MS) | (t_ms > t_ms[-1] - _EDGE_MS)
    basis = np.stack([np.ones_like(t_ms), t_ms - t_ms.mean()], axis=1)
    fitted, *_rest = np.linalg.lstsq(basis[edge], uv[:, edge].T, rcond=None)
    return np.asarray(uv - (basis @ fitted).T)


def _onset(t_ms: Array, uv: Array, threshold_uv: float) -> float:
    """Return the first time at which ``uv`` leaves the baseline and stays away from it; NaN where it never does."""
    away: NDArray[np.bool_] = np.abs(uv) > threshold_uv
    width = max(round(_SUSTAINED_MS / (t_ms[1] - t_ms[0])), 2)
    if len(away) <= width:
        return float("nan")
    share = np.lib.stride_tricks.sliding_window_view(away, width).mean(axis=1)
    starts = np.flatnonzero(away[: len(share)] & (share >= 0.75))
    return float(t_ms[starts[0]]) if len(starts) else float("nan")
