"""Potentials sorted into motor units by their shape; what fits none, or is laid over others, stays unsorted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from guidance.needle_emg.measure import FINE_HZ, PotentialMeasures, finer, measure
from guidance.needle_emg.potential_detector import Potential
from guidance.signal.sweep.basis import Array

_GRID_MS, _HALF_MS, _LAG_MS = 0.1, 2.5, 0.3
_ALIKE = 0.15
_NOISY = 2.0
_JITTER = 0.1
"""Share of the squared step from sample to sample by which a coarse sampling may change a shape."""
_LEARNS = 0.25
_NEWEST = 24
_FROM_MS, _TO_MS = -7.0, 9.0

GRID_HZ = FINE_HZ
"""Discharges of a unit are averaged on this grid."""
_PAUSE_S = 0.5
"""A longer interval is a pause and says nothing of the rate."""


@dataclass(slots=True, eq=False)
class SortedUnit:
    """A motor unit as far as it is known: its number, its newest potentials, and how often it was seen."""

    number: int
    template: Array
    newest: deque[Potential] = field(default_factory=lambda: deque(maxlen=_NEWEST))
    discharges: int = 0
    _waves: deque[Array] = field(default_factory=lambda: deque(maxlen=_NEWEST))

    def add(self, potential: Potential, shape: Array, laid: Array) -> None:
        """Take one more discharge: its ``shape`` about the peak, and its whole wave ``laid`` on the common grid."""
        self.newest.append(potential)
        self._waves.append(laid)
        self.discharges += 1
        share = max(_LEARNS, 1.0 / self.discharges)
        self.template = (1 - share) * self.template + share * shape

    def averages(self, since: int, parts: int = 1) -> list[Average]:
        """Means of its discharges from sample ``since`` on that are not laid over others, dealt out to ``parts``.

        Fewer where there are not enough; none where there is none.
        """
        pairs = zip(self.newest, self._waves, strict=True)
        chosen = [(p, wave) for p, wave in pairs if p.sample >= since and not p.is_mixed]
        dealt = [chosen[i::parts] for i in range(parts)]
        return [_average(part) for part in dealt if part]

    def intervals_s(self, sample_rate_hz: float) -> Array:
        """Times between its newest discharges, pauses left out, in s."""
        between = np.diff([potential.sample for potential in self.newest]) / sample_rate_hz
        return np.asarray(between[between <= _PAUSE_S])

    def firing_hz(self, sample_rate_hz: float) -> float | None:
        """Discharges a second, by the median interval; None before there are two intervals."""
        between = self.intervals_s(sample_rate_hz)
        return float(1 / np.median(between)) if len(between) >= 2 else None


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """The mean ``wave`` (n,) uV of ``count`` discharges at GRID_HZ, its main peak at ``centre``, and its noise."""

    wave: Array
    centre: int
    noise_uv: float
    count: int
    grid_hz: float = GRID_HZ

    def measures(self) -> PotentialMeasures:
        """The measures of the mean."""
        return measure(self.wave, self.grid_hz, self.noise_uv, self.centre)


class MotorUnitSorter:
    """Tells units apart by the shape of their main spike. Order matters, chunks do not."""

    def __init__(self, sample_rate_hz: float, most: int = 16, forget_s: float | None = None) -> None:
        """At most ``most`` units; one not seen for ``forget_s`` is forgotten (None: never)."""
        self._sample_rate_hz, self._most, self._forget_s = sample_rate_hz, most, forget_s
        self.units: list[SortedUnit] = []
        self._steps = 1e3 / sample_rate_hz / _GRID_MS
        self._numbered = 0

    def sort(self, potential: Potential) -> SortedUnit | None:
        """The unit of ``potential``; None where it stays unsorted. A clear one without a fellow founds a unit."""
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
        """The unit that is most like one of ``shapes``, if alike enough, and which of them."""
        middle = len(shapes) // 2
        if not self.units:
            return None, middle
        known = np.stack([unit.template for unit in self.units])
        own, theirs = (shapes**2).sum(axis=1), (known**2).sum(axis=1)
        apart = own[:, None] + theirs - 2 * shapes @ known.T
        steep = (np.gradient(known, axis=1) ** 2).sum(axis=1) * self._steps**2
        allowed = _ALIKE * np.minimum(own[:, None], theirs) + _NOISY * shapes.shape[1] * noise_uv**2 + _JITTER * steep
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
    """The main spike on a grid of 0.1 ms, shifted by each lag: shape (lags, points); the middle one is unshifted."""
    lags, half = round(_LAG_MS / _GRID_MS), round(_HALF_MS / _GRID_MS)
    at_ms = peak_ms + np.arange(-half - lags, half + lags + 1) * _GRID_MS
    wave = np.interp(at_ms * fine_hz / 1e3, np.arange(len(fine)), fine)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(wave, 2 * half + 1))


def _laid_on_grid(fine: Array, fine_hz: float, peak_ms: float) -> Array:
    """The wave about its main peak on the common grid; NaN where it was not kept."""
    at_ms = peak_ms + np.arange(_FROM_MS, _TO_MS, 1e3 / GRID_HZ)
    return np.interp(at_ms * fine_hz / 1e3, np.arange(len(fine)), fine, left=np.nan, right=np.nan)


def _average(chosen: list[tuple[Potential, Array]]) -> Average:
    waves = np.stack([wave for _, wave in chosen])
    known = np.isfinite(waves).sum(axis=0)
    mean = np.where(known, np.nansum(waves, axis=0) / np.maximum(known, 1), 0.0)
    noise = float(np.median([potential.noise_uv for potential, _ in chosen])) / len(chosen) ** 0.5
    return Average(mean, round(-_FROM_MS * GRID_HZ / 1e3), noise, len(chosen))
