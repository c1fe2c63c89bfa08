"""A motor unit of the decomposition: its template, which follows slow change, its firings, and its newest waves."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

import numpy as np

from guidance.needle_emg.wave_algebra import separation
from guidance.signal.sweep.basis import Array

_WAVES, _TIMES = 48, 64
"""How many of its newest waves and firings a unit keeps."""

_LEARNS = 1 / 16
"""Least weight of a new wave in the template: it follows a change within two seconds of firing."""

_PERIOD_MS = (20.0, 350.0)
"""Intervals outside are doublets and pauses and do not count for the period."""
_PERIOD_OF, _LEAST_INTERVALS = 24, 3

_LEAST_SPLIT = 4
_AXES = 2
_REFRACTORY_MS = 6.0
_HARD, _RHYTHM = -1e9, 4.0
_SOON = -25.0
_SOON_SHARE, _SOON_MS = 0.5, 30.0
_DUE = (0.75, 1.35)
"""Log-likelihood ratios, doubled, of a firing at an interval: none within the refractory time; within half the period
(30 ms where it is not known) less likely the earlier; about one period later more likely. Tuned on simulations."""


@dataclass(slots=True, eq=False)
class DecomposedUnit:
    """A motor unit: ``number`` is its label, ``template`` (n,) is in uV at the working rate.

    ``waves`` are its newest ones with the times (samples at the working rate) at which their windows begin; ``born`` is
    the sample at which it was distinguished, ``peak`` where the main peak of its first template lies in the window.
    ``united`` is the older unit that it proved to be.
    """

    number: int
    template: Array
    born: int
    peak: int
    firings: int = 0
    times: deque[float] = field(default_factory=lambda: deque(maxlen=_TIMES))
    waves: deque[tuple[float, Array]] = field(default_factory=lambda: deque(maxlen=_WAVES))
    new_waves: int = 0
    united: DecomposedUnit | None = None

    @property
    def known_as(self) -> DecomposedUnit:
        """The unit under whose label it is known now: itself, or the one that it proved to be."""
        return self.united.known_as if self.united else self

    @property
    def energy(self) -> float:
        """Sum of the squares of the template in uV^2."""
        return float(self.template @ self.template)

    def fire(self, at: float) -> None:
        """Add a firing at sample ``at``."""
        self.times.append(at)
        self.firings += 1

    def learn(self, at: float, wave: Array) -> None:
        """Let the template follow ``wave``, that of the firing at ``at`` without what overlapped it."""
        share = max(_LEARNS, 1 / (self.firings + 3))
        self.template = self.template + share * (wave - self.template)
        self.waves.append((at, wave))
        self.new_waves += 1

    def stack(self) -> Array:
        """Return the newest waves (waves, n)."""
        return np.stack([wave for _, wave in self.waves])

    def period(self, rate_hz: float) -> float | None:
        """Return the median interval in samples; None before there are three."""
        low, high = (ms * rate_hz / 1e3 for ms in _PERIOD_MS)
        newest = list(self.times)[-_PERIOD_OF:]
        between = sorted(step for one, other in pairwise(newest) if low < (step := other - one) < high)
        return float(median(between)) if len(between) >= _LEAST_INTERVALS else None

    def firing_hz(self, rate_hz: float) -> float | None:
        """Return the firing rate in Hz by the median interval; None before there are three."""
        period = self.period(rate_hz)
        return rate_hz / period if period else None

    def halves(self) -> tuple[float, list[int], list[int]]:
        """Return the best cut of the newest waves in two along their main axes: its separation, and the larger part
        and the smaller by their indices.
        """
        stacked = self.stack()
        axes = np.linalg.svd(stacked - stacked.mean(axis=0), full_matrices=False)[2][:_AXES]
        cuts = [_cut(stacked, stacked @ axis) for axis in axes]
        apart, one, other = max(cuts, key=lambda cut: cut[0])
        return (apart, one, other) if len(one) >= len(other) else (apart, other, one)


def expected(at: Array, own: Array, period: float | None, rate_hz: float) -> Array:
    """Return the prior of a firing at samples ``at`` (n,), in order, given the unit's firings ``own``, in order; 0 is
    indifferent.
    """
    if not len(own):
        return np.zeros(len(at))
    nearest = own[np.searchsorted(0.5 * (own[1:] + own[:-1]), at, "right")] if len(own) > 1 else own
    apart = np.abs(at - nearest)
    soon = _SOON_SHARE * period if period else _SOON_MS * rate_hz / 1e3
    prior = np.minimum((-_SOON / soon) * apart + _SOON, 0.0)
    if period:
        prior[(apart > _DUE[0] * period) & (apart < _DUE[1] * period)] = _RHYTHM
    prior[apart < _REFRACTORY_MS * rate_hz / 1e3] = _HARD
    return prior


def _cut(stacked: Array, places: Array) -> tuple[float, list[int], list[int]]:
    """Cut the waves by their ``places`` on an axis where the means of both sides lie farthest apart."""
    order = np.argsort(places)
    sums = np.cumsum(places[order] - places.mean())[:-1]
    counts = np.arange(1, len(order))
    between = sums**2 * (1 / counts + 1 / (len(order) - counts))
    between[: _LEAST_SPLIT - 1] = between[len(order) - _LEAST_SPLIT :] = 0.0
    at = int(between.argmax()) + 1
    return separation(stacked[order[:at]], stacked[order[at:]]), order[:at].tolist(), order[at:].tolist()
