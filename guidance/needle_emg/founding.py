"""New motor units, founded on several potentials alike that no known unit explains, never on a single one."""

from __future__ import annotations

from collections.abc import Generator
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

_ROWS_A_PIECE = 24
"""So many potentials are compared with all others at a time: about 1 ms of CPU."""

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

    def found(self, noise_uv: float) -> Generator[None, None, Array | None]:
        """Return in pieces the mean wave of the largest group of potentials alike, and take it out; None where there
        is none or it is no single unit.
        """
        if not self._grown or len(self._pool) < LEAST_ALIKE:
            return None
        members, lags = yield from self._largest_group(noise_uv)
        if len(members) < LEAST_ALIKE:
            self._grown = False
            return None
        waves = np.stack([moved(self._pool[i][1], -lag) for i, lag in zip(members, lags, strict=True)])
        between_ms = np.diff(np.sort([self._pool[i][0] for i in members])) / self.rate_hz * 1e3
        taken = set(members)
        self._pool = [one for i, one in enumerate(self._pool) if i not in taken]
        is_one = float((between_ms < _SOON_MS).mean()) <= _MOST_SOON
        return np.asarray(np.median(waves, axis=0)) if is_one else None

    def _largest_group(self, noise_uv: float) -> Generator[None, None, tuple[list[int], list[int]]]:
        """Return the potentials most like the one that has most like it, and by how many samples each lags."""
        waves = np.stack([wave for _, wave in self._pool])
        half, lag = (round(ms * self.rate_hz / 1e3) for ms in (_CORE_MS, _LAG_MS))
        size, start = 2 * half + 1, self.before - half
        cores = waves[:, start : start + size]
        windows = sliding_window_view(waves, size, axis=1)[:, start - lag : start + lag + 1]
        energies = (cores**2).sum(axis=1)
        near, best = np.zeros((len(waves), len(waves)), bool), np.zeros((len(waves), len(waves)), int)
        for start in range(0, len(waves), _ROWS_A_PIECE):
            yield
            part = slice(start, start + _ROWS_A_PIECE)
            rows = windows[part]
            products = (rows.reshape(-1, size) @ cores.T).reshape(len(rows), 2 * lag + 1, len(waves))
            apart = (rows**2).sum(axis=2)[:, :, None] + energies - 2 * products
            best[part] = apart.argmin(axis=1)
            allowed = _ALIKE * np.minimum(energies[part, None], energies) + _NOISES * size * noise_uv**2
            alike = np.take_along_axis(products, best[part, None, :], axis=1)[:, 0]
            near[part] = apart.min(axis=1) <= allowed
            near[part] &= alike > _CORRELATED * np.sqrt(energies[part, None] * energies)
        np.fill_diagonal(near, val=True)
        middle = int((near.sum(axis=0) + 0.5 * energies / energies.max()).argmax())
        members = np.flatnonzero(near[:, middle])
        return members.tolist(), (best[members, middle] - lag).tolist()
