"""Motor units of a whole recording: templates averaged over their discharges, their measures, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.needle_emg.measure import PotentialMeasures
from guidance.needle_emg.potential_detector import PotentialDetector
from guidance.needle_emg.units import MotorUnitSorter
from guidance.signal.sweep.basis import Array

RISE_RATE_HZ, SHAPE_RATE_HZ = 10_000.0, 2_000.0
"""Below the first, rise times are not assessable; below the second, no shape is."""

LEAST_UNITS = 5
"""From fewer units no mean is told; some twenty are usual."""

_LEAST_SEEN = 6
_LEAST_UV = 50.0
_MOST_UNITS = 80
_POLYPHASIC = 4


@dataclass(frozen=True, slots=True)
class UnitFound:
    """A unit: how often it was seen, its rate, and the measures of its mean over ``averaged`` clear discharges."""

    number: int
    seen: int
    averaged: int
    firing_hz: float | None
    measures: PotentialMeasures
    wave: Array
    grid_hz: float


@dataclass(frozen=True, slots=True)
class UnitsFound:
    """All units of a recording; ``unsorted`` potentials belong to none."""

    units: tuple[UnitFound, ...]
    potentials: int
    unsorted: int
    noise_uv: float

    def mean(self, name: str) -> float | None:
        """Mean of a measure over the units, None for fewer than five."""
        if len(self.units) < LEAST_UNITS:
            return None
        return float(np.mean([getattr(unit.measures, name) for unit in self.units]))

    def spread(self, name: str) -> float:
        """Standard error of that mean."""
        values = [getattr(unit.measures, name) for unit in self.units]
        return float(np.std(values, ddof=1) / len(values) ** 0.5)

    @property
    def polyphasic_percent(self) -> float | None:
        """Share of units with more than four phases, None for fewer than five units."""
        if len(self.units) < LEAST_UNITS:
            return None
        return 100.0 * float(np.mean([unit.measures.phases > _POLYPHASIC for unit in self.units]))


def units_in(uv: Array, rate_hz: float) -> UnitsFound:
    """The units in ``uv`` (n,) at ``rate_hz``, NaN where samples lack; rare and small ones are left out."""
    finder, sorter = PotentialDetector(rate_hz), MotorUnitSorter(rate_hz, most=_MOST_UNITS)
    potentials = finder.feed(uv)
    unsorted = sum(sorter.sort(potential) is None for potential in potentials)
    units = []
    for unit in sorter.units:
        for average in unit.averages(0):
            found = average.measures()
            if average.count >= _LEAST_SEEN and found.amplitude_uv >= _LEAST_UV and found.has_spike:
                rate = unit.firing_hz(rate_hz)
                units.append(
                    UnitFound(unit.number, unit.seen, average.count, rate, found, average.wave, average.grid_hz)
                )
    return UnitsFound(tuple(units), len(potentials), unsorted, finder.noise_uv)
