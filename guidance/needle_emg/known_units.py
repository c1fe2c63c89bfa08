"""The known motor units of a decomposition: founded, forgotten, split where they prove to be two, united where one."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from guidance.needle_emg.decomposed_unit import DecomposedUnit
from guidance.needle_emg.founding import LEAST_ALIKE, UnknownPotentials
from guidance.needle_emg.wave_algebra import difference, moved, separation, tapered
from guidance.signal.sweep.basis import Array

_MOST_UNITS = 24
_PROVEN_S = 4.0
"""A unit that has fired less than its founders in this time was founded on chance."""

_SPLIT, _SPLIT_EVERY, _LEAST_WAVES = 4.5, 10, 12
_UNITE, _UNITE_WAVES, _NEAR = 3.0, 3, 0.3
"""Two units lie so many standard deviations apart or more; one unit's parts less. Compared are templates that differ by
less than the share _NEAR of their energy. Tuned on simulated muscles."""

_NEGLIGIBLE = 0.03
"""Templates that differ by less than this share of their energy are of one unit: a quarter of a sample, or the jitter
of its fibres, makes as much. Tuned."""

_SAME = 0.06
_SOON_MS, _MOST_SOON = 20.0, 0.06
"""Two units are one only if at most this share of their joint intervals is shorter than that."""

_SHIFT_MS, _TAPER_MS = 2.0, 0.5

_MOST_GROUPS = 3
"""Groups of unknown potentials judged in a turn at most, the others in the next one: it bounds the work of a turn."""


class KnownUnits:
    """The units, with templates of so many samples at a rate; their labels count up."""

    def __init__(self, size: int, rate_hz: float) -> None:
        """Begin with no unit; a template has ``size`` samples at ``rate_hz``."""
        self._size, self._middle, self._rate_hz = size, size // 2, rate_hz
        self.units: list[DecomposedUnit] = []
        self._numbered = 0

    def found(self, unknown: UnknownPotentials, noise_uv: float, now: int) -> Generator[None, None, None]:
        """Found at sample ``now`` the units that ``unknown`` potentials show, unless they are like a known one,
        in pieces.
        """
        for _ in range(_MOST_GROUPS):
            wave = yield from unknown.found(noise_uv)
            if wave is None:
                continue
            template = self.tapered(self._centred(wave))
            energy = float(template @ template)
            known = any(
                difference(template, unit.template, self._samples(_SHIFT_MS))[0] < _SAME * max(energy, unit.energy)
                for unit in self.units
            )
            if not known and energy > 0:
                self._number(template, now)

    def _centred(self, wave: Array) -> Array:
        """Return the part of a longer ``wave`` (n,) whose middle is the middle of its energy."""
        energy = np.cumsum(wave**2)
        middle = int(np.searchsorted(energy, energy[-1] / 2))
        start = min(max(middle - self._middle, 0), len(wave) - self._size)
        return wave[start : start + self._size]

    def _number(self, template: Array, now: int) -> DecomposedUnit:
        """Begin a unit with the next label; with too many, that which fired least and last is forgotten."""
        if len(self.units) >= _MOST_UNITS:
            self.units.remove(min(self.units, key=lambda unit: (unit.firings, unit.born)))
        self._numbered += 1
        self.units.append(DecomposedUnit(self._numbered, template, now, int(np.abs(template).argmax())))
        return self.units[-1]

    def tidy(self, now: int) -> Generator[None, None, None]:
        """Forget at sample ``now`` units founded on chance, split those that are two, and unite those that are one, in
        pieces.
        """
        proven_before = now - _PROVEN_S * self._rate_hz
        self.units = [unit for unit in self.units if unit.firings >= LEAST_ALIKE or unit.born > proven_before]
        for unit in list(self.units):
            if unit.new_waves >= _SPLIT_EVERY and len(unit.waves) >= _LEAST_WAVES:
                yield
                unit.new_waves = 0
                self._split(unit, now)
        in_order = sorted(self.units, key=lambda unit: unit.number)
        for count, older in enumerate(in_order):
            yield
            for younger in in_order[count + 1 :]:
                if older in self.units and younger in self.units:
                    self._unite(older, younger)

    def _split(self, unit: DecomposedUnit, now: int) -> None:
        apart, larger, smaller = unit.halves()
        waves = list(unit.waves)
        means = [np.mean([waves[i][1] for i in part], axis=0) for part in (larger, smaller)]
        if apart < _SPLIT or ((means[0] - means[1]) ** 2).sum() < _NEGLIGIBLE * unit.energy:
            return
        other = self._number(means[1], now)
        for part, indices in ((unit, larger), (other, smaller)):
            part.waves.clear()
            part.waves.extend(waves[i] for i in sorted(indices))
        moving = {waves[i][0] for i in smaller}
        other.times.extend(sorted(moving))
        other.firings = len(moving)
        kept = [time for time in unit.times if time not in moving]
        unit.times.clear()
        unit.times.extend(kept)
        unit.template = unit.stack().mean(axis=0)

    def _unite(self, older: DecomposedUnit, younger: DecomposedUnit) -> None:
        if min(len(older.waves), len(younger.waves)) < _UNITE_WAVES:
            return
        apart, lag = difference(younger.template, older.template, self._samples(_SHIFT_MS))
        if apart > _NEAR * max(older.energy, younger.energy):
            return
        both = np.sort([*older.times, *younger.times])
        if float((np.diff(both) < self._samples(_SOON_MS)).mean()) > _MOST_SOON:
            return
        aligned = moved(younger.stack(), -lag)
        differ = apart > _NEGLIGIBLE * max(older.energy, younger.energy)
        if differ and separation(older.stack(), aligned) >= _UNITE:
            return
        times = [time for time, _ in younger.waves]
        waves = sorted([*older.waves, *zip(times, aligned, strict=True)], key=lambda one: one[0])
        older.waves.clear()
        older.waves.extend(waves)
        older.times.clear()
        older.times.extend(both)
        older.firings += younger.firings
        older.template = older.stack().mean(axis=0)
        self.units.remove(younger)
        younger.united = older

    def tapered(self, wave: Array) -> Array:
        """Return ``wave`` faded in and out as templates are."""
        return tapered(wave, max(2, self._samples(_TAPER_MS)))

    def _samples(self, ms: float) -> int:
        return round(ms * self._rate_hz / 1e3)
