"""Potentials sorted into motor units by shape; superimposed potentials that fit no unit stay unsorted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from guidance.needle_emg.measure import FINE_HZ, PotentialMeasures, finer, measure
from guidance.needle_emg.potential_detector import Potential
from guidance.signal.sweep.basis import Array

_GRID_MS, _HALF_MS, _LAG_MS = 0.1, 2.5, 0.3
"""Grid, half width of the compared spike, and largest shift between two shapes."""

_ALIKE = 0.15
"""Largest squared difference of two shapes of one unit, as a share of the smaller energy (a judgement)."""

_NOISY = 2.0
"""The noise of two shapes adds this many times its power to the difference."""

_JITTER = 0.1
"""Share of the squared step from sample to sample by which a coarse sampling may change a shape."""

_LEARNS = 0.25
"""Least weight of a new discharge in the template."""

_NEWEST = 24
"""How many of its newest discharges a unit keeps."""

_FROM_MS, _TO_MS = -7.0, 9.0
"""Range of an averaged wave about its peak."""

GRID_HZ = FINE_HZ
"""Rate of the grid on which the discharges of a unit are averaged."""

_PAUSE_S = 0.5
"""A longer interval is a pause and does not count for the firing rate."""


@dataclass(slots=True, eq=False)
class SortedUnit:
    """A motor unit: its number, its template, its newest potentials, and the count of its discharges."""

    number: int
    template: Array
    newest: deque[Potential] = field(default_factory=lambda: deque(maxlen=_NEWEST))
    discharges: int = 0
    _waves: deque[Array] = field(default_factory=lambda: deque(maxlen=_NEWEST))

    def add(self, potential: Potential, shape: Array, on_grid: Array) -> None:
        """Add a discharge: its ``shape`` about the peak, and its whole wave ``on_grid``, the common grid."""
        self.newest.append(potential)
        self._waves.append(on_grid)
        self.discharges += 1
        share = max(_LEARNS, 1.0 / self.discharges)
        self.template = (1 - share) * self.template + share * shape

    def averages(self, since: int, parts: int = 1) -> list[Average]:
        """Average the discharges since sample ``since`` that no other overlaps, dealt out to ``parts``.

        There are fewer averages where there are too few discharges, and none without any.
        """
        pairs = zip(self.newest, self._waves, strict=True)
        chosen = [(p, wave) for p, wave in pairs if p.sample >= since and not p.is_mixed]
        dealt = [chosen[i::parts] for i in range(parts)]
        return [_average(part) for part in dealt if part]

    def intervals_s(self, sample_rate_hz: float) -> Array:
        """Return the intervals between the newest discharges in s, without pauses."""
        between = np.diff([potential.sample for potential in self.newest]) / sample_rate_hz
        return np.asarray(between[between <= _PAUSE_S])

    def firing_hz(self, sample_rate_hz: float) -> float | None:
        """Return the firing rate in Hz by the median interval; None before there are two intervals."""
        between = self.intervals_s(sample_rate_hz)
        return float(1 / np.median(between)) if len(between) >= 2 else None


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """The mean ``wave`` (n,) in uV of ``count`` discharges at GRID_HZ, with its main peak at ``centre``."""

    wave: Array
    centre: int
    noise_uv: float
    count: int
    grid_hz: float = GRID_HZ

    def measures(self) -> PotentialMeasures:
        """Measure the mean."""
        return measure(self.wave, self.grid_hz, self.noise_uv, self.centre)


class MotorUnitSorter:
    """A sorter that distinguishes units by the shape of the main spike. The order matters, not the block size."""

    def __init__(self, sample_rate_hz: float, most: int = 16, forget_s: float | None = None) -> None:
        """Keep at most ``most`` units and forget one without discharge for ``forget_s`` (None: never)."""
        self._sample_rate_hz, self._most, self._forget_s = sample_rate_hz, most, forget_s
        self.units: list[SortedUnit] = []
        self._steps = 1e3 / sample_rate_hz / _GRID_MS
        self._numbered = 0

    def sort(self, potential: Potential) -> SortedUnit | None:
        """Return the unit of ``potential``, None if unsorted; a single potential unlike all units starts a new one."""
        self._forget(potential.sample)
        fine, fine_hz = finer(potential.wave, self._sample_rate_hz)
        peak_ms = potential.measures.peak_at / self._sample_rate_hz * 1e3
        shapes = _shapes(fine, fine_hz, peak_ms)
        unit, lag = self._nearest(shapes, potential.noise_uv)
        if unit is None:
            if potential.is_mixed:
                return None
            self._numbered += 1
            unit = SortedUnit(self._numbered, shapes[lag])
            self.units.append(unit)
        late_ms = (lag - len(shapes) // 2) * _GRID_MS
        unit.add(potential, shapes[lag], _laid_on_grid(fine, fine_hz, peak_ms + late_ms))
        return unit

    def _nearest(self, shapes: Array, noise_uv: float) -> tuple[SortedUnit | None, int]:
        """Return the unit most similar to one of ``shapes``, None if none is, and the index of that shape."""
        middle = len(shapes) // 2
        if not self.units:
            return None, middle
        known = np.stack([unit.template for unit in self.units])
        energies, known_energies = (shapes**2).sum(axis=1), (known**2).sum(axis=1)
        apart = energies[:, None] + known_energies - 2 * shapes @ known.T
        steep = (np.gradient(known, axis=1) ** 2).sum(axis=1) * self._steps**2
        allowed = (
            _ALIKE * np.minimum(energies[:, None], known_energies)
            + _NOISY * shapes.shape[1] * noise_uv**2
            + _JITTER * steep
        )
        over = apart / np.maximum(allowed, 1e-9)
        lag, index = np.unravel_index(int(over.argmin()), over.shape)
        return (self.units[int(index)], int(lag)) if over[lag, index] <= 1 else (None, middle)

    def _forget(self, sample: int) -> None:
        if self._forget_s is not None:
            oldest = sample - self._forget_s * self._sample_rate_hz
            self.units = [unit for unit in self.units if unit.newest[-1].sample >= oldest]
        if len(self.units) >= self._most:
            self.units.remove(min(self.units, key=lambda unit: (unit.discharges, unit.newest[-1].sample)))


def _shapes(fine: Array, fine_hz: float, peak_ms: float) -> Array:
    """Return the main spike on a grid of 0.1 ms, shifted by each lag: (lags, points); the middle one is unshifted."""
    lags, half = round(_LAG_MS / _GRID_MS), round(_HALF_MS / _GRID_MS)
    at_ms = peak_ms + np.arange(-half - lags, half + lags + 1) * _GRID_MS
    wave = np.interp(at_ms * fine_hz / 1e3, np.arange(len(fine)), fine)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(wave, 2 * half + 1))


def _laid_on_grid(fine: Array, fine_hz: float, peak_ms: float) -> Array:
    """Return the wave about its main peak on the common grid; NaN outside the detected wave."""
    at_ms = peak_ms + np.arange(_FROM_MS, _TO_MS, 1e3 / GRID_HZ)
    return np.interp(at_ms * fine_hz / 1e3, np.arange(len(fine)), fine, left=np.nan, right=np.nan)


def _average(chosen: list[tuple[Potential, Array]]) -> Average:
    waves = np.stack([wave for _, wave in chosen])
    known = np.isfinite(waves).sum(axis=0)
    mean = np.where(known, np.nansum(waves, axis=0) / np.maximum(known, 1), 0.0)
    noise = float(np.median([potential.noise_uv for potential, _ in chosen])) / len(chosen) ** 0.5
    return Average(mean, round(-_FROM_MS * GRID_HZ / 1e3), noise, len(chosen))
