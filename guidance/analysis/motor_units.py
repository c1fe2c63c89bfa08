"""Motor units of a whole recording: averages over their discharges, the measures of each, and their means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.needle_emg.decomposition import LEAST_RATE_HZ
from guidance.needle_emg.measure import PotentialMeasures
from guidance.needle_emg.potential_detector import PotentialDetector
from guidance.needle_emg.units import MotorUnitSorter
from guidance.signal.sweep.basis import Array

RISE_RATE_HZ, SHAPE_RATE_HZ = 10_000.0, LEAST_RATE_HZ
"""Below the first sample rate rise times are not assessable, below the second no shape is."""

LEAST_UNITS = 5
"""Fewer units give no mean; about twenty are usual."""

_LEAST_DISCHARGES = 6
_LEAST_UV = 50.0
"""A unit counts from this many averaged discharges and this amplitude on (a judgement, unsourced)."""

_MOST_UNITS = 80
_POLYPHASIC = 4
"""A unit with more phases is polyphasic."""


@dataclass(frozen=True, slots=True)
class MeasuredUnit:
    """A motor unit: count of discharges, firing rate, and measures of its mean over ``averaged`` single discharges."""

    number: int
    discharges: int
    averaged: int
    firing_hz: float | None
    measures: PotentialMeasures
    wave: Array
    grid_hz: float


@dataclass(frozen=True, slots=True)
class MeasuredUnits:
    """All motor units of a recording; ``unsorted`` potentials belong to none."""

    units: tuple[MeasuredUnit, ...]
    potentials: int
    unsorted: int
    noise_uv: float

    def mean(self, name: str) -> float | None:
        """Return the mean of a measure over the units; None for fewer than five units."""
        if len(self.units) < LEAST_UNITS:
            return None
        return float(np.mean([getattr(unit.measures, name) for unit in self.units]))

    def spread(self, name: str) -> float:
        """Return the standard error of that mean."""
        values = [getattr(unit.measures, name) for unit in self.units]
        return float(np.std(values, ddof=1) / len(values) ** 0.5)

    @property
    def polyphasic_percent(self) -> float | None:
        """Share of units with more than four phases, in percent; None for fewer than five units."""
        if len(self.units) < LEAST_UNITS:
            return None
        return 100.0 * float(np.mean([unit.measures.phases > _POLYPHASIC for unit in self.units]))


def measure_units(uv: Array, sample_rate_hz: float) -> MeasuredUnits:
    """Measure the units in ``uv`` (n,) at ``sample_rate_hz``, NaN where lost; leave out rare and small ones."""
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
