"""Measures of an estimated response: amplitude, onset, and whether it can be one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.signal.response.separation import SeparatedSweep
from guidance.signal.sweep.arrays import median
from guidance.signal.sweep.basis import Array

_ONSET_SHARE, _ONSET_SDS, _LEAST_BEFORE = 0.03, 1.5, 4
"""A response has left its level where it is further away than this share of its peak and so many standard deviations;
the level is known from at least so many samples before."""

_FIRST_SHARE, _FIRST_SDS = 0.15, 4.0
"""The first sure excursion is so large, as a share of the peak and in standard deviations."""

_PAUSE_MS = 0.7
"""What lies before the first sure excursion without a pause of this length belongs to it: a small first phase crosses
its level faster (motor unit potentials last 5 ms and more)."""

_VAGUE_SHARE = 0.25
"""An onset is known where the response leaves its level within this share of its peak: beyond, noise hides it."""

_SLOWEST_RISE, _OFF_ZERO = 1.2, 0.1
"""From its onset a response reaches half its peak within the first share of the time for which it stays above that. A
slower one has an onset only if it left the line within the second share of its peak: else what the artefact left comes
before it. (Tuning worlds of front ends: 99 % of the onsets stay; early ones go from 2.0 to 0.8 %.)"""

_ENDING_MS, _UNFINISHED = 2.0, 0.25
_FLAT_MS, _FLAT_ENDS_MS = 2.0, 0.3
_LARGE_UV, _FLAT_SHARE, _SMALL_FLAT_SHARE = 100.0, 0.3, 0.2
"""Before a response the sweep lies flat for so long, but for the last bit, to this share of it (smaller for a small
one): what swings as slowly as an artefact does not."""

_HOLDS = 0.6
"""A sweep holds a wave where it itself changes by this share of the wave, peak to peak."""

_SECOND_PHASE, _SLOW_MS = 0.3, 11.0
"""A response has a second phase of at least this share of the first, or is narrower than this at half its height: motor
unit potentials last some 10 ms with all their phases. An R wave is as wide when seen at a limb,
and a moved cable returns over tens of ms (a judgement on simulated ones)."""

_QUICK_MS, _QUICK_OF_LATENCY, _QUICK_SHARE = 2.4, 0.3, 0.45
"""Within the first time, or within this share of the window's begin if that is longer, a response changes by the last
share of its peak to peak: a muscle fibre's potential rises within 2 ms, and late responses are dispersed. An R wave of
which the window holds a part changes less. (Least seen: 0.50 on the tuning worlds of front ends, 0.52 in human motor
evoked potentials; 10 of 14 R waves that were taken for a response changed less than 0.45.)"""

_TURNS, _DISPERSED_MS = 0.4, 10.0
"""A response moves back by this share of its quickest move, and as quickly; a cable that returns within 5 ms or more
moves back by less. In a window that begins after the second time responses are dispersed and may turn as slowly."""

_AT_ONCE, _AT_ONCE_SHARE, _AT_ONCE_SDS = 2, 0.8, 4.0
"""A wave begins at once where one of its first so many samples reaches this share of its peak and so many standard
deviations (judgements, unsourced): an onset at the first visible sample is not one.
"""


def peak_to_peak(separated: SeparatedSweep, inside: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the peak-to-peak amplitude in uV where ``inside`` (n,), and its standard deviation."""
    if not inside.any():
        return 0.0, 0.0
    mean, sd = separated.mean[inside], separated.sd[inside]
    high, low = int(mean.argmax()), int(mean.argmin())
    return float(mean[high] - mean[low]), float(np.hypot(sd[high], sd[low]))


@dataclass(frozen=True, slots=True)
class Begin:
    """Where a wave begins, in ms after the pulse, small first phases included; whether that is its onset, known to a
    fraction of a ms; and ``sure_ms``, where its first sure excursion begins.
    """

    ms: float
    is_onset: bool
    sure_ms: float


def begin_of(separated: SeparatedSweep, times: Array, inside: NDArray[np.bool_]) -> Begin:
    """Return where the response leaves the level before its first sure excursion, small first phases included.

    It is no onset where the response was away from its level from the first visible sample on, or where noise hides
    the begin.
    """
    start = int(inside.argmax())
    size = np.abs(np.where(inside, separated.mean, 0.0))
    sure = (size > _FIRST_SHARE * size.max()) & (size > _FIRST_SDS * separated.sd)
    first = int(np.argmax(sure)) if sure.any() else int(size.argmax())
    before = separated.mean[start:first]
    level = median(before) if len(before) > _LEAST_BEFORE else 0.0
    least = np.maximum(_ONSET_SHARE * size.max(), _ONSET_SDS * separated.sd)
    is_away = np.abs(separated.mean[start : first + 1] - level) > least[start : first + 1]
    away, low = np.flatnonzero(is_away) + start, np.flatnonzero(~is_away) + start
    pauses = np.flatnonzero(np.diff(away) > _PAUSE_MS / (times[1] - times[0]))
    at = int(away[pauses[-1] + 1 if len(pauses) else 0]) - 1 if len(away) else first
    is_vague = bool(least[at] > _VAGUE_SHARE * size.max()) if at >= 0 else True
    sure_ms = float(times[low[-1] if len(low) else start])
    is_onset = at > start and not is_vague and _rises_soon(size, at)
    return Begin(float(times[max(at, start)]), is_onset, sure_ms)


def _rises_soon(size: Array, at: int) -> bool:
    """Return whether a wave of this ``size`` (n,) reaches half its peak soon after sample ``at``, or left 0 there."""
    if size[at] < _OFF_ZERO * size.max():
        return True
    peak, is_high = int(size.argmax()), size >= 0.5 * size.max()
    before, after = np.flatnonzero(~is_high[:peak]), np.flatnonzero(~is_high[peak:])
    first = int(before[-1]) + 1 if len(before) else 0
    stop = peak + int(after[0]) if len(after) else len(size)
    return int(is_high[at:].argmax()) <= _SLOWEST_RISE * (stop - first)


def rises_from_baseline(sweep: Array, times: Array, begin_ms: float, visible_ms: float, amplitude_uv: float) -> bool:
    """Return whether the ``sweep`` (n,) itself, artefact included, is flat before ``begin_ms``.

    Only a response can begin there. Nothing before ``visible_ms`` counts.
    """
    if not is_in(sweep, times >= begin_ms, amplitude_uv):
        return False
    before = sweep[(times >= begin_ms - _FLAT_MS) & (times < begin_ms - _FLAT_ENDS_MS)]
    if begin_ms - _FLAT_MS < visible_ms or not len(before):
        return False
    share = _FLAT_SHARE if amplitude_uv >= _LARGE_UV else _SMALL_FLAT_SHARE
    return bool(np.abs(before).max() < share * amplitude_uv)


def is_in(sweep: Array, inside: NDArray[np.bool_], amplitude_uv: float) -> bool:
    """Return whether the ``sweep`` (n,) itself holds a wave of ``amplitude_uv`` where ``inside`` (n,), and not only the
    artefact that was expected and did not come.
    """
    return bool(inside.any() and np.ptp(sweep[inside]) > _HOLDS * amplitude_uv)


def still_running(separated: SeparatedSweep, amplitude_uv: float, inside: NDArray[np.bool_], times: Array) -> bool:
    """Return whether over a quarter of the response ``inside`` (n,) remains in the last 2 ms of the window."""
    ending = np.abs(separated.mean[inside & (times > times[-1] - _ENDING_MS)])
    return bool(ending.max(initial=0.0) > _UNFINISHED * amplitude_uv)


def is_slow(separated: SeparatedSweep, inside: NDArray[np.bool_], times: Array) -> bool:
    """Return whether the wave changes slowly, or has one phase only, and a slow one: a heartbeat or the cable, not a
    muscle's response.

    Late responses are dispersed: the later ones may be as wide as they are late.
    """
    visible = separated.mean[inside]
    first_ms = float(times[int(inside.argmax())])
    lag = _quick(times, first_ms)
    if len(visible) > lag and np.abs(visible[lag:] - visible[:-lag]).max() < _QUICK_SHARE * np.ptp(visible):
        return True
    wave = np.where(inside, separated.mean, 0.0)
    high, low = float(wave.max()), float(-wave.min())
    if min(high, low) > _SECOND_PHASE * max(high, low):
        return False
    wide = np.count_nonzero(np.abs(wave) > 0.5 * max(high, low))
    return bool(wide * (times[1] - times[0]) > max(_SLOW_MS, first_ms))


def _quick(times: Array, first_ms: float) -> int:
    """Return within how many samples a response in a window from ``first_ms`` on changes by much of its size."""
    return round(max(_QUICK_MS, _QUICK_OF_LATENCY * first_ms) / float(times[1] - times[0]))


def is_step(sweep: Array, times: Array, first_ms: float, begin_ms: float) -> bool:
    """Return whether the ``sweep`` (n,) without the expected artefact moves quickly in one direction only from
    ``begin_ms`` on, in a window from ``first_ms`` on: a moved cable steps and returns slowly, a response turns.
    """
    later = sweep[times >= begin_ms - _FLAT_ENDS_MS]
    lag = _quick(times, first_ms)
    if first_ms >= _DISPERSED_MS or len(later) <= 2 * lag:
        return False
    quick = later[lag:] - later[:-lag]
    return bool(min(quick.max(), -quick.min()) < _TURNS * max(quick.max(), -quick.min()))


def begins_at_once(separated: SeparatedSweep, inside: NDArray[np.bool_]) -> bool:
    """Return whether the wave is largest at its very begin and falls from there: no muscle responds so, but an
    unknown artefact does.
    """
    size, sd = np.abs(separated.mean[inside]), separated.sd[inside]
    if len(size) <= _AT_ONCE:
        return False
    first = int(size[:_AT_ONCE].argmax())
    return bool(size[first] > _AT_ONCE_SDS * sd[first] and size[first] > _AT_ONCE_SHARE * size.max())
