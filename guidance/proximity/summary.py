"""Summary of the particles for the record: intervals, zones and their probabilities, and whether they are valid."""

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

_LOST = 0.9
"""Probability of ``none`` from which that zone is reported though the interval is wide (a judgement, unsourced)."""

MOST_RATIO = 3.0
"""An estimate is valid while the 90 % interval of its threshold has at most this ratio, high over low: as the event
stream's contract has it.
"""


@dataclass(frozen=True, slots=True)
class PosteriorSummary:
    """Thresholds at the width in use and at 0.1 ms, distance, the probability of each zone, and the highest current
    that may be given, in mA.
    """

    threshold_ma: Interval
    short_ma: Interval
    distance_mm: Interval
    zones: dict[str, float]
    limit_ma: float

    def proximity(self, sample: int, *, width_known: bool) -> Proximity:
        """Return the record of the pulse at ``sample``; without its width the threshold stands for no other width.

        This is the only place that decides whether an estimate is valid: while its interval is narrow enough. A
        threshold that is probably above the limit has no number.
        """
        zones = self.zones if width_known else None
        if self.threshold_ma[1] > self.limit_ma:
            return Proximity(
                sample, None, None, None, "none", zones, valid=False, why="above-limit", above_ma=self.limit_ma
            )
        valid = is_narrow(self.threshold_ma) and is_narrow(self.short_ma)
        why = None if valid else "uncertain"
        if not width_known:
            return Proximity(sample, self.threshold_ma, None, None, None, None, valid, why)
        zone = likeliest(self.zones) if valid else "none" if self.zones["none"] >= _LOST else None
        return Proximity(sample, self.threshold_ma, self.short_ma, self.distance_mm, zone, zones, valid, why)


def is_narrow(threshold_ma: Interval) -> bool:
    """Return whether an interval is narrow enough to act on."""
    low, _, high = threshold_ma
    return high <= MOST_RATIO * low


def summarize(
    ln_short: Cloud, short_ma: Interval, ln_factor: Cloud | float, distance_mm: Interval, weights: Cloud,
    edges: Edges, highest_ma: float, limit_ma: float,
) -> PosteriorSummary:  # fmt: skip
    """Summarize particles of ``weights`` (particles,): ln of the threshold at 0.1 ms, whose interval is ``short_ma``,
    and by how much it differs at the width in use. ``highest_ma`` is the highest current tried, ``limit_ma`` the
    highest that the protocol allows.
    """
    ln_threshold = ln_short + ln_factor
    threshold_ma = interval(np.exp(quantiles(ln_threshold, weights))) if np.any(ln_factor) else short_ma
    beyond = ln_threshold > math.log(max(_BEYOND * highest_ma, 1e-9))
    zones = probabilities(ln_short, weights, beyond, edges)
    return PosteriorSummary(threshold_ma, short_ma, distance_mm, zones, max(limit_ma, highest_ma))


def quantiles(values: Cloud, weights: Cloud, at: tuple[float, ...] = _QUANTILES) -> Cloud:
    """Return weighted quantiles of ``values`` (n,), which are sorted to a 65,535th of their range: that is fast."""
    least, most = float(values.min()), float(values.max())
    keys = ((values - least) * (65_535 / max(most - least, 1e-12))).astype(np.uint16)
    order = np.argsort(keys, kind="stable")
    sorted_weights = weights.take(order)
    middles = sorted_weights.cumsum()
    middles -= 0.5 * sorted_weights
    return np.asarray(np.interp(at, middles, values.take(order)))


def interval(values: Cloud) -> Interval:
    """Return the 5, 50 and 95 % points ``values`` (3,) as the record takes them."""
    low, middle, high = (float(value) for value in values)
    return low, middle, high
