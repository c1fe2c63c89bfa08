"""Motor units of a whole recording: averages over their firings, the measures of each, and their means.

Quantitative analysis of motor unit potentials takes 20 units (Podnar and Mrkaic 2003, Muscle Nerve 27:196: the
standard size of the sample). Fewer may show that something is abnormal, but not that nothing is: with 5 units 2 of 10
patients with a myopathy were found, with 20 units 9 (Engstrom and Olney 1992, Muscle Nerve 15:277).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.analysis.unit_average import UnitAverage, average
from guidance.analysis.unit_firings import RecordedFirings, UnitFirings, unit_firings
from guidance.analysis.unit_parts import joined
from guidance.analysis.unit_stability import Jiggle, jiggle, satellites
from guidance.needle_emg.closeness import LIMIT_US, SLOW
from guidance.needle_emg.decomposition import LEAST_RATE_HZ
from guidance.needle_emg.measure import PotentialMeasures
from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.mains import fit_mains

RISE_RATE_HZ, SHAPE_RATE_HZ = 10_000.0, LEAST_RATE_HZ
"""Below the first sample rate rise times are not assessable, below the second no shape is."""

LEAST_UNITS, WHOLE_SAMPLE = 5, 20
"""Fewer units than the first give no mean; fewer than the second rule no pattern out."""

NEAR_RISE_US = SLOW * LIMIT_US
"""A unit with a slower rise is too far from the needle for the sample: reference values are those of near units. Above
500 us and up to this, many units are near (see `guidance.needle_emg.closeness`)."""

_LEAST_AVERAGED = 5
_LEAST_UV = 50.0
"""A unit counts from this many averaged firings and this amplitude on (a judgement, unsourced)."""

_OVER_NOISE = 10.0
"""Least height of the main peak in units of the mean's noise: the edge of a smaller potential is noise (`measure`)."""

_PARTS = 8
"""The firings are split into so many parts for the standard errors (jackknife over groups, Efron and Tibshirani
1993)."""

_MAINS_S = 0.4
"""Mains is fitted in stretches of this length: 20 periods of 50 Hz."""

_POLYPHASIC = 4
"""A unit with more phases is polyphasic."""

NUMBERS = ("duration_ms", "amplitude_uv", "area_uvms", "phases", "turns", "rise_us", "spike_ms")
"""The measures of a mean potential that have a standard error."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredUnit:
    """A motor unit: its firings, and the ``measures`` of their mean with the standard ``errors`` by name.

    ``average`` has the ``averaged`` potentials that nothing overlaps; ``jiggle`` is None where they are too few.
    """

    firings: UnitFirings
    average: UnitAverage
    measures: PotentialMeasures
    errors: dict[str, float]
    satellites: int
    jiggle: Jiggle | None
    firing_hz: float | None

    @property
    def number(self) -> int:
        """The label of the unit."""
        return self.firings.number

    @property
    def discharges(self) -> int:
        """How often the unit fired."""
        return len(self.firings.samples)

    @property
    def averaged(self) -> int:
        """How many of its potentials are averaged."""
        return self.average.count

    @property
    def wave(self) -> Array:
        """The mean potential (n,) in uV."""
        return self.average.wave


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredUnits:
    """The motor units of a recording that could be measured, and all its ``firings``.

    ``units`` are the sample: those near the needle. ``far`` ones rise too slowly for it.
    """

    units: tuple[MeasuredUnit, ...]
    far: tuple[MeasuredUnit, ...]
    firings: RecordedFirings
    sample_rate_hz: float

    @property
    def distinguished(self) -> int:
        """How many units have fired often enough to be averaged, superposition aside."""
        return sum(len(unit.samples) >= _LEAST_AVERAGED for unit in self.firings.units)

    @property
    def potentials(self) -> int:
        """How many potentials were found."""
        return self.unsorted + sum(len(unit.samples) for unit in self.firings.units)

    @property
    def unsorted(self) -> int:
        """How many potentials are of no unit."""
        return len(self.firings.none)

    def values(self, name: str) -> list[float]:
        """Return a measure of each unit."""
        return [float(getattr(unit.measures, name)) for unit in self.units]

    def mean(self, name: str) -> float | None:
        """Return the mean of a measure over the units; None for fewer than five units."""
        return float(np.mean(self.values(name))) if len(self.units) >= LEAST_UNITS else None

    def spread(self, name: str) -> float:
        """Return the standard error of that mean."""
        return standard_error(self.values(name))

    @property
    def polyphasic_percent(self) -> float | None:
        """Share of units with more than four phases, in percent; None for fewer than five units."""
        if len(self.units) < LEAST_UNITS:
            return None
        return 100.0 * float(np.mean([unit.measures.phases > _POLYPHASIC for unit in self.units]))


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of the mean of two or more ``values``."""
    return float(np.std(values, ddof=1) / len(values) ** 0.5)


def measure_units(uv: Array, sample_rate_hz: float) -> MeasuredUnits:
    """Measure the units in ``uv`` (n,) at ``sample_rate_hz``, NaN where lost; leave out rare and small ones."""
    firings = joined(unit_firings(uv, sample_rate_hz), sample_rate_hz)
    clean = _without_mains(uv, sample_rate_hz)
    tried = (_measured(clean, sample_rate_hz, unit, firings.covering(unit)) for unit in firings.units)
    measured = [unit for unit in tried if unit]
    near = tuple(unit for unit in measured if unit.measures.rise_us <= NEAR_RISE_US)
    far = tuple(unit for unit in measured if unit.measures.rise_us > NEAR_RISE_US)
    return MeasuredUnits(near, far, firings, sample_rate_hz)


def _measured(uv: Array, sample_rate_hz: float, unit: UnitFirings, others: NDArray[np.int64]) -> MeasuredUnit | None:
    if len(unit.samples) < _LEAST_AVERAGED:
        return None
    mean = average(uv, sample_rate_hz, unit.samples, others)
    if mean is None or mean.count < _LEAST_AVERAGED:
        return None
    measures = mean.measures()
    is_clear = measures.amplitude_uv >= _LEAST_UV and abs(measures.peak_uv) >= _OVER_NOISE * mean.noise_uv
    if not is_clear or not measures.has_spike:
        return None
    return MeasuredUnit(
        firings=unit,
        average=mean,
        measures=measures,
        errors=_errors(mean),
        satellites=satellites(mean, measures),
        jiggle=jiggle(mean, measures),
        firing_hz=unit.rate_hz(sample_rate_hz),
    )


def _errors(mean: UnitAverage) -> dict[str, float]:
    """Return the standard errors of the measures of ``mean``, each part of its potentials left out in turn."""
    parts = min(_PARTS, mean.count)
    left_out = [mean.part(np.arange(mean.count) % parts != part).measures() for part in range(parts)]
    return {name: _jackknife([float(getattr(each, name)) for each in left_out]) for name in NUMBERS}


def _jackknife(values: list[float]) -> float:
    return float(np.sqrt((len(values) - 1) * np.var(values)))


def _without_mains(uv: Array, sample_rate_hz: float) -> Array:
    """Return ``uv`` (n,) without mains, fitted in stretches; one with lost samples is left as it is."""
    size = round(_MAINS_S * sample_rate_hz)
    out = uv.copy()
    for first in range(0, len(uv) - size + 1, size):
        stretch = uv[first : first + size]
        mains = fit_mains(stretch, first, sample_rate_hz) if np.isfinite(stretch).all() else None
        if mains:
            out[first : first + size] = stretch - mains(first, size)
    return out
