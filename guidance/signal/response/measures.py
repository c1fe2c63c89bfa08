"""Measures of an estimated response: amplitude, onset, and whether it can be one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guidance.signal.response.separation import SeparatedSweep
from guidance.signal.sweep.basis import Array

_ONSET_SHARE, _ONSET_SDS, _LEAST_BEFORE = 0.03, 1.5, 4
_FIRST_SHARE, _FIRST_SDS = 0.15, 4.0
_ENDING_MS, _UNFINISHED = 2.0, 0.25
_FLAT_MS, _FLAT_ENDS_MS = 2.0, 0.3
_LARGE_UV, _FLAT_SHARE, _SMALL_FLAT_SHARE = 100.0, 0.3, 0.2
"""Before a response the sweep lies flat for so long, but for the last bit, to this share of it (smaller for a small
one): what swings as slowly as an artefact does not."""

_HOLDS = 0.6
"""A sweep holds a wave where it itself changes by this share of the wave, peak to peak."""

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


def onset_ms(separated: SeparatedSweep, times: Array, inside: NDArray[np.bool_]) -> float:
    """Return the onset latency in ms: where the response leaves the level before its first sure excursion."""
    size = np.abs(np.where(inside, separated.mean, 0.0))
    sure = (size > _FIRST_SHARE * size.max()) & (size > _FIRST_SDS * separated.sd)
    first = int(np.argmax(sure)) if sure.any() else int(size.argmax())
    before = separated.mean[:first][inside[:first]]
    level = float(np.median(before)) if len(before) > _LEAST_BEFORE else 0.0
    away = np.abs(np.where(inside, separated.mean - level, 0.0))[: first + 1]
    low = np.flatnonzero(away < np.maximum(_ONSET_SHARE * size.max(), _ONSET_SDS * separated.sd[: first + 1]))
    return float(times[low[-1] if len(low) else int(inside.argmax())])


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


def begins_at_once(separated: SeparatedSweep, inside: NDArray[np.bool_]) -> bool:
    """Return whether the wave is largest at its very begin and falls from there: no muscle responds so, but an
    unknown artefact does.
    """
    size, sd = np.abs(separated.mean[inside]), separated.sd[inside]
    if len(size) <= _AT_ONCE:
        return False
    first = int(size[:_AT_ONCE].argmax())
    return bool(size[first] > _AT_ONCE_SDS * sd[first] and size[first] > _AT_ONCE_SHARE * size.max())
