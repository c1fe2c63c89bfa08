"""Summary of the particles for the record: intervals, zones and their probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from guidance.contracts.events import Interval, Proximity
from guidance.contracts.zones import Edges, likeliest, probabilities
from guidance.proximity.random_table import Cloud

_QUANTILES = (0.05, 0.5, 0.95)
"""Quantiles of an interval: the bounds of the central 90 %, and the median."""

_BEYOND = 1.1
"""A threshold so many times above the highest current tried counts as beyond it (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True)
class PosteriorSummary:
    """Thresholds at the width in use and at 0.1 ms, distance, and the probability of each zone."""

    threshold_ma: Interval
    short_ma: Interval
    distance_mm: Interval
    zones: dict[str, float]

    def proximity(self, sample: int, *, width_known: bool) -> Proximity:
        """Return the record of the pulse at ``sample``; without its width the threshold stands for no other width."""
        if not width_known:
            return Proximity(sample, self.threshold_ma, None, None, None, None, valid=True, why=None)
        zone = likeliest(self.zones)
        return Proximity(sample, self.threshold_ma, self.short_ma, self.distance_mm, zone, self.zones, True, None)


def summarize(
    ln_short: Cloud, short_ma: Interval, ln_factor: Cloud | float, distance_mm: Interval, weights: Cloud,
    edges: Edges, highest_ma: float,
) -> PosteriorSummary:  # fmt: skip
    """Summarize particles of ``weights`` (particles,): ln of the threshold at 0.1 ms, whose interval is ``short_ma``,
    and by how much it differs at the width in use. ``highest_ma`` is the highest current tried.
    """
    ln_threshold = ln_short + ln_factor
    threshold_ma = interval(np.exp(quantiles(ln_threshold, weights))) if np.any(ln_factor) else short_ma
    beyond = ln_threshold > math.log(max(_BEYOND * highest_ma, 1e-9))
    return PosteriorSummary(threshold_ma, short_ma, distance_mm, probabilities(ln_short, weights, beyond, edges))


def quantiles(values: Cloud, weights: Cloud, at: tuple[float, ...] = _QUANTILES) -> Cloud:
    """Return weighted quantiles of ``values`` (n,), which are sorted to a 65,535th of their range: that is fast."""
    least, most = float(values.min()), float(values.max())
    keys = ((values - least) * (65_535 / max(most - least, 1e-12))).astype(np.uint16)
    order = np.argsort(keys, kind="stable")
    total = np.cumsum(weights[order])
    return np.asarray(np.interp(at, total - 0.5 * weights[order], values[order]))


def interval(values: Cloud) -> Interval:
    """Return the 5, 50 and 95 % points ``values`` (3,) as the record takes them."""
    low, middle, high = (float(value) for value in values)
    return low, middle, high
