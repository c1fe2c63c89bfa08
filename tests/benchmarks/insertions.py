"""Simulated insertions in closed loop, every pulse with its truth and its estimate, as one table; and shares of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from tests.worlds.nerves import World
from tests.worlds.tracking import LOWER_BOUND_MA, TARGET_MA, Ours, Pulsed, run

PULSE = np.dtype([
    ("seed", int), ("speed_mm_s", float), ("t_s", float), ("true_ma", float), ("true_mm", float), ("next_s", float),
    ("current_ma", float), ("detected", bool), ("contaminated", bool), ("valid", bool), ("ma", float, 3),
    ("mm", float, 3), ("probability", float, 5), ("said", "U8"),
])  # fmt: skip
"""A pulse: thresholds at 0.1 ms in mA and distances in mm (5, 50 and 95 % points; nan where there are none), the
probability of each zone from far to near (``guidance.contracts.zones.ZONES``), and the zone that was reported.
"""

Table = NDArray[np.void]
_NONE = (np.nan, np.nan, np.nan)


def collect(
    make: Callable[[int, float], World], seeds: Iterable[tuple[int, float]], duration_s: float, *, own_rate: bool = True
) -> Table:
    """Return the pulses of an insertion for each of ``seeds`` (seed, speed in mm/s) of the worlds of ``make``."""
    rows = []
    for seed, speed in seeds:
        tracker = Ours(own_rate=own_rate)
        rows += [_row(seed, speed, pulse) for pulse in run(make(seed, speed), tracker, duration_s, predicts=False)]
    return np.array(rows, PULSE)


def _row(seed: int, speed: float, pulse: Pulsed) -> tuple[object, ...]:
    estimate = pulse.proximity
    shares = list((estimate.zone_probability or {}).values()) if estimate else []
    return (
        seed, speed, pulse.t_s, pulse.threshold_ma, pulse.distance_mm, pulse.interval_s, pulse.current_ma,
        pulse.response.detected, pulse.response.contaminated, bool(estimate and estimate.valid),
        (estimate and estimate.threshold_0p1ms_ma) or _NONE, (estimate and estimate.distance_mm) or _NONE,
        tuple(shares or (0.0,) * 5), (estimate and estimate.zone) or "",
    )  # fmt: skip


def true_zone(threshold_ma: float) -> str:
    """Return the zone that the true threshold at 0.1 ms lies in."""
    tops = ((LOWER_BOUND_MA, "close"), (TARGET_MA, "target"), (1.0, "approach"))
    return next((name for top_ma, name in tops if threshold_ma <= top_ma), "far")
