"""The measures of one motor unit potential (MUP), or of a mean of many.

Values are in uV as the amplifier gives them: a negative potential at the needle is a negative number, however it is
drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from guidance.signal.sweep.basis import Array

FINE_HZ = 40_000.0
"""Potentials are measured at about this rate in Hz; interpolation adds nothing above the band of the recording."""

_LOBES = 4
"""Half width of the Lanczos kernel in samples."""

PHASE_UV = 20.0
TURN_UV = 50.0
EDGE_UV = 10.0
"""Least height in uV of a phase, of a turn, and of the edge of the potential; from memory (unsourced)."""

_REACH_MS = 6.0
"""The rise begins at most this long before the peak."""

_NEAR_MS = 1.5
"""The main peak lies at most this far from ``centre``."""

_NEIGHBOUR = 1.25
"""A peak this many times larger than the main one belongs to another potential."""

_BASELINE_MS = 1.5
"""The potential ends where it stays below its edge for longer than this."""

_NOISES = 3.0
"""Least height of edge and phase in units of the noise."""

_WOBBLE = 0.08
"""Share of the peak-to-peak amplitude by which the wave may turn back within its rise."""

_POSITIVE_ONLY = 0.25
"""A negative peak smaller than this share of the positive one is no spike."""

_EDGE_SHARE = 0.05
"""Least height of the edge as a share of the main peak."""


@dataclass(frozen=True, slots=True)
class PotentialMeasures:
    """The measures of one potential.

    ``rise_us`` runs from the positive peak before the main negative peak to that peak, or from the onset if there is no
    positive peak. ``begins_negative`` concerns the first deflection; ``has_spike`` means there is a negative peak.
    ``peak_uv`` is the main peak; ``peak_at`` and ``ends_at`` are its place and the end, in samples of the wave.
    ``is_whole`` is False if a larger neighbour overlaps the potential.
    """

    amplitude_uv: float
    rise_us: float
    duration_ms: float
    spike_ms: float
    phases: int
    turns: int
    area_uvms: float
    begins_negative: bool
    has_spike: bool
    peak_uv: float
    peak_at: float
    ends_at: float
    is_whole: bool


def measure(wave: Array, sample_rate_hz: float, noise_uv: float, centre: int | None = None) -> PotentialMeasures:
    """Measure the potential in ``wave`` (n,) uV at ``sample_rate_hz``; its baseline is 0 and its noise ``noise_uv``.

    ``centre`` is a sample of its main spike; by default the largest.
    """
    fine, fine_hz = finer(wave, sample_rate_hz)
    per_ms = fine_hz / 1e3
    scale = (len(fine) - 1) / max(len(wave) - 1, 1)
    spike = _spike_of(fine, fine_hz, noise_uv, None if centre is None else round(centre * scale))
    peak, first, last, edge_uv = spike.peak, spike.first, spike.last, spike.edge_uv
    body = fine[first : last + 1]
    largest, amplitude_uv = float(np.abs(body).max()), spike.amplitude_uv
    return PotentialMeasures(
        amplitude_uv=amplitude_uv,
        rise_us=max(peak - spike.foot, 1) * 1e6 / fine_hz,
        duration_ms=(last - first) / per_ms,
        spike_ms=_spike(fine, peak) / per_ms,
        phases=_phases(body, max(PHASE_UV, _NOISES * noise_uv)),
        turns=len(turning_points(body, max(TURN_UV, 4 * noise_uv))),
        area_uvms=float(np.abs(body).sum() / per_ms),
        begins_negative=_begins_negative(body, peak - first, edge_uv),
        has_spike=spike.is_negative,
        peak_uv=float(fine[peak]),
        peak_at=peak / scale,
        ends_at=last / scale,
        is_whole=largest <= _NEIGHBOUR * spike.near_uv,
    )


def rise_us(wave: Array, sample_rate_hz: float, noise_uv: float, centre: int | None = None) -> float:
    """Measure the rise time alone in us, as `measure` does."""
    fine, fine_hz = finer(wave, sample_rate_hz)
    scale = (len(fine) - 1) / max(len(wave) - 1, 1)
    spike = _spike_of(fine, fine_hz, noise_uv, None if centre is None else round(centre * scale))
    return max(spike.peak - spike.foot, 1) * 1e6 / fine_hz


class _Spike(NamedTuple):
    """The main spike of a potential, in samples of the fine wave: its peak, where its rise begins, and the first and
    last sample of the potential, with the height of its edge, its amplitude, and its largest height near the centre.
    """

    peak: int
    foot: int
    first: int
    last: int
    is_negative: bool
    edge_uv: float
    amplitude_uv: float
    near_uv: float


def _spike_of(fine: Array, fine_hz: float, noise_uv: float, centre: int | None) -> _Spike:
    per_ms = fine_hz / 1e3
    reach = round(_NEAR_MS * per_ms)
    start = 0 if centre is None else max(centre - reach, 0)
    near = fine if centre is None else fine[start : centre + reach + 1]
    at, is_negative = _main_peak(near)
    peak = start + at
    height = abs(float(fine[peak]))
    edge_uv = min(max(EDGE_UV, _NOISES * noise_uv, _EDGE_SHARE * height), 0.3 * height)
    first, last = _extent(fine, peak, edge_uv, round(_BASELINE_MS * per_ms))
    body = fine[first : last + 1]
    amplitude_uv = float(body.max() - body.min())
    foot = _foot(fine, peak, first, max(_WOBBLE * amplitude_uv, 2 * noise_uv), round(_REACH_MS * per_ms))
    near_uv = max(float(near.max()), -float(near.min()))
    return _Spike(peak, foot, first, last, is_negative, edge_uv, amplitude_uv, near_uv)


def turning_points(wave: Array, least_uv: float) -> list[int]:
    """Return the samples at which ``wave`` turns with at least ``least_uv`` on either side."""
    if not len(wave):
        return []
    ways = np.sign(wave[1:] - wave[:-1])
    bends = (ways[1:] != ways[:-1]).nonzero()[0] + 1
    at = [0, *bends.tolist(), len(wave) - 1]
    return [at[i] for i in _turns(wave[at].tolist(), least_uv)]


def _turns(values: list[float], least_uv: float) -> list[int]:
    turns: list[int] = []
    low = high = going = 0
    for i, value in enumerate(values):
        high = i if value > values[high] else high
        low = i if value < values[low] else low
        if going >= 0 and values[high] - value >= least_uv:
            turns += [high] if going else []
            going, low = -1, i
        elif going <= 0 and value - values[low] >= least_uv:
            turns += [low] if going else []
            going, high = 1, i
        if going > 0:
            low = i
        elif going < 0:
            high = i
    return turns


def finer(wave: Array, sample_rate_hz: float) -> tuple[Array, float]:
    """Interpolate ``wave`` (n,) by a windowed sinc (Lanczos); return it and its new rate, about FINE_HZ."""
    factor = max(1, round(FINE_HZ / sample_rate_hz))
    if factor == 1 or len(wave) < 2:
        return wave, sample_rate_hz
    stuffed = np.zeros((len(wave) + 2 * _LOBES - 1) * factor + 1)
    inside = stuffed[::factor]
    inside[:_LOBES], inside[_LOBES:-_LOBES], inside[-_LOBES:] = wave[0], wave, wave[-1]
    fine = np.convolve(stuffed, _kernel(factor), mode="same")
    return np.asarray(fine[_LOBES * factor : len(fine) - _LOBES * factor]), sample_rate_hz * factor


@cache
def _kernel(factor: int) -> Array:
    t = np.arange(-_LOBES * factor, _LOBES * factor + 1) / factor
    kernel = np.sinc(t) * np.sinc(t / _LOBES)
    for phase in range(factor):
        kernel[phase::factor] /= kernel[phase::factor].sum()
    return np.asarray(kernel)


def _main_peak(fine: Array) -> tuple[int, bool]:
    """Return the sample of the main peak and whether it is a spike: the negative peak, or the positive without one."""
    low, high = int(fine.argmin()), int(fine.argmax())
    has_spike = -float(fine[low]) >= _POSITIVE_ONLY * float(fine[high])
    return (low, True) if has_spike else (high, False)


def _extent(fine: Array, peak: int, edge_uv: float, baseline: int) -> tuple[int, int]:
    """Return the first and last sample of the potential: from its peak to ``baseline`` samples below the edge."""
    over = (np.abs(fine) >= edge_uv).nonzero()[0]
    if not len(over):
        return peak, peak
    breaks = (over[1:] - over[:-1] > baseline).nonzero()[0]
    run = int(np.searchsorted(over[breaks + 1], peak, "right"))
    return int(over[breaks[run - 1] + 1 if run else 0]), int(over[breaks[run] if run < len(breaks) else -1])


def _foot(fine: Array, peak: int, first: int, wobble_uv: float, reach: int) -> int:
    """Return where the rise begins: backwards from the peak until the wave turns by more than ``wobble_uv``."""
    start = max(first, peak - reach, 0)
    away = np.sign(-fine[peak]) * fine[start : peak + 1][::-1]
    best = np.maximum.accumulate(away)
    back = (best - away > wobble_uv).nonzero()[0]
    stop = int(back[0]) if len(back) else len(away)
    return peak - int(away[:stop].argmax())


def _spike(fine: Array, peak: int) -> int:
    """Return for how many samples the wave stays on the main peak's side of the baseline."""
    side = np.sign(fine[peak]) * fine > 0
    before, after = (~side[: peak + 1]).nonzero()[0], (~side[peak:]).nonzero()[0]
    return int((after[0] if len(after) else len(fine) - peak) + (peak - before[-1] if len(before) else peak))


def _phases(body: Array, least_uv: float) -> int:
    """Count the departures from the baseline to either side by at least ``least_uv``."""
    sides = np.sign(body) * (np.abs(body) >= least_uv)
    sides = sides[sides != 0]
    return 1 + int(np.count_nonzero(np.diff(sides))) if len(sides) else 0


def _begins_negative(body: Array, peak: int, edge_uv: float) -> bool:
    """Return whether the first deflection is negative; before the spike it counts from a tenth of the spike on."""
    ahead = body[: max(peak, 1)]
    least = max(edge_uv, 0.1 * abs(float(body[peak])))
    over = (np.abs(ahead) >= least).nonzero()[0]
    return bool(body[peak] < 0) if not len(over) else bool(ahead[over[0]] < 0)
