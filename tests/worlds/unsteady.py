"""Nerves whose threshold changes where distance does not: drift, a jump at a fascicle, more current on a withdrawal.

The needle also leaves the reach of every current and comes back fast. Two families that share neither law nor
recruitment nor the form of these changes: ``tuned``, on which constants of the program may be set, and ``held_out``,
which only reports.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.worlds import foreign_nerves, nerves
from tests.worlds.nerves import LARGEST_MA, Law, Way, World

Array = NDArray[np.float64]
_GRID_S = 0.02
_LASTS_S = 60.0


@dataclass(frozen=True, slots=True)
class Excess:
    """What distance does not explain: ln of the threshold over that of the law (n,), at times in s (n,)."""

    times_s: Array
    ln: Array

    def at(self, t_s: float) -> float:
        """Return it at ``t_s``."""
        return float(np.interp(t_s, self.times_s, self.ln))


class UnsteadyWorld(World):
    """A world whose threshold is that of its law times e^excess."""

    def __init__(self, base: World, way: Way, excess: Excess) -> None:
        """Take nerve, recruitment and faults of ``base``, on another ``way``."""
        self.__dict__.update(base.__dict__)
        self._way, self._excess = way, excess

    def threshold_ma(self, t_s: float) -> float:
        """True motor threshold at 0.1 ms."""
        return super().threshold_ma(t_s) * math.exp(self._excess.at(t_s))


def tuned(seed: int, speed_mm_s: float) -> World:
    """``nerves.wide`` with a threshold that walks at random, slips now and then, and rises with a withdrawal."""
    rng = np.random.default_rng([seed, 21])
    base = nerves.wide(seed, speed_mm_s)
    way = _way(rng, base, speed_mm_s)
    times = np.arange(0.0, _LASTS_S, _GRID_S)
    walk = rng.uniform(0.0, 0.02) * math.sqrt(_GRID_S) * np.cumsum(rng.standard_normal(len(times)))
    slips = np.zeros(len(times))
    for at in np.flatnonzero(rng.random(len(times)) < _GRID_S / 40.0):
        slips[at:] += 0.3 * rng.standard_normal()
    return UnsteadyWorld(base, way, Excess(times, walk + slips + _dragged(way, times, rng.uniform(0.0, 0.25), 1.0)))


def held_out(seed: int, speed_mm_s: float) -> World:
    """``foreign_nerves.held_out`` with a threshold that drifts in a straight line or to a plateau, changes at places of
    the way (fascicles), and rises with a withdrawal by a share that stays for as long as the needle does.
    """
    rng = np.random.default_rng([seed, 22])
    base = foreign_nerves.held_out(seed, speed_mm_s)
    way = _way(rng, base, speed_mm_s)
    times = np.arange(0.0, _LASTS_S, _GRID_S)
    drift = rng.uniform(-0.2, 0.2) * (times / _LASTS_S if rng.random() < 0.5 else -np.expm1(-times / 15.0))
    return UnsteadyWorld(
        base, way, Excess(times, drift + _fascicles(rng, way, times) + _dragged(way, times, rng.uniform(0.0, 0.3), 3.0))
    )


def _way(rng: np.random.Generator, base: World, speed_mm_s: float) -> Way:
    """The base's way; in a third of the moving worlds the needle begins out of reach of every current, leaves again
    some seconds later, and comes back two to four times as fast.
    """
    if speed_mm_s == 0.0 or rng.random() > 1 / 3:
        return base._way
    law: Law = base._law
    far = 0.5
    while law(far) < 1.3 * LARGEST_MA and far < 20.0:
        far *= 1.1
    far *= float(rng.uniform(1.0, 1.3))
    times, places = [0.0, float(rng.uniform(1.0, 6.0))], [far, far]
    while times[-1] < _LASTS_S:
        near = float(rng.uniform(0.0, 0.4)) * far
        fast = speed_mm_s * float(rng.uniform(2.0, 4.0))
        for place, speed, stays_s in ((near, fast, rng.uniform(2.0, 6.0)), (far, speed_mm_s, rng.uniform(2.0, 8.0))):
            times += [times[-1] + abs(place - places[-1]) / speed]
            times += [times[-1] + float(stays_s)]
            places += [place, place]
    return Way(np.array(times), np.array(places))


def _dragged(way: Way, times: Array, most_ln: float, over_mm: float) -> Array:
    """Tissue that a withdrawn needle drags along: up to ``most_ln`` after ``over_mm`` of withdrawal, less again after
    as much of an approach.
    """
    places = np.interp(times, way.times_s, way.distances_mm)
    dragged = np.zeros(len(times))
    for index, step in enumerate(np.diff(places), 1):
        dragged[index] = min(max(dragged[index - 1] + step / over_mm, 0.0), 1.0)
    return np.asarray(most_ln * dragged)


def _fascicles(rng: np.random.Generator, way: Way, times: Array) -> Array:
    """Steps of the threshold at one to three places of the way, by up to a half either way."""
    places = np.interp(times, way.times_s, way.distances_mm)
    steps = np.zeros(len(times))
    for _ in range(int(rng.integers(1, 4))):
        edge = float(rng.uniform(0.0, 1.0)) * float(places.max())
        steps += rng.uniform(-0.4, 0.4) * (places < edge)
    return steps
