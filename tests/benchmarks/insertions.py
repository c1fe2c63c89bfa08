"""Simulated insertions in closed loop, every pulse with its truth and its estimate, as one table; and shares of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from guidance.proximity.summary import MOST_RATIO
from tests.worlds import axons, unsteady
from tests.worlds.nerves import LARGEST_MA, SPEEDS_MM_S, World
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
Make = Callable[[int, float], World]

FAMILIES: dict[str, dict[str, Make]] = {
    "tuned": {"unsteady": unsteady.tuned, "axons": axons.tuned},
    "held-out": {"unsteady": unsteady.held_out, "axons": axons.held_out},
}
"""Families of worlds: on ``tuned`` constants were set, ``held-out`` only reports."""

FIRST_SEEDS = {"tuned": 10_000, "held-out": 900_000}
"""The first seed of each; below 900,000 held-out seeds or tables of them were looked at while building the estimate."""

INTERVAL_SD = 3.29
"""Standard deviations that the central 90 % of a normal distribution span."""

NOT_KNOWN = (np.nan, np.nan, np.nan)
"""In place of an interval that there is not."""


def family(
    name: str, insertions: int, duration_s: float, *, own_rate: bool = True, speeds: tuple[float, ...] = SPEEDS_MM_S
) -> Table:
    """Return the pulses of about so many ``insertions``, half in each kind of world of the family ``name``."""
    tables = []
    for number, make in enumerate(FAMILIES[name].values()):
        first, count = FIRST_SEEDS[name] + 10_000 * number, max(insertions // 2, 1)
        seeds = [(first + index, speeds[index % len(speeds)]) for index in range(count)]
        tables.append(collect(make, seeds, duration_s, own_rate=own_rate))
    return np.concatenate(tables)


def collect(make: Make, seeds: Iterable[tuple[int, float]], duration_s: float, *, own_rate: bool = True) -> Table:
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
        (estimate and estimate.threshold_0p1ms_ma) or NOT_KNOWN, (estimate and estimate.distance_mm) or NOT_KNOWN,
        tuple(shares or (0.0,) * 5), (estimate and estimate.zone) or "",
    )  # fmt: skip


def true_zone(threshold_ma: float) -> str:
    """Return the zone that the true threshold at 0.1 ms lies in."""
    tops = ((LOWER_BOUND_MA, "close"), (TARGET_MA, "target"), (1.0, "approach"))
    return next((name for top_ma, name in tops if threshold_ma <= top_ma), "far")


class Scored:
    """What a table says of the estimate, pulse by pulse: truth in reach (``reachable``), an interval (``known``),
    narrow enough to be valid (``valid``), ratio, error of ln threshold, and whether both intervals hold the truth.
    """

    def __init__(self, table: Table) -> None:
        """Score every pulse of ``table``."""
        low, middle, high = table["ma"].T
        near, _, far = table["mm"].T
        self.table = table
        self.reachable = table["true_ma"] <= LARGEST_MA
        self.known = np.isfinite(middle) & self.reachable
        self.ratio = np.where(self.known, high / np.where(self.known, low, 1.0), np.inf)
        self.valid = table["valid"] & self.known
        self.error_ln = np.where(self.known, np.log(np.where(self.known, middle, 1.0) / table["true_ma"]), np.nan)
        self.holds = (low <= table["true_ma"]) & (table["true_ma"] <= high)
        self.holds_mm = (near <= table["true_mm"]) & (table["true_mm"] <= far)
        self.zone = np.array([true_zone(ma) for ma in table["true_ma"]])

    def rows(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield the rows of a table of coverage: a name, and which of the valid pulses belong to it."""
        yield "all valid", self.valid
        edges = (1.0, 1.1, 1.2, 1.3, 1.5, 2.0, MOST_RATIO)
        for low, high in itertools.pairwise(edges):
            yield f"high / low {low:g}-{high:g}", self.valid & (self.ratio > low) & (self.ratio <= high)
        for zone in ("far", "approach", "target", "close"):
            yield zone, self.valid & (self.zone == zone)
        for speed in np.unique(self.table["speed_mm_s"]):
            yield f"{speed:g} mm/s", self.valid & (self.table["speed_mm_s"] == speed)

    def class_sd_ln(self, rows: NDArray[np.bool_]) -> float:
        """Return the standard deviation of ln threshold that the intervals of ``rows`` promise."""
        return float(np.sqrt(np.mean((np.log(self.ratio[rows]) / INTERVAL_SD) ** 2)))
