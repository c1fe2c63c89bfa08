"""Nerves held out: laws and recruitment on which no constant of the program was set.

Laws: a point source behind a sheath, k (r + r0)^2; straight, as measured on a rabbit's nerve; a contact flat for a
millimetre, then any power; and pig data (Tsai 2008), 0.39 mA at contact, 0.92 at 1 mm, nothing below 2 mA at 5 mm,
joined by straight lines in the logarithm and scaled. Recruitment by a Hill curve, or by two groups of units.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tests.worlds.nerves import CRITERION_UV, Curve, Faults, Law, World, reachable_way

_PIG_MM, _PIG_MA = (0.0, 1.0, 5.0, 10.0), (0.39, 0.92, 3.5, 12.0)


def held_out(seed: int, speed_mm_s: float) -> World:
    """A world with all faults of ``nerves.wide``; the kind of law goes with the seed."""
    rng = np.random.default_rng([seed, 12])
    law = _LAWS[seed % len(_LAWS)](rng)
    largest_uv = float(np.clip(3000 * math.exp(0.7 * rng.standard_normal()), 800, 15_000))
    curve = _CURVES[int(rng.integers(len(_CURVES)))](rng, largest_uv)
    faults = Faults(dead=0.08, bursts_per_s=0.05, full_uv=float(rng.choice([math.inf, math.inf, 3000.0, 1000.0])))
    return World(seed, law, curve, reachable_way(rng, speed_mm_s, law), faults)


def _spread(rng: np.random.Generator, factor: float = 3.0) -> float:
    """Up to ``factor`` either way."""
    return math.exp(float(rng.uniform(-math.log(factor), math.log(factor))))


def _sheath(rng: np.random.Generator) -> Law:
    gain, depth_mm = 0.15 * _spread(rng), float(rng.uniform(0.7, 2.0))
    return lambda r: gain * (r + depth_mm) ** 2


def _straight(rng: np.random.Generator) -> Law:
    contact, per_mm = 0.3 * _spread(rng), float(rng.uniform(0.3, 1.2))
    return lambda r: contact * (1 + per_mm * r)


def _flat(rng: np.random.Generator) -> Law:
    contact, gain, exponent = 0.25 * _spread(rng), 0.4 * _spread(rng), float(rng.uniform(1.0, 2.4))
    return lambda r: contact + gain * max(r - 1.0, 0.0) ** exponent


def _pig(rng: np.random.Generator) -> Law:
    gain = _spread(rng, 2.5)
    return lambda r: gain * math.exp(float(np.interp(r, _PIG_MM, np.log(_PIG_MA))))


def _hill(rng: np.random.Generator, largest_uv: float) -> Curve:
    steepness = float(rng.uniform(3.0, 14.0))
    share = CRITERION_UV / largest_uv
    half = math.pow(1 / share - 1, 1 / steepness)

    def curve(above: float) -> float:
        raised = math.pow(math.exp(min(above, 4.0)) / half, steepness)
        return largest_uv * raised / (1 + raised)

    return curve


def _two_groups(rng: np.random.Generator, largest_uv: float) -> Curve:
    """The second group responds late: a step, a shoulder, and another step."""
    early, late = _hill(rng, 0.4 * largest_uv), _hill(rng, 0.6 * largest_uv)
    apart, shift = float(rng.uniform(0.2, 0.8)), 0.0
    for _ in range(60):  # where both together reach the criterion
        shift += 0.5 * math.log(CRITERION_UV / (early(shift) + late(shift - apart))) * 0.1
    return lambda above: early(above + shift) + late(above + shift - apart)


_LAWS: tuple[Callable[[np.random.Generator], Law], ...] = (_sheath, _straight, _flat, _pig)
_CURVES = (_hill, _two_groups)
