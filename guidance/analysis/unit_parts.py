"""Parts of one long potential: labels of the decomposition that fire at a constant lag, joined under one.

The template of the decomposition has 7 ms. A polyphasic potential of 15 ms or one with a satellite is therefore found
as two or three labels, or with a late part of no unit, each at a constant lag. Two motor units fire independently:
firings of one lie within 1 ms of any lag to a firing of the other in about 1 % at 10 Hz.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from guidance.analysis.unit_firings import RecordedFirings, UnitFirings

_REACH_MS, _WITHIN_MS = 20.0, 0.75
"""Parts lie within the first time of each other, and their lag varies by the second at most (a judgement)."""

_LOCKED_SHARE, _LEAST_LOCKED = 0.4, 5
"""Two labels are one unit if so large a share of the rarer one's firings, and so many, lie at one lag. Chance gives
0.01 to 0.03."""

_PART_SHARE, _OVER_CHANCE = 0.15, 3.0
"""A potential of no unit is a part of one if such potentials follow so large a share of its firings at this lag, and so
many times more often than by chance (a judgement)."""

_SAME_MS = 3.0
"""Firings of two parts within this time, lag aside, are one firing."""


def joined(firings: RecordedFirings, sample_rate_hz: float) -> RecordedFirings:
    """Return ``firings`` with the parts of each unit under the label that fired most; late parts are of no unit any
    more, nor of none.
    """
    per_ms = sample_rate_hz / 1e3
    units: list[UnitFirings] = []
    for part in sorted(firings.units, key=lambda unit: -len(unit.samples)):
        for at, unit in enumerate(units):
            lag = _locked_lag(unit.samples, part.samples, per_ms)
            if lag is not None:
                samples = _together(unit.samples, part.samples - lag, per_ms)
                units[at] = UnitFirings(unit.number, samples, max(unit.height_uv, part.height_uv))
                break
        else:
            units.append(part)
    none, none_uv = firings.none, firings.none_uv
    for unit in units:
        own = _is_part(unit.samples, none, per_ms)
        none, none_uv = none[~own], none_uv[~own]
    return RecordedFirings(tuple(sorted(units, key=lambda unit: unit.number)), none, none_uv)


def _locked_lag(unit: NDArray[np.int64], part: NDArray[np.int64], per_ms: float) -> int | None:
    """Return the constant lag in samples of ``part`` behind ``unit``; None where there is none."""
    lags = _lags(unit, part, per_ms)
    if len(lags) < _LEAST_LOCKED:
        return None
    near = np.array([np.count_nonzero(np.abs(lags - lag) <= _WITHIN_MS * per_ms) for lag in lags])
    best = int(near.argmax())
    if near[best] < max(_LEAST_LOCKED, _LOCKED_SHARE * min(len(unit), len(part))):
        return None
    return round(float(np.median(lags[np.abs(lags - lags[best]) <= _WITHIN_MS * per_ms])))


def _is_part(unit: NDArray[np.int64], none: NDArray[np.int64], per_ms: float) -> NDArray[np.bool_]:
    """Return which potentials of ``none`` (n,) follow or precede the firings of ``unit`` at a lag that recurs."""
    if not len(unit) or not len(none):
        return np.zeros(len(none), bool)
    nearest = _nearest(unit, none)
    lags = none - nearest
    close = np.abs(lags) <= _REACH_MS * per_ms
    alike = np.abs(lags[:, None] - lags[None, close]) <= _WITHIN_MS * per_ms
    recurs = alike.sum(axis=1)
    chance = float(close.sum()) * _WITHIN_MS / _REACH_MS
    return np.asarray(close & (recurs >= max(_PART_SHARE * len(unit), _OVER_CHANCE * chance, _LEAST_LOCKED)))


def _lags(unit: NDArray[np.int64], part: NDArray[np.int64], per_ms: float) -> NDArray[np.int64]:
    """Return the lags in samples of the firings of ``part`` behind those of ``unit``, of all pairs within the reach."""
    reach = round(_REACH_MS * per_ms)
    low, high = np.searchsorted(part, unit - reach), np.searchsorted(part, unit + reach, "right")
    pairs = [part[a:b] - at for at, a, b in zip(unit, low, high, strict=True)]
    return np.concatenate(pairs) if pairs else np.zeros(0, np.int64)


def _nearest(unit: NDArray[np.int64], samples: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the firing of ``unit`` that is nearest to each of ``samples``."""
    after = np.clip(np.searchsorted(unit, samples), 0, len(unit) - 1)
    before = np.maximum(after - 1, 0)
    closer = np.abs(unit[before] - samples) <= np.abs(unit[after] - samples)
    return np.where(closer, unit[before], unit[after])


def _together(unit: NDArray[np.int64], part: NDArray[np.int64], per_ms: float) -> NDArray[np.int64]:
    """Return the firings of ``unit``, and those of ``part`` at which it was missed."""
    missed = part[np.abs(_nearest(unit, part) - part) > _SAME_MS * per_ms]
    return np.sort(np.concatenate([unit, missed]))
