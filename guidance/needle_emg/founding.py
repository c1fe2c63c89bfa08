"""New motor units, founded on several potentials alike that no known unit explains, never on a single one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from guidance.needle_emg.wave_algebra import moved
from guidance.signal.sweep.basis import Array

LEAST_ALIKE = 4
"""So many potentials alike make a unit: overlapping ones rarely look alike four times. Tuned."""

_MOST, _KEPT_S = 120, 6.0
"""Potentials kept, and for how long: a unit that fires five times a second fires thirty times."""

_CORE_MS, _LAG_MS = 1.5, 1.0
"""Half width of what is compared, and largest shift."""

_ALIKE, _NOISES = 0.08, 1.6
"""Largest squared difference of two potentials of one unit: so large a share of the smaller energy, and so many times
the noise's power a sample (two noises would be 2 on average). Tuned on simulated muscles."""

_CORRELATED = 0.6
_SOON_MS, _MOST_SOON = 12.0, 0.3
"""A group in which a larger share of the intervals is shorter than this is no single unit."""


@dataclass(slots=True, eq=False)
class UnknownPotentials:
    """The newest potentials of no known unit, of a window with ``before`` samples before their peak."""

    before: int
    rate_hz: float
    _pool: list[tuple[int, Array]] = field(default_factory=list)
    _grown: bool = False

    def add(self, potentials: list[tuple[int, Array]], now: int) -> None:
        """Add ``potentials``, each with its sample and wave, and drop the old ones of sample ``now``."""
        oldest = now - _KEPT_S * self.rate_hz
        self._pool = [one for one in [*self._pool, *potentials] if one[0] >= oldest][-_MOST:]
        self._grown = self._grown or bool(potentials)

    def found(self, noise_uv: float) -> Array | None:
        """Return the mean wave of the largest group of potentials alike, and take it out; None where there is none."""
        while self._grown and len(self._pool) >= LEAST_ALIKE:
            members, lags = self._largest_group(noise_uv)
            if len(members) < LEAST_ALIKE:
                break
            waves = np.stack([moved(self._pool[i][1], -lag) for i, lag in zip(members, lags, strict=True)])
            between_ms = np.diff(np.sort([self._pool[i][0] for i in members])) / self.rate_hz * 1e3
            taken = set(members)
            self._pool = [one for i, one in enumerate(self._pool) if i not in taken]
            if float((between_ms < _SOON_MS).mean()) <= _MOST_SOON:
                return np.asarray(np.median(waves, axis=0))
        self._grown = False
        return None

    def _largest_group(self, noise_uv: float) -> tuple[list[int], list[int]]:
        """Return the potentials most like the one that has most like it, and by how many samples each lags."""
        waves = np.stack([wave for _, wave in self._pool])
        half, lag = (round(ms * self.rate_hz / 1e3) for ms in (_CORE_MS, _LAG_MS))
        size, start = 2 * half + 1, self.before - half
        cores = waves[:, start : start + size]
        windows = sliding_window_view(waves, size, axis=1)[:, start - lag : start + lag + 1]
        products = (windows.reshape(-1, size) @ cores.T).reshape(len(waves), 2 * lag + 1, len(waves))
        energies = (cores**2).sum(axis=1)
        apart = (windows**2).sum(axis=2)[:, :, None] + energies - 2 * products
        best = apart.argmin(axis=1)
        allowed = _ALIKE * np.minimum(energies[:, None], energies) + _NOISES * size * noise_uv**2
        alike = np.take_along_axis(products, best[:, None, :], axis=1)[:, 0]
        near = apart.min(axis=1) <= allowed
        near &= alike > _CORRELATED * np.sqrt(energies[:, None] * energies)
        np.fill_diagonal(near, val=True)
        middle = int((near.sum(axis=0) + 0.5 * energies / energies.max()).argmax())
        members = np.flatnonzero(near[:, middle])
        return members.tolist(), (best[members, middle] - lag).tolist()
