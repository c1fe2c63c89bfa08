"""What the particles say, as a record: intervals, zones and their probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.events import Interval, Proximity
from guidance.signal.basis import Array

ZONES = ("none", "far", "approach", "target", "close")
APPROACH_MA = 1.0

_QUANTILES = (0.05, 0.5, 0.95)
_BEYOND = 1.1


@dataclass(frozen=True, slots=True)
class Edges:
    """Thresholds in mA at 0.1 ms at which the zones ``target`` and ``close`` begin."""

    target_ma: float
    close_ma: float


@dataclass(frozen=True, slots=True)
class Told:
    """Thresholds at the width in use and at 0.1 ms, distance, and the probability of each zone."""

    threshold_ma: Interval
    short_ma: Interval
    distance_mm: Interval
    zones: dict[str, float]

    def proximity(self, sample: int, *, width_known: bool) -> Proximity:
        """As the record of the pulse at ``sample``; without its width the threshold stands for no other width."""
        if not width_known:
            return Proximity(sample, self.threshold_ma, None, None, None, None, valid=True, why=None)
        zone = max(self.zones, key=lambda name: self.zones[name])
        return Proximity(sample, self.threshold_ma, self.short_ma, self.distance_mm, zone, self.zones, True, None)


def unknown(sample: int, why: str, zone: str | None = None) -> Proximity:
    """The record that says nothing is known after the pulse at ``sample``, and why."""
    return Proximity(sample, None, None, None, zone, None, valid=False, why=why)


def told(
    ln_short: Array, short_ma: Interval, ln_factor: Array | float, distance_mm: Interval, weights: Array,
    edges: Edges, highest_ma: float,
) -> Told:  # fmt: skip
    """Sum up guesses of ``weights`` (particles,): ln of the threshold at 0.1 ms, whose interval is ``short_ma``, and by
    how much it differs at the width in use. ``highest_ma`` is the highest current tried.
    """
    ln_threshold = ln_short + ln_factor
    threshold_ma = interval(np.exp(quantiles(ln_threshold, weights))) if np.any(ln_factor) else short_ma
    zones = _zones(np.exp(ln_short), np.exp(ln_threshold) > _BEYOND * highest_ma, weights, edges)
    return Told(threshold_ma, short_ma, distance_mm, zones)


def quantiles(values: Array, weights: Array, at: tuple[float, ...] = _QUANTILES) -> Array:
    """Weighted quantiles of ``values`` (n,)."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return np.asarray(np.interp(at, total - 0.5 * weights[order], values[order]))


def _zones(short_ma: Array, beyond: NDArray[np.bool_], weights: Array, edges: Edges) -> dict[str, float]:
    """Probability of each zone; ``none`` is a threshold beyond all that was tried."""
    tops = (edges.close_ma, edges.target_ma, APPROACH_MA)
    number = np.where(beyond, 4, np.searchsorted(tops, short_ma))
    found = np.bincount(number, weights, minlength=5)
    names = ("close", "target", "approach", "far", "none")
    of = dict(zip(names, found.tolist(), strict=True))
    return {zone: round(of[zone], 4) for zone in ZONES}


def interval(values: Array) -> Interval:
    """5, 50 and 95 % points ``values`` (3,) as the record takes them."""
    low, middle, high = (float(value) for value in values)
    return low, middle, high
