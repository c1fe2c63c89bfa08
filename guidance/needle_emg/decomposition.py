"""Streaming decomposition of needle EMG into the firings of its motor units, settled within a second.

Every quarter of a second the newest stretch is explained by the known units, so that what is left can found new ones;
two thirds of a second later it is explained again, with all that was learned since, and its firings are settled. Units
that prove to be two are split, and two that prove to be one are united under the older label. The work of such a turn
is done in pieces, a few with each 5 ms of signal, so that none makes a first answer late. Time and memory are bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.needle_emg.decomposed_unit import DecomposedUnit
from guidance.needle_emg.founding import UnknownPotentials
from guidance.needle_emg.known_units import KnownUnits
from guidance.needle_emg.matching import Explained, Fit, Matcher, window
from guidance.needle_emg.potential_detector import HOP_MS
from guidance.needle_emg.sharp_band import SharpBand
from guidance.needle_emg.wave_algebra import delayed
from guidance.signal.sweep.basis import Array

LEAST_RATE_HZ = 2_000.0
"""Below this sample rate no unit is distinguished: the sharp part of its potential is not in the signal."""

_TURN_S, _WAITS_S = 0.25, 0.65
"""A stretch, and how much more signal there is when its turn begins. With the 105 ms that the pieces up to its settling
take at most, a firing is settled at most 1.01 s after its peak."""

PIECES_A_HOP = 4
"""So many pieces of work are done with each hop of 5 ms, 200 in a turn. A turn needs about 55 on dense EMG, and 150 at
most."""

_LEARNED_A_PIECE = 8
"""Firings that the templates learn from in a piece."""

_LEARNED_FROM = 0.2
"""A template learns from potentials that it explains up to this share."""

_MOST_BLANKS = 512

_OVER_BACKGROUND, _LEAST_UV = 7.0, 12.0
"""Least height of a potential of no known unit that is reported, in units of the background and in uV of the sharp
band: smaller ones are too many and too uncertain to be of use unless a unit is founded on them. Tuned."""

_GUESS_MS = 1.5


@dataclass(frozen=True, slots=True)
class Firing:
    """A potential at ``sample`` of the signal, and its ``unit``; None where it is of no known one.

    ``height_uv`` is its height in the sharp band, without what overlaps it.
    """

    sample: int
    unit: DecomposedUnit | None
    height_uv: float


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
        self._turn, self._waits = round(_TURN_S * self.rate_hz), round(_WAITS_S * self.rate_hz)
        self._hop = max(1, round(HOP_MS * sample_rate_hz / 1e3))
        self._at = 0
        self._work: Iterator[None] = iter(())
        self._done: list[Settled] = []
        self._size, self._margin = window(self.rate_hz)
        self._middle = self._size // 2
        self._raw: list[Array] = []
        self._incoming: list[Array] = []
        self._waiting = 0
        self._sharp, self._first = np.zeros(0), 0
        self._blanks: deque[tuple[float, float]] = deque(maxlen=_MOST_BLANKS)
        self._unknown = UnknownPotentials(self._middle + self._margin, self.rate_hz)
        self._known = KnownUnits(self._size, self.rate_hz)
        self.overdue = 0
        """Pieces of work that were not done when the next turn began, and were then done at once."""
        self._settled_to = 0
        self._guesser: Matcher | None = None

    @property
    def units(self) -> list[DecomposedUnit]:
        """The known units."""
        return self._known.units

    @property
    def _end(self) -> int:
        return self._first + len(self._sharp)

    def blank(self, first: int, until: int) -> None:
        """Ignore samples ``first`` to ``until`` of the signal: lost, or the response to a stimulus."""
        self._blanks.append((first / self._band.step, until / self._band.step))

    def feed(self, samples: Array) -> list[Settled]:
        """Return what ``samples`` (n,) in uV settle; NaN is a lost sample."""
        settled: list[Settled] = []
        while len(samples):
            part, samples = np.split(samples, [self._hop - self._at % self._hop])
            self.add(part)
            settled += self.work()
        return settled

    def add(self, samples: Array) -> None:
        """Add ``samples`` (n,) in uV of one hop at most, of which `work` then makes use; NaN is a lost sample."""
        self._raw.append(samples)
        self._at += len(samples)
        if not self._at % self._hop:
            self._filter_hop()

    def _filter_hop(self) -> None:
        """Filter what waits, all at once: a filter takes nearly as long for a part of a hop as for all of it."""
        samples = np.concatenate(self._raw)
        self._raw = []
        known = np.isfinite(samples)
        if not known.all():
            self._blank_lost(np.flatnonzero(~known).astype(np.int64), self._at - len(samples))
        sharp = self._band(samples)
        self._incoming.append(sharp)
        self._waiting += len(sharp)

    def work(self) -> list[Settled]:
        """Do the pieces of work that are due where a hop is complete; return what they settle."""
        if self._at % self._hop:
            return []
        if self._waiting >= self._turn:
            self.overdue += self._complete()
            joined = np.concatenate(self._incoming)
            self._incoming = [joined[self._turn :]]
            self._waiting -= self._turn
            self._work = self._take(joined[: self._turn])
        for _ in range(PIECES_A_HOP):
            next(self._work, None)
        return self._settled()

    def _complete(self) -> int:
        """Do all pieces that are left of a turn; return how many they were."""
        return sum(1 for _ in self._work)

    def _settled(self) -> list[Settled]:
        settled, self._done = self._done, []
        return settled

    def lose(self, until: int) -> list[Settled]:
        """Treat all samples up to ``until`` as lost; a hole longer than all that waits is skipped at once."""
        if until <= self._at:
            return []
        empty = (7 * self._turn + self._waits) * self._band.step
        turns = (until - self._at - 2 * empty) // (self._turn * self._band.step)
        if turns <= 0:
            return self.feed(np.full(until - self._at, np.nan))
        settled = self.feed(np.full(empty, np.nan))
        self._complete()
        settled += self._settled()
        if self._raw:
            self._filter_hop()
        self._at += turns * self._turn * self._band.step
        self._first += turns * self._turn
        self._settled_to += turns * self._turn
        return settled + self.lose(until)

    def guess(self, sample: int, known_at: int) -> Fit | None:
        """Return the firing that the potential at ``sample`` is most like, by what is known at sample ``known_at``.

        Its window begins ``at`` a sample of the working rate; None where the potential is like no known unit.
        """
        if self._guesser is None:
            return None
        reach = self._middle + self._samples(_GUESS_MS)
        start = max(sample // self._band.step - reach - self._first, 0)
        stretch = self._newest(start, start + self._size + 2 * self._samples(_GUESS_MS))
        known = stretch[: max(known_at // self._band.step - self._first - start, 0)]
        if not len(known):
            return None
        padded = np.zeros(max(len(stretch), self._size))
        padded[: len(known)] = known
        return self._guesser.nearest(padded, self._first + start)

    def peak_of(self, fit: Fit) -> float:
        """Return the sample of the signal, with its fraction, at which the main peak of ``fit`` lies."""
        return (fit.at + fit.unit.peak) * self._band.step

    def _newest(self, low: int, high: int) -> Array:
        """Return the sharp samples ``low`` to ``high``, counted from the first that is kept, what waits included."""
        kept = self._sharp[low:high]
        if high <= len(self._sharp) or not self._incoming:
            return kept
        beyond = len(self._sharp)
        return np.concatenate([kept, np.concatenate(self._incoming)[max(low - beyond, 0) : high - beyond]])

    def finish(self) -> list[Settled]:
        """Return what is not settled yet, at the end of the signal."""
        if self._raw:
            self._filter_hop()
        rest = np.concatenate([*self._incoming, np.zeros(0)])
        self._incoming, self._waiting = [], 0
        self._complete()
        while self._settled_to * self._band.step < self._at:
            part, rest = rest[: self._turn], rest[self._turn :]
            self._work = self._take(np.pad(part, (0, self._turn - len(part))))
            self._complete()
        return self._settled()

    def _blank_lost(self, lost: NDArray[np.int64], first: int) -> None:
        """Ignore the samples ``lost`` (n,), counted from sample ``first`` on."""
        for run in np.split(lost, np.flatnonzero(np.diff(lost) > 1) + 1):
            self.blank(first + int(run[0]), first + int(run[-1]) + 1 + self._size * self._band.step)

    def _take(self, part: Array) -> Generator[None, None, None]:
        """Process one turn of sharp samples in pieces."""
        end = self._end + len(part)
        for low, high in self._blanks:
            part[max(int(low) - self._end, 0) : max(int(high) + 1 - self._end, 0)] = 0.0
        sharp = np.concatenate([self._sharp, part])
        cut = max(len(sharp) - (self._waits + 2 * self._turn + 3 * self._size), 0)
        self._sharp, self._first = sharp[cut:], self._first + cut
        self._band.learn_noise(part)
        noise_uv = self._band.noise_uv
        if noise_uv is not None:
            newest = yield from self._explain(end - self._turn - self._size, end - self._size, noise_uv)
            self._unknown.add(newest.novel, end)
            if self._has_shapes:
                yield from self._known.found(self._unknown, noise_uv, end)
        if end - self._waits > self._settled_to:
            yield from self._settle(self._settled_to, end - self._waits, noise_uv)
        yield from self._known.tidy(end)
        if noise_uv is not None:
            self._guesser = Matcher(self.units, self.rate_hz, noise_uv)

    def _explain(self, low: int, high: int, noise_uv: float) -> Generator[None, None, Explained]:
        """Explain the sharp samples ``low`` to ``high``, counted from the first of all."""
        start = max(low - 2 * self._size, self._first)
        stretch = self._sharp[start - self._first : max(high + 2 * self._size - self._first, 0)]
        if len(stretch) < 2 * self._size:
            return Explained([], [])
        return (yield from Matcher(self.units, self.rate_hz, noise_uv).explain(stretch, start, low, high))

    def _settle(self, low: int, high: int, noise_uv: float | None) -> Generator[None, None, None]:
        firings: list[Firing] = []
        if noise_uv is not None:
            explained = yield from self._explain(low, high, noise_uv)
            least_uv = max(_OVER_BACKGROUND * self._band.background_uv, _LEAST_UV)
            novel = [(peak, float(np.abs(wave).max())) for peak, wave in explained.novel]
            firings = [Firing(peak * self._band.step, None, height) for peak, height in novel if height >= least_uv]
            for count, fit in enumerate(sorted(explained.fits, key=lambda one: one.at)):
                if count % _LEARNED_A_PIECE == 0:
                    yield
                self._learn(fit, noise_uv)
                firings.append(Firing(round(self.peak_of(fit)), fit.unit, float(np.abs(fit.wave).max())))
        self._settled_to = high
        in_order = tuple(sorted(firings, key=lambda firing: firing.sample))
        self._done.append(Settled(in_order, high * self._band.step, self._at))

    def _learn(self, fit: Fit, noise_uv: float) -> None:
        fit.unit.fire(fit.at)
        if fit.unexplained(noise_uv) <= _LEARNED_FROM:
            own = delayed(fit.rest + fit.wave, np.floor(fit.at) - fit.at)
            fit.unit.learn(fit.at, self._known.tapered(own))

    def _samples(self, ms: float) -> int:
        return round(ms * self.rate_hz / 1e3)
