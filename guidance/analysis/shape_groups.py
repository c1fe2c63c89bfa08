"""Potentials of a whole recording grouped by shape, one alone being a group too.

Spontaneous activity is searched for from such groups. The decomposition cannot give them: it founds a unit on four
potentials alike, and a fasciculation may come once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.needle_emg.measure import finer
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


@dataclass(slots=True, eq=False)
class ShapeGroup:
    """A group: its ``number``, its mean shape, how many potentials it has, and the sample of the newest."""

    number: int
    template: Array
    newest: int
    count: int = 0

    def add(self, potential: Potential, shape: Array) -> None:
        """Add ``potential`` with its ``shape`` about the peak."""
        self.newest = potential.sample
        self.count += 1
        share = max(_LEARNS, 1.0 / self.count)
        self.template = (1 - share) * self.template + share * shape


class ShapeGroups:
    """Groups of potentials by the shape of the main spike. The order of the potentials matters."""

    def __init__(self, sample_rate_hz: float, most: int = 16) -> None:
        """Keep at most ``most`` groups; the rarest and oldest makes room."""
        self._sample_rate_hz, self._most = sample_rate_hz, most
        self.groups: list[ShapeGroup] = []
        self._steps = 1e3 / sample_rate_hz / _GRID_MS
        self._numbered = 0

    def sort(self, potential: Potential) -> ShapeGroup | None:
        """Return the group of ``potential``; None for a superimposed one unlike all groups, which begins none."""
        if len(self.groups) >= self._most:
            self.groups.remove(min(self.groups, key=lambda group: (group.count, group.newest)))
        fine, fine_hz = finer(potential.wave, self._sample_rate_hz)
        peak_ms = potential.measures.peak_at / self._sample_rate_hz * 1e3
        shapes = _shapes(fine, fine_hz, peak_ms)
        group, lag = self._nearest(shapes, potential.noise_uv)
        if group is None:
            if potential.is_mixed:
                return None
            self._numbered += 1
            group = ShapeGroup(self._numbered, shapes[lag], potential.sample)
            self.groups.append(group)
        group.add(potential, shapes[lag])
        return group

    def _nearest(self, shapes: Array, noise_uv: float) -> tuple[ShapeGroup | None, int]:
        """Return the group most similar to one of ``shapes``, None if none is, and the index of that shape."""
        middle = len(shapes) // 2
        if not self.groups:
            return None, middle
        known = np.stack([group.template for group in self.groups])
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
        return (self.groups[int(index)], int(lag)) if over[lag, index] <= 1 else (None, middle)


def _shapes(fine: Array, fine_hz: float, peak_ms: float) -> Array:
    """Return the main spike on a grid of 0.1 ms, shifted by each lag: (lags, points); the middle one is unshifted."""
    lags, half = round(_LAG_MS / _GRID_MS), round(_HALF_MS / _GRID_MS)
    at_ms = peak_ms + np.arange(-half - lags, half + lags + 1) * _GRID_MS
    wave = np.interp(at_ms * fine_hz / 1e3, np.arange(len(fine)), fine)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(wave, 2 * half + 1))
