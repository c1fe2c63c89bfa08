"""Potentials in a running signal: what stands out of its own quiet moments, one at a time or laid over one another."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.needle_emg.bandpass import Bandpass
from guidance.needle_emg.measure import PotentialMeasures, measure
from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.mains import MainsFit, fit_mains

LEAST_UV = 12.0
"""Smaller ones are left to the noise."""

HOP_MS = 5.0
"""On this grid the signal is looked at, and blocks are cut."""

_LONGEST_HOLE_HOPS = 400
_PAGE_MS = 50.0
_MAINS_PAGES = 8
_QUIET_PAGES = 200
_QUIET_SHARE = 20.0
_OVER = 5.0
_SEEK_HZ = (60.0, 2500.0)
_KEEP_HZ = (5.0, 10_000.0)
_APART_MS, _LONGEST_MS = 3.0, 15.0
_BEFORE_MS, _AFTER_MS = 8.0, 10.0
_QUIET_CELLS = 0.25
_QUIETER = 1.15
"""By how much the quieter cells of Gaussian noise are quieter than all of it."""
_BESIDE = 0.2
"""What is smaller than this share of a potential's peak, and beside it, does not belong to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Potential:
    """A potential whose main peak is at ``sample``, known at sample ``known_at``: its ``wave`` (n,) uV, the peak at
    ``centre``, and the signal's quiet noise. ``is_mixed``: others lie over it or close to it.
    """

    sample: int
    known_at: int
    wave: Array
    centre: int
    noise_uv: float
    is_mixed: bool
    measures: PotentialMeasures


class PotentialDetector:
    """One channel's potentials as they come; the result never depends on how the signal was cut."""

    def __init__(self, rate_hz: float) -> None:
        """For a signal at ``rate_hz``."""
        per_ms = rate_hz / 1e3
        self.rate_hz = rate_hz
        self._hop, self._apart, self._longest, self._before, self._after = (
            max(1, round(ms * per_ms)) for ms in (HOP_MS, _APART_MS, _LONGEST_MS, _BEFORE_MS, _AFTER_MS)
        )
        self._page = self._hop * round(_PAGE_MS / HOP_MS)
        self._keep, self._seek = Bandpass(*_KEEP_HZ, rate_hz), Bandpass(*_SEEK_HZ, rate_hz)
        self._incoming = np.zeros(0)
        self._raw = np.zeros(0)
        self._kept, self._sought = np.zeros(0), np.zeros(0)
        self._mains: MainsFit | None = None
        self._noises: deque[tuple[float, float]] = deque(maxlen=_QUIET_PAGES)
        self.noise_uv, self._sought_uv = LEAST_UV / _OVER, LEAST_UV / _OVER
        self._blind_to = 0
        self._begins: int | None = None
        self._closed_to = -1
        self.end = 0
        """Samples looked at."""
        self.busy: deque[bool] = deque(maxlen=round(1000 / HOP_MS))
        """For each hop of the last second, whether something stood out."""

    def blank(self, until: int) -> None:
        """Find nothing before sample ``until``: what is there was made by a stimulus."""
        self._blind_to = max(self._blind_to, until)

    def lose(self, until: int) -> list[Potential]:
        """Take all up to sample ``until`` for lost; of a long hole only both ends are looked at."""
        hole = until - self.end - len(self._incoming)
        if hole <= _LONGEST_HOLE_HOPS * self._hop:
            return self.feed(np.full(max(hole, 0), np.nan))
        found = self.feed(np.full(self._hop, np.nan))
        hops = (until - self.end) // self._hop - _LONGEST_HOLE_HOPS // 2
        self.end += hops * self._hop
        self._begins = None
        self._raw, self._kept, self._sought = np.zeros(0), np.zeros(0), np.zeros(0)
        self.blank(self.end)
        return found + self.lose(until)

    def feed(self, samples: Array) -> list[Potential]:
        """Potentials completed by ``samples`` (n,) uV, NaN where lost."""
        self._incoming = np.concatenate([self._incoming, np.asarray(samples, float)])
        found: list[Potential] = []
        while len(self._incoming) >= self._hop:
            to_page = self._page - self.end % self._page
            taken = min(len(self._incoming) // self._hop * self._hop, to_page)
            part, self._incoming = self._incoming[:taken], self._incoming[taken:]
            found += self._take(part)
        return found

    def _take(self, part: Array) -> list[Potential]:
        """Whole hops within one page."""
        first = self.end
        clean = part - self._mains(first, len(part)) if self._mains else part
        self._raw = np.concatenate([self._raw, part])[-self._page * _MAINS_PAGES :]
        self._kept = np.concatenate([self._kept, self._keep(clean)])[-self._page * 2 :]
        self._sought = np.concatenate([self._sought, self._seek(clean)])[-self._page * 2 :]
        start = first + len(part) - len(self._sought)
        found: list[Potential] = []
        for at in range(0, len(part), self._hop):
            self.end = first + at + self._hop
            if np.isnan(part[at : at + self._hop]).any():
                self.blank(self.end)
            found += self._search(start)
        if self.end % self._page == 0:
            self._turn_page()
        return found

    def _turn_page(self) -> None:
        """Mains and noise anew; what was lost is left out of them."""
        lost = np.flatnonzero(np.isnan(self._raw))
        whole = self._raw[lost[-1] + 1 :] if len(lost) else self._raw
        if len(whole) == self._page * _MAINS_PAGES:
            self._mains = fit_mains(whole, self.end - len(whole), self.rate_hz)
        if self.end - self._page < self._blind_to:
            return
        page = slice(-self._page, None)
        self._noises.append((_quiet(self._kept[page], self._hop), _quiet(self._sought[page], self._hop)))
        quiet = np.percentile(np.array(self._noises), _QUIET_SHARE, axis=0)
        self.noise_uv, self._sought_uv = float(quiet[0]), float(quiet[1])

    @property
    def threshold_uv(self) -> float:
        """What a potential must reach in the band it is sought in; nothing does before the noise is known."""
        if not self._noises:
            return np.inf
        return max(_OVER * self._sought_uv, LEAST_UV)

    def _search(self, start: int) -> list[Potential]:
        """What stands out in the newest hop; ``start`` is the sample where the kept signal begins."""
        first = self.end - self._hop
        recent = np.abs(self._sought[first - start : self.end - start])
        recent[: max(self._blind_to - first, 0)] = 0.0
        self.busy.append(float(recent.max()) > self.threshold_uv)
        over = np.flatnonzero(recent > self.threshold_uv / 2) + first
        if self._begins is None:
            over = over[over > self._closed_to]
            self._begins = int(over[0]) if len(over) else None
        if self._begins is None:
            return []
        run, is_alone = self._main_run(self._begins, start)
        self._begins = int(run[0])
        if self.end - run[-1] <= self._apart and self.end - run[0] <= self._longest + self._apart:
            return []
        self._begins, self._closed_to = None, int(run[-1])
        return self._closed(run, start, is_alone=is_alone)

    def _main_run(self, begins: int, start: int) -> tuple[NDArray[np.int64], bool]:
        """The samples from ``begins`` on that belong to the greatest peak; whether nothing else of note is there."""
        sought = np.abs(self._sought[begins - start : self.end - start])
        sought[: max(self._blind_to - begins, 0)] = 0.0
        peak = int(sought.argmax())
        over = np.flatnonzero(sought > max(self.threshold_uv / 2, _BESIDE * float(sought[peak])))
        runs = np.split(over, np.flatnonzero(np.diff(over) > self._apart) + 1)
        own = next((run for run in runs if len(run) and run[0] <= peak <= run[-1]), np.array([peak]))
        return own + begins, len(runs) <= 1

    def _closed(self, run: NDArray[np.int64], start: int, *, is_alone: bool) -> list[Potential]:
        """The potential of the samples ``run``."""
        group = np.abs(self._sought[run[0] - start : run[-1] + 1 - start])
        if group.max() <= self.threshold_uv:
            return []
        sample, last = int(run[0] + group.argmax()), int(run[-1])
        low, high = max(sample - self._before, start), min(sample + self._after, self.end)
        wave = self._kept[low - start : high - start]
        wave = wave - _baseline(wave, int(run[0]) - low, last - low)
        measures = measure(wave, self.rate_hz, self.noise_uv, sample - low)
        if abs(measures.peak_uv) < self.threshold_uv / 2:  # the filter's own swing after a large one
            return []
        self._closed_to = max(last, low + int(measures.ends_at))
        is_mixed = not is_alone or not measures.is_whole or last - int(run[0]) >= self._longest
        return [Potential(sample, self.end, wave, sample - low, self.noise_uv, is_mixed, measures)]


def _quiet(page: Array, cell: int) -> float:
    """The noise of the quieter cells of ``page``, that of its slow course apart."""
    spread = page[: len(page) // cell * cell].reshape(-1, cell).std(axis=1)
    return _QUIETER * float(np.percentile(spread, 100 * _QUIET_CELLS))


def _baseline(wave: Array, begins: int, last: int) -> float:
    """The level around a potential that lies between ``begins`` and ``last``."""
    around = np.concatenate([wave[: max(begins, 0)], wave[last + 1 :]])
    return float(np.median(around)) if len(around) else 0.0
