"""Detection of potentials in a streaming signal, single or superimposed, by their height over the noise."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from guidance.needle_emg.bandpass import Bandpass
from guidance.needle_emg.measure import PotentialMeasures, measure
from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.mains import MainsFit, fit_mains

LEAST_UV = 12.0
"""Least height of a potential in uV; smaller ones count as noise."""

HOP_MS = 5.0
"""The grid on which the signal is searched and blocks are cut."""

_LONGEST_HOLE_HOPS = 400
"""Of a longer hole only both ends are searched."""

_PAGE_MS = 50.0
"""Mains and noise are estimated once a page."""

_MAINS_PAGES = 8
"""The mains fit uses this many pages."""

_NOISE_PAGES = 200
_NOISE_PERCENTILE = 20.0
"""The noise is this percentile over the newest pages."""

_OVER = 5.0
"""Least height of a potential in units of the noise of the search band."""

_SEARCH_HZ = (60.0, 2500.0)
_WIDE_HZ = (5.0, 10_000.0)
"""Potentials are searched in the first band and measured in the second."""

_APART_MS, _LONGEST_MS = 3.0, 15.0
"""Peaks within the first time belong to one potential, which ends after the second at the latest."""

_BEFORE_MS, _AFTER_MS = 8.0, 10.0
"""How much of the wave around its peak is kept."""

_NOISE_CELL_SHARE = 0.25
_NOISE_BIAS = 1.15
"""The noise of a page is this percentile (as a share) of its cells, times the bias of that for Gaussian noise."""

_BESIDE = 0.2
"""A smaller share of the peak, beside it, does not belong to the potential."""


@dataclass(frozen=True, slots=True, eq=False)
class Potential:
    """A potential with its main peak at ``sample``, known at sample ``known_at``.

    ``wave`` is (n,) in uV with the peak at ``centre``; ``noise_uv`` is the noise of the signal. ``is_mixed``: other
    potentials overlap it or lie close to it.
    """

    sample: int
    known_at: int
    wave: Array
    centre: int
    noise_uv: float
    is_mixed: bool
    measures: PotentialMeasures


class PotentialDetector:
    """A streaming detector for the potentials of one channel; its result does not depend on the block size."""

    def __init__(self, sample_rate_hz: float) -> None:
        """Detect in a signal of ``sample_rate_hz``."""
        per_ms = sample_rate_hz / 1e3
        self.sample_rate_hz = sample_rate_hz
        self._hop, self._apart, self._longest, self._before, self._after = (
            max(1, round(ms * per_ms)) for ms in (HOP_MS, _APART_MS, _LONGEST_MS, _BEFORE_MS, _AFTER_MS)
        )
        self._page = self._hop * round(_PAGE_MS / HOP_MS)
        self._wide_band, self._search_band = Bandpass(*_WIDE_HZ, sample_rate_hz), Bandpass(*_SEARCH_HZ, sample_rate_hz)
        self._incoming: list[Array] = []
        self._waiting = 0
        self._raw: deque[Array] = deque()
        self._wide, self._searched = np.zeros(0), np.zeros(0)
        self._mains: MainsFit | None = None
        self._page_mains = np.zeros(self._page)
        self._noises: deque[tuple[float, float]] = deque(maxlen=_NOISE_PAGES)
        self.noise_uv, self._searched_noise_uv = LEAST_UV / _OVER, LEAST_UV / _OVER
        self._blind_to = 0
        self._run_begins: int | None = None
        self._closed_to = -1
        self.end = 0
        """Samples searched so far."""
        self.busy: deque[bool] = deque(maxlen=round(1000 / HOP_MS))
        """For each hop of the last second, whether the signal exceeded the threshold."""

    def blank(self, until: int) -> None:
        """Detect nothing before sample ``until``: a stimulus evoked that activity."""
        self._blind_to = max(self._blind_to, until)

    def lose(self, until: int) -> list[Potential]:
        """Treat all samples up to ``until`` as lost; of a long hole only both ends are searched."""
        hole = until - self.end - self._waiting
        if hole <= 0:
            return []
        if hole <= _LONGEST_HOLE_HOPS * self._hop:
            return self.feed(np.full(hole, np.nan))
        potentials = self.feed(np.full(self._hop, np.nan))
        hops = (until - self.end) // self._hop - _LONGEST_HOLE_HOPS // 2
        self.end += hops * self._hop
        self._run_begins = None
        self._raw.clear()
        self._wide, self._searched = np.zeros(0), np.zeros(0)
        self._page_mains = self._mains_of_page()
        self.blank(self.end)
        return potentials + self.lose(until)

    def feed(self, samples: Array) -> list[Potential]:
        """Return the potentials that ``samples`` (n,) in uV complete; NaN is a lost sample."""
        self._incoming.append(np.asarray(samples, float))
        self._waiting += len(samples)
        potentials: list[Potential] = []
        if self._waiting < self._hop:
            return potentials
        joined, at = np.concatenate(self._incoming), 0
        while len(joined) - at >= self._hop:
            to_page = self._page - self.end % self._page
            count = min((len(joined) - at) // self._hop * self._hop, to_page)
            potentials += self._take(joined[at : at + count])
            at += count
        self._incoming, self._waiting = [joined[at:]], len(joined) - at
        return potentials

    def _take(self, part: Array) -> list[Potential]:
        """Process whole hops within one page."""
        first = self.end
        into_page = first % self._page
        clean = part - self._page_mains[into_page : into_page + len(part)]
        self._raw.append(part)
        self._wide = np.concatenate([self._wide, self._wide_band(clean)])[-self._page * 2 :]
        self._searched = np.concatenate([self._searched, self._search_band(clean)])[-self._page * 2 :]
        start = first + len(part) - len(self._searched)
        potentials: list[Potential] = []
        is_whole = bool(np.isfinite(part).all())
        for at in range(0, len(part), self._hop):
            self.end = first + at + self._hop
            if not is_whole and np.isnan(part[at : at + self._hop]).any():
                self.blank(self.end)
            potentials += self._search(start)
        if self.end % self._page == 0:
            self._turn_page()
        return potentials

    def _turn_page(self) -> None:
        """Estimate mains and noise again, without lost samples."""
        raw = np.concatenate(self._raw)[-self._page * _MAINS_PAGES :]
        self._raw = deque([raw])
        if len(raw) == self._page * _MAINS_PAGES and np.isfinite(raw).all():
            self._mains = fit_mains(raw, self.end - len(raw), self.sample_rate_hz)
        self._page_mains = self._mains_of_page()
        if self.end - self._page < self._blind_to:
            return
        page = slice(-self._page, None)
        self._noises.append((_noise_of(self._wide[page], self._hop), _noise_of(self._searched[page], self._hop)))
        noises = np.array(self._noises)
        self.noise_uv, self._searched_noise_uv = (_quantile(noises[:, i], _NOISE_PERCENTILE / 100) for i in (0, 1))

    def _mains_of_page(self) -> Array:
        """Return the mains of the page that begins now, all at once."""
        first = self.end // self._page * self._page
        return self._mains(first, self._page) if self._mains else np.zeros(self._page)

    @property
    def threshold_uv(self) -> float:
        """Least height of a potential in the search band, infinite until the noise is known."""
        if not self._noises:
            return np.inf
        return max(_OVER * self._searched_noise_uv, LEAST_UV)

    def _search(self, start: int) -> list[Potential]:
        """Search the newest hop; ``start`` is the sample at which the buffered signal begins."""
        first, threshold_uv = self.end - self._hop, self.threshold_uv
        recent = np.abs(self._searched[first - start : self.end - start])
        if self._blind_to > first:
            recent[: self._blind_to - first] = 0.0
        highest = float(recent.max())
        self.busy.append(highest > threshold_uv)
        if self._run_begins is None:
            if highest <= threshold_uv / 2:
                return []
            over = (recent > threshold_uv / 2).nonzero()[0] + first
            over = over[over > self._closed_to]
            if not len(over):
                return []
            self._run_begins = int(over[0])
        begins, last, is_alone = self._main_run(self._run_begins, start)
        self._run_begins = begins
        if self.end - last <= self._apart and self.end - begins <= self._longest + self._apart:
            return []
        self._run_begins, self._closed_to = None, last
        return self._closed(begins, last, start, is_alone=is_alone)

    def _main_run(self, begins: int, start: int) -> tuple[int, int, bool]:
        """Return the first and last sample from ``begins`` on that belong to the greatest peak, and whether it is
        alone.
        """
        searched = np.abs(self._searched[begins - start : self.end - start])
        if self._blind_to > begins:
            searched[: self._blind_to - begins] = 0.0
        peak = int(searched.argmax())
        over = (searched > max(self.threshold_uv / 2, _BESIDE * float(searched[peak]))).nonzero()[0]
        breaks = (over[1:] - over[:-1] > self._apart).nonzero()[0]
        low, high = begins + peak, begins + peak
        if len(over) and over[0] <= peak <= over[-1]:
            run = int(np.searchsorted(over[breaks], peak))
            low = begins + int(over[breaks[run - 1] + 1 if run else 0])
            high = begins + int(over[breaks[run] if run < len(breaks) else -1])
        return low, high, not len(breaks)

    def _closed(self, begins: int, last: int, start: int, *, is_alone: bool) -> list[Potential]:
        """Return the potential of the samples ``begins`` to ``last``, none where it is too small."""
        group = np.abs(self._searched[begins - start : last + 1 - start])
        sample = begins + int(group.argmax())
        if group[sample - begins] <= self.threshold_uv:
            return []
        low, high = max(sample - self._before, start), min(sample + self._after, self.end)
        wave = self._wide[low - start : high - start]
        wave = wave - _baseline(wave, begins - low, last - low)
        measures = measure(wave, self.sample_rate_hz, self.noise_uv, sample - low)
        if abs(measures.peak_uv) < self.threshold_uv / 2:  # the filter rings after a large potential
            return []
        self._closed_to = max(last, low + int(measures.ends_at))
        is_mixed = not is_alone or not measures.is_whole or last - begins >= self._longest
        return [Potential(sample, self.end, wave, sample - low, self.noise_uv, is_mixed, measures)]


def _noise_of(page: Array, cell: int) -> float:
    """Return the noise of ``page`` by its cells with the least spread, without slow drift."""
    spread = page[: len(page) // cell * cell].reshape(-1, cell).std(axis=1)
    return _NOISE_BIAS * _quantile(spread, _NOISE_CELL_SHARE)


def _quantile(values: Array, share: float) -> float:
    """Return the quantile of ``values`` (n,) with linear interpolation, as ``numpy.quantile`` does, which is slower."""
    ordered = np.sort(values)
    at = share * (len(ordered) - 1)
    low = int(at)
    return float(ordered[low] + (at - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]))


def _baseline(wave: Array, begins: int, last: int) -> float:
    """Return the level around a potential that lies between ``begins`` and ``last``."""
    around = np.concatenate([wave[: max(begins, 0)], wave[last + 1 :]])
    return _quantile(around, 0.5) if len(around) else 0.0
