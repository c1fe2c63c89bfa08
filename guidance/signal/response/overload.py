"""The amplifier under a stimulus: whether it is overloaded or blanked, and until when.

No declared property is trusted: the rail is inferred from samples that repeat their extreme, below the declared range
if need be, and many amplifiers show no rail at all because a filter follows. A blanking amplifier shows nothing where
the artefact should be, and then an edge.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from guidance.signal.sweep.arrays import median
from guidance.signal.sweep.basis import Array

_REACH_MS = 10.0
_BEGINS_MS = 1.5
"""An overload by the stimulus begins within this time. What is flat later is a response: its peaks are, too."""

_AT_RAIL = 0.985
"""From this share of the rail on a sample is at it: the converter's noise, and what a filter after it takes."""

_FLAT_SHARE, _FLAT_RUN = 3e-3, 3
"""So many samples in a row that differ by less than this share of their size are a rail: no artefact's own peak is so
flat at 10 kHz."""

_SAME_SHARE, _SAME_CHARGES, _PEAK_MEMORY = 2e-3, 0.05, 12
"""Peaks that agree to this share, at charges that differ by more (in ln), are a rail's."""

_LEAST_UV, _LEAST_NOISES = 500.0, 30.0
"""Below this, in uV and in standard deviations of the noise, nothing is a rail: it may be a response."""

_AGAIN_MS = 1.5
"""Samples at the rail later than this after the others are no part of the overload: a response may clip, too."""

_BEYOND = 1.03
"""A sample so far beyond a rail shows that it was none, or that the range was switched."""

_IN_A_ROW = 3
"""So many sweeps in a row must show a rail below the known one."""

_BLANKED_MS, _BLANKED_NOISES = 0.6, 6.0
"""A blanked input shows nothing but noise from the pulse on, for at least so long."""

_LATEST_RELEASE_MS, _SETTLES_MS = 12.0, 1.0
_EDGE_NOISES, _AFTER_EDGE_MS = 8.0, 0.2
_LEAST_RELEASE_NOISES = 12.0
"""What appears at the release of a blanked input is at least so many standard deviations of the noise."""

_SAME_TIME_MS, _TWICE, _RELEASE_MEMORY = 0.15, 2, 12
"""A blanking amplifier lets go at the same time after every pulse."""

_STEP = 0.35
"""A release is a step: so much of it comes from one sample to the next. A response rises more slowly."""


@dataclass(frozen=True, slots=True)
class Overload:
    """What the amplifier did in one sweep: ``end_ms`` after the pulse until it was at its rail (0: it was not), until
    ``blanked_ms`` it showed nothing (0: it was not blanked), and ``size_uv``: its rail, or the largest it showed.
    """

    end_ms: float
    blanked_ms: float
    size_uv: float


class OverloadFinder:
    """Finds overload and blanking of one channel; remembers the rails it has seen."""

    def __init__(self, sample_rate_hz: float, range_uv: float | None) -> None:
        """For a channel at ``sample_rate_hz`` that declares ``range_uv`` (None: it declares none)."""
        self._per_ms = sample_rate_hz / 1e3
        self._range_uv = range_uv
        self._rails: dict[int, float | None] = {1: None, -1: None}
        self._lower = {1: 0, -1: 0}
        self._releases: deque[float] = deque(maxlen=_RELEASE_MEMORY)
        self._peaks: dict[int, deque[tuple[float, float]]] = {sign: deque(maxlen=_PEAK_MEMORY) for sign in self._rails}

    @property
    def rails_uv(self) -> dict[int, float | None]:
        """The rail of each polarity (1, -1) as inferred; None where none was seen."""
        return dict(self._rails)

    @property
    def rail_uv(self) -> float | None:
        """The rail as inferred, the lower of both polarities; None where none was seen."""
        seen = [rail for rail in self._rails.values() if rail is not None]
        return min(seen, default=None)

    def find(self, raw: Array, clean: Array, charge: float | None, noise_uv: float, bend_uv: float) -> Overload:
        """Return what the amplifier did in the sweep ``raw`` (n,) from the pulse on, ``clean`` being the same without
        baseline and mains; ``bend_uv`` is the standard deviation of the noise's second difference.
        """
        reach = round(_REACH_MS * self._per_ms)
        least_uv = max(_LEAST_UV, _LEAST_NOISES * noise_uv)
        blanked_ms = self._usual_release_ms(self._released_ms(clean, noise_uv, bend_uv))
        is_silent = self._is_silent(clean, noise_uv, least_uv)
        if not blanked_ms and is_silent:
            blanked_ms = max(self._releases)
        # Behind a blanked input nothing was overloaded: a peak after the release is artefact or response, and no rail.
        over = () if is_silent else self._rails
        end = max((self._overloaded_to(sign, sign * raw[:reach], charge, least_uv) for sign in over), default=0)
        size_uv = float(np.abs(clean[:reach]).max(initial=0.0))
        return Overload(end / self._per_ms, blanked_ms, size_uv)

    def _overloaded_to(self, sign: int, signal: Array, charge: float | None, least_uv: float) -> int:
        """Return the samples up to which ``signal`` is at the rail of this ``sign`` by the pulse; 0 where it is not."""
        begins = round(_BEGINS_MS * self._per_ms)
        peak = float(signal[:begins].max(initial=0.0))
        rail = self._rails[sign]
        if rail is not None and peak > _BEYOND * rail:
            rail = None
        if peak >= least_uv:
            rail = self._confirmed(sign, rail, self._inferred(sign, signal[: begins + _FLAT_RUN], peak, charge))
        self._rails[sign] = rail
        if rail is None:
            return 0
        end = 0
        for at in np.flatnonzero(signal >= _AT_RAIL * rail).tolist():
            if at > (end + _AGAIN_MS * self._per_ms if end else begins):
                break
            end = at + 1
        return end

    def _confirmed(self, sign: int, rail: float | None, seen: float | None) -> float | None:
        """Return the rail after a sweep that shows one at ``seen`` uV. A lower one must show in several in a row:
        the range may have been switched.
        """
        if seen is None or rail is None or seen > _AT_RAIL * rail:
            self._lower[sign] = 0
            return seen or rail
        self._lower[sign] += 1
        return seen if self._lower[sign] >= _IN_A_ROW else rail

    def _inferred(self, sign: int, signal: Array, peak: float, charge: float | None) -> float | None:
        """Infer the rail from ``signal`` itself, or from a peak that it shares with sweeps of other charges."""
        if self._range_uv and peak >= 0.999 * self._range_uv:
            return peak
        top = (signal >= (1 - _FLAT_SHARE) * peak).astype(int)
        if (np.convolve(top, np.ones(_FLAT_RUN, int), "valid") >= _FLAT_RUN).any():
            return peak
        known = self._peaks[sign]
        shared = [
            old
            for old, old_charge in known
            if abs(old - peak) < _SAME_SHARE * peak and charge and abs(np.log(charge / old_charge)) > _SAME_CHARGES
        ]
        if charge:
            known.append((peak, charge))
        return max(peak, *shared) if shared else None

    def _usual_release_ms(self, now_ms: float) -> float:
        """Return when blanking ends: as twice recently, whether it shows now or not; else ``now_ms``."""
        self._releases.append(now_ms)
        known = [ms for ms in self._releases if ms > 0]
        usual_ms = float(np.median(known)) if known else 0.0
        alike = sum(abs(ms - usual_ms) < _SAME_TIME_MS for ms in known)
        return max(usual_ms, now_ms) if alike >= _TWICE and 2 * alike >= len(known) else now_ms

    def _is_silent(self, clean: Array, noise_uv: float, least_uv: float) -> bool:
        """Return whether nothing shows from the pulse on for as long as a blanked input shows nothing; an input at its
        rail, of ``least_uv`` or more, is as flat.
        """
        first = round(_BLANKED_MS * self._per_ms)
        level = median(clean[1:first]) if first > 2 else np.inf
        if abs(level) >= least_uv:
            return False
        return bool(np.abs(clean[1:first] - level).max() < _BLANKED_NOISES * noise_uv)

    def _released_ms(self, clean: Array, noise_uv: float, bend_uv: float) -> float:
        """Return when a blanked input is released: at a sharp edge after silence; 0 where it is not blanked."""
        limit = round(_LATEST_RELEASE_MS * self._per_ms)
        first = round(_BLANKED_MS * self._per_ms)
        away = np.abs(clean[:limit] - median(clean[1:first])) if first > 2 else clean[:0]
        begun = np.flatnonzero(away > _BLANKED_NOISES * noise_uv)
        if not len(begun) or begun[0] < first:
            return 0.0
        settled = begun[0] + round(_SETTLES_MS * self._per_ms)
        if float(away[begun[0] : settled].max(initial=0.0)) < _LEAST_RELEASE_NOISES * noise_uv:
            return 0.0
        low = max(int(begun[0]) - 3, 0)
        part = clean[low:settled]
        bend = np.abs(np.diff(part, 2))
        sharp = np.flatnonzero(bend > max(_EDGE_NOISES * bend_uv, 0.3 * float(bend.max(initial=0.0))))
        if not len(sharp):
            return 0.0
        release_ms = (low + int(sharp[-1]) + 2) / self._per_ms + _AFTER_EDGE_MS
        is_step = float(np.abs(np.diff(part)).max()) > _STEP * float(np.ptp(part))
        return release_ms if is_step else 0.0
