"""How near the needle tip is to the fibres of a motor unit, estimated from its potential (MUP).

A rise time within 500 us means that the tip is inside the territory of the unit. A longer rise time means outside if
the potential is also below 50 uV or begins negative. Many potentials from inside rise more slowly too, so the other
cases stay open ("Is the MUAP rise-time criterion too restrictive?", discovery.researcher.life 7d971f32). The rise time
gives no distance in mm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from guidance.contracts.events import Interval
from guidance.contracts.zones import ZONES, Edges, completed, likeliest
from guidance.needle_emg.decomposed_unit import DecomposedUnit
from guidance.needle_emg.first_answers import FirstAnswer, averages
from guidance.needle_emg.measure import PotentialMeasures

LIMIT_US, OUTSIDE_UV = 500.0, 50.0
"""Rise time and amplitude of the source's criterion; a protocol may set others."""

SLOW = 2.0
"""A rise time of this many limits or more means far, whatever the amplitude (a judgement, unsourced)."""

_LEAST_LN, _USUAL_LN, _USUAL_COUNTS = 0.05, 0.2, 2
"""Standard deviation of the logarithm of the rise time: least allowed, prior, and weight of the prior in parts."""

_AMPLITUDE_SD_LN = 0.1
"""Standard deviation of the logarithm of the amplitude of a mean (a judgement, unsourced)."""

_FROM, _TO = -1.645, 1.645
"""The 5 % and 95 % points of a standard normal distribution."""

_PARTS = 3
"""The potentials are dealt out to this many parts to see how much the rise time varies."""

_NEGATIVE_COUNTS = 0.5
"""Probability of outside for a slow potential that begins negative: its fibres' end-plates may also be at the tip."""

_LEAST_DISCHARGES = 3
_LEAST_OVER_NOISE = 12.0
"""Least amplitude in units of the noise from which a rise time is trusted (a judgement, unsourced)."""

_OF_LARGEST = 0.33
"""Least share of the largest amplitude: the nearest fibre sets the amplitude, so a small unit is not the nearest."""


@dataclass(frozen=True, slots=True)
class Closeness:
    """The closeness of one motor unit. ``rise_us`` and ``closeness`` are intervals (5, 50, 95 %).

    Closeness is the limit divided by the rise time, so 1 and more means inside. ``zone_probability`` has every zone.
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
    """The criterion: the longest rise time of inside, and the amplitude below which a slow potential is outside."""

    limit_us: float = LIMIT_US
    outside_uv: float = OUTSIDE_UV

    @property
    def edges_ms(self) -> Edges:
        """The rise times in ms at which approach and target begin; by EMG no zone is too close."""
        return Edges(SLOW * self.limit_us / 1e3, self.limit_us / 1e3, 0.0)

    def of(
        self, unit: DecomposedUnit, answers: Sequence[FirstAnswer], sample_rate_hz: float, work_rate_hz: float
    ) -> Closeness | None:
        """Return the closeness of ``unit`` by its ``answers`` that nothing overlaps; None where they are too few or too
        small. The decomposition works at ``work_rate_hz``.
        """
        if len(answers) < _LEAST_DISCHARGES:
            return None
        whole, *dealt = averages(answers, sample_rate_hz, _PARTS)
        known = whole.measures()
        if known.amplitude_uv < _LEAST_OVER_NOISE * answers[-1].potential.noise_uv:
            return None
        parts = [part.rise_us() for part in dealt]
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
            firing_hz=unit.firing_hz(work_rate_hz),
        )

    def _shares(self, known: PotentialMeasures, sd: float) -> dict[str, float]:
        """Return the probability of each zone; ``sd`` is the standard deviation of the logarithm of the rise time."""
        rise = math.log(known.rise_us)
        inside = _below(math.log(self.limit_us), rise, sd)
        slow = 1 - _below(math.log(SLOW * self.limit_us), rise, sd)
        small = _below(math.log(self.outside_uv), math.log(known.amplitude_uv), _AMPLITUDE_SD_LN)
        between = max(1 - inside - slow, 0.0)
        negative = _NEGATIVE_COUNTS if known.begins_negative else 0.0
        outside = slow + between * (1 - (1 - small) * (1 - negative))
        return completed({"far": outside, "approach": max(1 - inside - outside, 0.0), "target": inside})


def nearest(candidates: Iterable[Closeness]) -> Closeness | None:
    """Return the candidate with the most probable near zone among the large ones; None where there is none."""
    units = list(candidates)
    largest = max((each.amplitude_uv for each in units), default=0.0)
    return max(
        (each for each in units if each.amplitude_uv >= _OF_LARGEST * largest),
        key=lambda each: [each.zone_probability[zone] for zone in reversed(ZONES)],
        default=None,
    )


def _uncertainty(rise_us: float, parts: list[float], sample_rate_hz: float) -> float:
    """Return the standard deviation of the logarithm of a mean's rise time, from the rise times of its ``parts``.

    The parts are few, so their spread is pooled with a prior. The result never falls below the step of one sample.
    """
    spread = float(np.var(np.log(parts), ddof=1)) if len(parts) > 1 else _USUAL_LN**2
    pooled = (_USUAL_COUNTS * _USUAL_LN**2 + (len(parts) - 1) * spread) / (_USUAL_COUNTS + len(parts) - 1)
    step = 1e6 / sample_rate_hz / math.sqrt(12) / rise_us
    return max(math.hypot(math.sqrt(pooled / len(parts)), step), _LEAST_LN)


def _below(bound: float, mean: float, sd: float) -> float:
    return 0.5 * math.erfc((mean - bound) / (math.sqrt(2.0) * sd))
