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

_LEAST_DISCHARGES = 6
_LEAST_UV = 50.0
_MOST_UNITS = 80
_POLYPHASIC = 4


@dataclass(frozen=True, slots=True)
class MeasuredUnit:
    """A unit: how often it was seen, its rate, and the measures of its mean over ``averaged`` clear discharges."""

    number: int
    discharges: int
    averaged: int
    firing_hz: float | None
    measures: PotentialMeasures
    wave: Array
    grid_hz: float


@dataclass(frozen=True, slots=True)
class MeasuredUnits:
    """All units of a recording; ``unsorted`` potentials belong to none."""

    units: tuple[MeasuredUnit, ...]
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


def measure_units(uv: Array, sample_rate_hz: float) -> MeasuredUnits:
    """The units in ``uv`` (n,) at ``sample_rate_hz``, NaN where samples lack; rare and small ones are left out."""
    detector, sorter = PotentialDetector(sample_rate_hz), MotorUnitSorter(sample_rate_hz, most=_MOST_UNITS)
    potentials = detector.feed(uv)
    unsorted = sum(sorter.sort(potential) is None for potential in potentials)
    units = []
    for unit in sorter.units:
        for average in unit.averages(0):
            measures = average.measures()
            if average.count >= _LEAST_DISCHARGES and measures.amplitude_uv >= _LEAST_UV and measures.has_spike:
                units.append(
                    MeasuredUnit(
                        number=unit.number,
                        discharges=unit.discharges,
                        averaged=average.count,
                        firing_hz=unit.firing_hz(sample_rate_hz),
                        measures=measures,
                        wave=average.wave,
                        grid_hz=average.grid_hz,
                    )
                )
    return MeasuredUnits(tuple(units), len(potentials), unsorted, detector.noise_uv)
