"""Nerves of many axons: recruitment and threshold both follow from the axons' places, so both change with distance.

Each axon has the threshold of the fibre table at its own distance from the tip, behind a sheath, and a muscle unit of
its own size. The motor threshold is where their sum reaches the criterion. Two families: ``tuned`` (one round nerve,
exponential sizes) and ``held_out`` (fascicles apart from one another, lognormal sizes, and a muscle whose response
grows or shrinks in the course of the procedure).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.simulated.fibre_table import DIAMETERS_UM, DISTANCES_MM, THRESHOLDS_MA
from tests.worlds.chronaxies import SHORT_MS
from tests.worlds.nerves import CRITERION_UV, LARGEST_MA, Faults, Way, World, approach_and_withdraw

Array = NDArray[np.float64]

_AXON_JITTER = 0.02
_LN_DISTANCES, _LN_THRESHOLDS = np.log(DISTANCES_MM), np.log(THRESHOLDS_MA)


class AxonWorld(World):
    """A nerve of axons: ``places_mm`` (axons, 2) with the nerve's surface at x = 0 and the tip at x < 0; ``sizes_uv``
    (axons,) of their muscle units; the whole response is scaled by e^(``gain_per_s`` t).
    """

    def __init__(
        self, seed: int, places_mm: Array, sizes_uv: Array, ln_gain: float, sheath_mm: float, gain_per_s: float,
        way: Way | None, faults: Faults,
    ) -> None:  # fmt: skip
        """Draw the diameters; without a ``way`` one must be set before the first pulse."""
        rng = np.random.default_rng([seed, 31])
        super().__init__(seed, lambda _r: math.nan, lambda _a: math.nan, way or Way(np.zeros(1), np.zeros(1)), faults)
        self._places_mm, self._sizes_uv = places_mm, sizes_uv
        self._ln_gain, self._sheath_mm, self._gain_per_s = ln_gain, sheath_mm, gain_per_s
        column = np.interp(rng.normal(12.0, 1.5, len(sizes_uv)), DIAMETERS_UM, np.arange(len(DIAMETERS_UM)))
        self._column = column

    def axon_ln_ma(self, distance_mm: float) -> Array:
        """Return ln of the threshold in mA of each axon (axons,), the tip being so far from the nerve's surface."""
        x, y = self._places_mm.T
        ln_away = np.log(np.hypot(x + distance_mm, y) + self._sheath_mm)
        low = np.minimum(self._column.astype(int), len(DIAMETERS_UM) - 2)
        rows = [np.interp(ln_away, _LN_DISTANCES, row) for row in _LN_THRESHOLDS]
        table, axons, share = np.array(rows), np.arange(len(low)), self._column - low
        return np.asarray((1 - share) * table[low, axons] + share * table[low + 1, axons] + self._ln_gain)

    def threshold_ma(self, t_s: float) -> float:
        """Return the motor threshold at 0.1 ms: where the expected response reaches the criterion."""
        ln_ma = self.axon_ln_ma(self.distance_mm(t_s))
        order = np.argsort(ln_ma)
        reached = np.cumsum(self._sizes_uv[order]) * math.exp(self._gain_per_s * t_s)
        at = int(np.searchsorted(reached, CRITERION_UV))
        near = ln_ma[order[min(at, len(order) - 1)]]
        grid = near + np.linspace(-0.3, 0.3, 121)
        expected = self._sum_uv(t_s, grid, ln_ma)
        return math.exp(float(np.interp(CRITERION_UV, expected, grid)))

    def expected_uv(self, t_s: float, ln_ma: float, width_ms: float) -> float:
        """Return the sum of the muscle units whose axons fire."""
        assert width_ms == SHORT_MS
        return float(self._sum_uv(t_s, np.array([ln_ma]), self.axon_ln_ma(self.distance_mm(t_s)))[0])

    def _sum_uv(self, t_s: float, ln_currents: Array, axon_ln_ma: Array) -> Array:
        fires = 1 / (1 + np.exp(-1.7 * np.clip((ln_currents[:, None] - axon_ln_ma) / _AXON_JITTER, -40, 40)))
        return np.asarray(fires @ self._sizes_uv * math.exp(self._gain_per_s * t_s))


def tuned(seed: int, speed_mm_s: float) -> World:
    """One round nerve."""
    rng = np.random.default_rng([seed, 32])
    count, radius = int(rng.integers(60, 250)), float(rng.uniform(0.5, 2.0))
    angle, out = rng.uniform(0, 2 * math.pi, count), radius * np.sqrt(rng.random(count))
    places = np.stack([radius + out * np.cos(angle), out * np.sin(angle)], axis=1)
    return _placed(rng, seed, places, rng.exponential(1.0, count), 0.0, speed_mm_s)


def held_out(seed: int, speed_mm_s: float) -> World:
    """Fascicles apart; the muscle's response grows or shrinks."""
    rng = np.random.default_rng([seed, 33])
    groups = []
    for _ in range(int(rng.integers(2, 6))):
        middle = np.array([rng.uniform(0.3, 3.5), rng.uniform(-1.5, 1.5)])
        groups.append(middle + 0.25 * rng.standard_normal((int(rng.integers(20, 80)), 2)))
    places = np.concatenate(groups)
    places[:, 0] = np.maximum(places[:, 0], 0.05)
    return _placed(rng, seed, places, rng.lognormal(0.0, 0.9, len(places)), float(rng.uniform(-0.01, 0.01)), speed_mm_s)


def _placed(
    rng: np.random.Generator, seed: int, places: Array, sizes: Array, gain_per_s: float, speed_mm_s: float
) -> World:
    largest_uv = float(np.clip(4000 * math.exp(0.6 * rng.standard_normal()), 800, 15_000))
    faults = Faults(dead=0.06, bursts_per_s=0.05, full_uv=float(rng.choice([math.inf, math.inf, 3000.0])))
    ln_gain = float(rng.uniform(-math.log(2.5), math.log(2.5))) + 0.5
    sheath_mm = float(rng.uniform(0.2, 0.8))
    world = AxonWorld(seed, places, sizes * largest_uv / sizes.sum(), ln_gain, sheath_mm, gain_per_s, None, faults)
    world._way = approach_and_withdraw(rng, speed_mm_s, _reach_mm(world))
    return world


def _reach_mm(world: AxonWorld) -> float:
    farthest = 10.0
    while farthest > 0.5:
        world._way = Way(np.zeros(1), np.array([farthest]))
        if world.threshold_ma(0.0) <= LARGEST_MA:
            break
        farthest *= 0.9
    return farthest
