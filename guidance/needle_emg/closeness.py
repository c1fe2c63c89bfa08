"""How near the tip is to the fibres of a motor unit, by its potential.

A rise within 500 us comes from inside the unit's territory. A longer one from outside, where the potential is also
below 50 uV or begins negative; many crisp ones from inside rise more slowly too, so the rest is not decided ("Is the
MUAP rise-time criterion too restrictive?", discovery.researcher.life 7d971f32). No distance in mm follows from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from guidance.contracts.events import Interval
from guidance.contracts.zones import ZONES, Edges, completed, likeliest
from guidance.needle_emg.measure import PotentialMeasures
from guidance.needle_emg.units import SortedUnit

LIMIT_US, OUTSIDE_UV = 500.0, 50.0
"""The source's criterion; a protocol may say otherwise."""

SLOW = 2.0
"""A rise longer than so many times the limit is far whatever else it shows (a judgement, unsourced)."""

_LEAST_LN, _USUAL_LN, _USUAL_COUNTS = 0.05, 0.2, 2
_AMPLITUDE_SD_LN = 0.1
_FROM, _TO = -1.645, 1.645
_PARTS = 3
_NEGATIVE_COUNTS = 0.5
"""A slow potential that begins negative is from outside, or from fibres whose end-plates are at the tip."""
_LEAST_DISCHARGES = 3
_LEAST_OVER_NOISE = 12.0
_OF_LARGEST = 0.33
"""The nearest fibre sets the amplitude: what is much smaller than the largest is not the nearest unit."""


@dataclass(frozen=True, slots=True)
class Closeness:
    """What a unit that fires again and again says: ``rise_us`` and ``closeness`` as intervals (5, 50, 95 %);
    closeness is the limit over the rise, 1 and more being inside. ``zone_probability`` of every zone.
    """

    unit: int
    rise_us: Interval
    closeness: Interval
    amplitude_uv: float
    zone: str
    zone_probability: dict[str, float]
    firing_hz: float | None


@dataclass(frozen=True, slots=True)
class Criterion:
    """What counts as near: the longest rise of inside, and below which amplitude a slow one is outside."""

    limit_us: float = LIMIT_US
    outside_uv: float = OUTSIDE_UV

    @property
    def edges_ms(self) -> Edges:
        """The rise times at which approach and target begin; nothing is too close."""
        return Edges(SLOW * self.limit_us / 1e3, self.limit_us / 1e3, 0.0)

    def of(self, unit: SortedUnit, sample_rate_hz: float, since: int) -> Closeness | None:
        """The closeness of ``unit`` since sample ``since``; None where it is too rare, or too small for its noise."""
        whole = unit.averages(since)
        if not whole or whole[0].count < _LEAST_DISCHARGES:
            return None
        known = whole[0].measures()
        if known.amplitude_uv < _LEAST_OVER_NOISE * unit.newest[-1].noise_uv:
            return None
        parts = [part.measures().rise_us for part in unit.averages(since, min(_PARTS, whole[0].count))]
        sd = _uncertainty(known.rise_us, parts, sample_rate_hz)
        shares = self._shares(known, sd)
        low, middle, high = (known.rise_us * math.exp(z * sd) for z in (_FROM, 0.0, _TO))
        return Closeness(
            unit=unit.number,
            rise_us=(low, middle, high),
            closeness=(self.limit_us / high, self.limit_us / middle, self.limit_us / low),
            amplitude_uv=known.amplitude_uv,
            zone=likeliest(shares),
            zone_probability=shares,
            firing_hz=unit.firing_hz(sample_rate_hz),
        )

    def _shares(self, known: PotentialMeasures, sd: float) -> dict[str, float]:
        """How probable each zone is, the logarithm of the rise having standard deviation ``sd``."""
        rise = math.log(known.rise_us)
        inside = _below(math.log(self.limit_us), rise, sd)
        slow = 1 - _below(math.log(SLOW * self.limit_us), rise, sd)
        small = _below(math.log(self.outside_uv), math.log(known.amplitude_uv), _AMPLITUDE_SD_LN)
        between = max(1 - inside - slow, 0.0)
        negative = _NEGATIVE_COUNTS if known.begins_negative else 0.0
        outside = slow + between * (1 - (1 - small) * (1 - negative))
        return completed({"far": outside, "approach": max(1 - inside - outside, 0.0), "target": inside})


def nearest(candidates: Iterable[Closeness]) -> Closeness | None:
    """The crispest of those that are large; None where there is none."""
    units = list(candidates)
    largest = max((each.amplitude_uv for each in units), default=0.0)
    return max(
        (each for each in units if each.amplitude_uv >= _OF_LARGEST * largest),
        key=lambda each: [each.zone_probability[zone] for zone in reversed(ZONES)],
        default=None,
    )


def _uncertainty(rise_us: float, parts: list[float], sample_rate_hz: float) -> float:
    """Standard deviation of the logarithm of the rise of a mean, by the rises of its ``parts``, and never below what a
    sample's step leaves open. The parts are few, so their spread is drawn to a usual one.
    """
    spread = float(np.var(np.log(parts), ddof=1)) if len(parts) > 1 else _USUAL_LN**2
    pooled = (_USUAL_COUNTS * _USUAL_LN**2 + (len(parts) - 1) * spread) / (_USUAL_COUNTS + len(parts) - 1)
    step = 1e6 / sample_rate_hz / math.sqrt(12) / rise_us
    return max(math.hypot(math.sqrt(pooled / len(parts)), step), _LEAST_LN)


def _below(bound: float, mean: float, sd: float) -> float:
    return float(ndtr((bound - mean) / sd))
