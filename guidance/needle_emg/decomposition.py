"""Streaming decomposition of needle EMG into the firings of its motor units, settled within a second.

Every quarter of a second the newest stretch is explained by the known units, so that what is left can found new ones;
three quarters later it is explained again, with all that was learned since, and its firings are settled. Units that
prove to be two are split, and two that prove to be one are united under the older label. Time and memory are bounded.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from guidance.needle_emg.decomposed_unit import DecomposedUnit
from guidance.needle_emg.founding import LEAST_ALIKE, UnknownPotentials
from guidance.needle_emg.matching import Fit, Matcher, window
from guidance.needle_emg.sharp_band import SharpBand
from guidance.needle_emg.wave_algebra import delayed, difference, moved, separation, tapered
from guidance.signal.sweep.basis import Array

LEAST_RATE_HZ = 2_000.0
"""Below this sample rate no unit is distinguished: the sharp part of its potential is not in the signal."""

_TURN_S, _WAITS_TURNS = 0.25, 3
"""A stretch, and after how many more of them it is settled: a firing is settled at most 1.01 s after its peak."""

_MOST_UNITS = 24
_PROVEN_S = 4.0
"""A unit that has fired less than its founders in this time was founded on chance."""

_LEARNED_FROM = 0.2
"""A template learns from potentials that it explains up to this share."""

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

_MOST_BLANKS = 512

_OVER_BACKGROUND, _LEAST_UV = 7.0, 12.0
"""Least height of a potential of no known unit that is reported, in units of the background and in uV of the sharp
band: smaller ones are too many and too uncertain to be of use unless a unit is founded on them. Tuned."""

_SHIFT_MS, _TAPER_MS = 2.0, 0.5
_GUESS_MS = 1.5


@dataclass(frozen=True, slots=True)
class Firing:
    """A potential at ``sample`` of the signal, and its ``unit``; None where it is of no known one."""

    sample: int
    unit: DecomposedUnit | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The ``firings`` before sample ``settled_to`` that were not settled before, known at sample ``known_at``."""

    firings: tuple[Firing, ...]
    settled_to: int
    known_at: int


class Decomposer:
    """A decomposition of one channel. Its result does not depend on the block size."""

    def __init__(self, sample_rate_hz: float) -> None:
        """Decompose a signal of ``sample_rate_hz``."""
        self._band = SharpBand(sample_rate_hz)
        self.rate_hz = self._band.rate_hz
        self._has_shapes = sample_rate_hz >= LEAST_RATE_HZ
        self._turn = round(_TURN_S * self.rate_hz)
        self._size, self._margin = window(self.rate_hz)
        self._middle = self._size // 2
        self._incoming: list[Array] = []
        self._sharp, self._first = np.zeros(0), 0
        self._blanks: deque[tuple[float, float]] = deque(maxlen=_MOST_BLANKS)
        self._unknown = UnknownPotentials(self._middle + self._margin, self.rate_hz)
        self.units: list[DecomposedUnit] = []
        self._numbered = 0
        self._settled_to = 0
        self._guesser: Matcher | None = None

    @property
    def _end(self) -> int:
        return self._first + len(self._sharp)

    def blank(self, first: int, until: int) -> None:
        """Ignore samples ``first`` to ``until`` of the signal: lost, or the response to a stimulus."""
        self._blanks.append((first / self._band.step, until / self._band.step))

    def feed(self, samples: Array) -> list[Settled]:
        """Return what ``samples`` (n,) in uV settle; NaN is a lost sample."""
        lost = np.flatnonzero(~np.isfinite(samples)).astype(np.int64)
        if len(lost):
            self._blank_lost(lost)
        self._incoming.append(self._band(samples))
        settled: list[Settled] = []
        while self._waiting >= self._turn:
            joined = np.concatenate(self._incoming)
            self._incoming = [joined[self._turn :]]
            settled += self._take(joined[: self._turn])
        return settled

    def lose(self, until: int) -> list[Settled]:
        """Treat all samples up to ``until`` as lost; a hole longer than all that waits is skipped at once."""
        begin = (self._end + self._waiting) * self._band.step
        empty = (_WAITS_TURNS + 3) * self._turn * self._band.step
        turns = (until - begin - 2 * empty) // (self._turn * self._band.step)
        if turns <= 0:
            return self.feed(np.full(max(until - begin, 0), np.nan))
        settled = self.feed(np.full(empty, np.nan))
        self._first += turns * self._turn
        self._settled_to += turns * self._turn
        return settled + self.lose(until)

    def guess(self, sample: int, known_at: int) -> DecomposedUnit | None:
        """Return the unit that the potential at ``sample`` is most like, by what is known at sample ``known_at``."""
        sharp = np.concatenate([self._sharp, *self._incoming])
        reach = self._middle + self._samples(_GUESS_MS)
        start = max(sample // self._band.step - reach - self._first, 0)
        stretch = sharp[start : start + self._size + 2 * self._samples(_GUESS_MS)]
        known = stretch[: max(known_at // self._band.step - self._first - start, 0)]
        if self._guesser is None or not len(known):
            return None
        fit = self._guesser.nearest(np.pad(known, (0, max(len(stretch), self._size) - len(known))), self._first + start)
        return fit.unit if fit else None

    def finish(self) -> list[Settled]:
        """Return what is not settled yet, at the end of the signal."""
        rest = np.concatenate([*self._incoming, np.zeros(0)])
        self._incoming = []
        settled: list[Settled] = []
        for _ in range(_WAITS_TURNS + 2):
            part, rest = rest[: self._turn], rest[self._turn :]
            settled += self._take(np.pad(part, (0, self._turn - len(part))))
        return settled

    @property
    def _waiting(self) -> int:
        return sum(len(part) for part in self._incoming)

    def _blank_lost(self, lost: NDArray[np.int64]) -> None:
        begin = (self._end + self._waiting) * self._band.step
        for run in np.split(lost, np.flatnonzero(np.diff(lost) > 1) + 1):
            self.blank(begin + int(run[0]), begin + int(run[-1]) + 1 + self._size * self._band.step)

    def _take(self, part: Array) -> list[Settled]:
        """Process one turn of sharp samples."""
        end = self._end + len(part)
        for low, high in self._blanks:
            part[max(int(low) - self._end, 0) : max(int(high) + 1 - self._end, 0)] = 0.0
        self._sharp = np.concatenate([self._sharp, part])
        self._band.learn_noise(part)
        noise_uv = self._band.noise_uv
        settled: list[Settled] = []
        low = end - (_WAITS_TURNS + 1) * self._turn
        if noise_uv is not None:
            newest = self._explain(end - self._turn - self._size, end - self._size, noise_uv)
            self._unknown.add(newest[1], end)
            if self._has_shapes:
                self._found(noise_uv)
        if low >= self._settled_to:
            firings = self._settle(low, low + self._turn, noise_uv) if noise_uv is not None else ()
            self._settled_to = low + self._turn
            step = self._band.step
            settled.append(Settled(firings, self._settled_to * step, end * step))
        self._guesser = Matcher(self.units, self.rate_hz, noise_uv) if noise_uv is not None else None
        keep = (_WAITS_TURNS + 2) * self._turn + 3 * self._size
        cut = max(len(self._sharp) - keep, 0)
        self._sharp, self._first = self._sharp[cut:], self._first + cut
        return settled

    def _explain(self, low: int, high: int, noise_uv: float) -> tuple[list[Fit], list[tuple[int, Array]]]:
        matcher = Matcher(self.units, self.rate_hz, noise_uv)
        start = max(low - 2 * self._size, self._first)
        stretch = self._sharp[start - self._first : max(high + 2 * self._size - self._first, 0)]
        if len(stretch) < 2 * self._size:
            return [], []
        explained = matcher.explain(stretch, start, low, high)
        return explained.fits, explained.novel

    def _found(self, noise_uv: float) -> None:
        """Found the units that the unknown potentials show, unless they are like a known one."""
        while (wave := self._unknown.found(noise_uv)) is not None:
            template = self._tapered(self._centred(wave))
            energy = float(template @ template)
            known = any(
                difference(template, unit.template, self._samples(_SHIFT_MS))[0] < _SAME * max(energy, unit.energy)
                for unit in self.units
            )
            if not known and energy > 0:
                self._number(template)

    def _centred(self, wave: Array) -> Array:
        """Return the part of a longer ``wave`` (n,) whose middle is the middle of its energy."""
        energy = np.cumsum(wave**2)
        middle = int(np.searchsorted(energy, energy[-1] / 2))
        start = min(max(middle - self._middle, 0), len(wave) - self._size)
        return wave[start : start + self._size]

    def _number(self, template: Array) -> DecomposedUnit:
        """Begin a unit with the next label; with too many, that which fired least and last is forgotten."""
        if len(self.units) >= _MOST_UNITS:
            self.units.remove(min(self.units, key=lambda unit: (unit.firings, unit.born)))
        self._numbered += 1
        self.units.append(DecomposedUnit(self._numbered, template, self._end, int(np.abs(template).argmax())))
        return self.units[-1]

    def _settle(self, low: int, high: int, noise_uv: float) -> tuple[Firing, ...]:
        fits, novel = self._explain(low, high, noise_uv)
        least_uv = max(_OVER_BACKGROUND * self._band.background_uv, _LEAST_UV)
        firings = [Firing(peak * self._band.step, None) for peak, wave in novel if np.abs(wave).max() >= least_uv]
        for fit in sorted(fits, key=lambda one: one.at):
            fit.unit.fire(fit.at)
            if fit.unexplained(noise_uv) <= _LEARNED_FROM:
                own = delayed(fit.rest + fit.wave, np.floor(fit.at) - fit.at)
                fit.unit.learn(fit.at, self._tapered(own))
            firings.append(Firing(round((fit.at + fit.unit.peak) * self._band.step), fit.unit))
        self._tidy()
        return tuple(sorted(firings, key=lambda firing: firing.sample))

    def _tidy(self) -> None:
        """Forget units founded on chance, split those that are two, unite those that are one."""
        proven_before = self._end - _PROVEN_S * self.rate_hz
        self.units = [unit for unit in self.units if unit.firings >= LEAST_ALIKE or unit.born > proven_before]
        for unit in list(self.units):
            if unit.new_waves >= _SPLIT_EVERY and len(unit.waves) >= _LEAST_WAVES:
                unit.new_waves = 0
                self._split(unit)
        for older, younger in combinations(sorted(self.units, key=lambda unit: unit.number), 2):
            if older in self.units and younger in self.units:
                self._unite(older, younger)

    def _split(self, unit: DecomposedUnit) -> None:
        apart, larger, smaller = unit.halves()
        waves = list(unit.waves)
        means = [np.mean([waves[i][1] for i in part], axis=0) for part in (larger, smaller)]
        if apart < _SPLIT or ((means[0] - means[1]) ** 2).sum() < _NEGLIGIBLE * unit.energy:
            return
        other = self._number(means[1])
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

    def _samples(self, ms: float) -> int:
        return round(ms * self.rate_hz / 1e3)

    def _tapered(self, wave: Array) -> Array:
        return tapered(wave, max(2, self._samples(_TAPER_MS)))
