"""Blanking of stimulus artefacts in the EMG monitor.

The artefact of a known pulse is blanked. The report of a pulse may arrive up to 100 ms after its samples, so every
sharp edge is blanked too while a requested pulse is not reported; only then sharp motor unit potentials are lost.

signal/sweep/arrays.py has the second difference and the hold over gaps too. The sound keeps its own: it receives its
input as data and imports no stage of the engine, and it returns from a held value to the signal sample by sample.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from guidance.audio.filters import Array

AHEAD_MS = 12.0
"""Delay of the monitor behind the signal, so that an edge is detected before it is played."""

BEFORE_MS, AFTER_MS, FADE_MS = 1.0, 5.0, 2.0
"""Blanked time before and after a pulse, and the fade at both ends."""

_REACH_MS = 0.1
"""Step of the second difference."""

_SHARP = 12.0
"""Second difference from which an edge may be an artefact, in units of its usual absolute value."""

_USUAL_S = 0.5
"""Time constant of the usual second difference."""

_LEAST_UV = 1.0
"""Least usual second difference, so that a flat signal has no edges."""

_OVER_UV = 0.1
"""A smaller offset after a cut counts as none."""

_SETTLE_MS = 60.0
"""Time constant with which the offset after a cut decays."""

_LEVELS_HZ, _LEVELS_MS = 300.0, 40.0
"""A large artefact leaves a slow drift. After it, the signal below this corner is removed; the corner then decays."""

_LARGE = 4.0
"""Offset after a cut from which that corner is fully applied, in units of the usual second difference."""


class ArtefactBlanker:
    """A blanker for the artefacts of one channel, frame by frame: held values for the filter, gains for the output."""

    def __init__(self, sample_rate_hz: float, frame: int) -> None:
        """Blank a signal of ``sample_rate_hz`` in frames of ``frame`` samples."""
        per_ms = sample_rate_hz / 1e3
        self._before, self._after, self._fade = (round(ms * per_ms) for ms in (BEFORE_MS, AFTER_MS, FADE_MS))
        self._lag = max(1, round(_REACH_MS * per_ms))
        self._cuts: deque[tuple[int, int]] = deque(maxlen=64)
        self._usual = np.nan
        self._learning_rate = frame / (_USUAL_S * sample_rate_hz)
        self._tail: Array = np.zeros(0)
        self._held = self._offset = self._base = self._newest = 0.0
        self._levels, self._most_levels = 0.0, 2 * np.pi * _LEVELS_HZ / sample_rate_hz
        self._decay, self._levels_decay = (float(np.exp(-1.0 / (ms * per_ms))) for ms in (_SETTLE_MS, _LEVELS_MS))
        self._was_cut = False

    def pulse(self, sample: int) -> None:
        """Blank the artefact of the pulse at ``sample``."""
        self.hold(sample - self._before, sample + self._after)

    def hold(self, first: int, stop: int) -> None:
        """Blank the samples from ``first`` to ``stop``."""
        self._cuts.append((first, stop))

    def find_edges(self, first: int, frame: Array, *, awaiting: bool) -> None:
        """Find edges in the newest ``frame``, from sample ``first``; blank them while a pulse is awaited."""
        x = np.concatenate([self._tail, frame])
        self._tail = x[-2 * self._lag :]
        bend = np.abs(x[2 * self._lag :] - 2 * x[self._lag : -self._lag] + x[: -2 * self._lag])
        if not len(bend):
            return
        usual = float(np.median(bend))
        if np.isnan(self._usual):
            self._usual = usual
        limit = _SHARP * self._usual_uv
        self._usual += self._learning_rate * (min(usual, 2 * self._usual + _LEAST_UV) - self._usual)
        if awaiting and bend.max() > limit:
            begins = first + len(frame) - len(bend) - self._lag
            for place in np.flatnonzero(bend > limit)[[0, -1]]:
                self.pulse(begins + int(place))

    def cut(self, first: int, frame: Array) -> tuple[Array, Array]:
        """Return ``frame``, from sample ``first``, with the value before each cut held, and the gain of each sample."""
        while self._cuts and self._cuts[0][1] + self._fade < first:
            self._cuts.popleft()
        at = np.arange(first, first + len(frame))
        gone, gain = np.zeros(len(frame), bool), np.ones(len(frame))
        for begin, end in self._cuts:
            gone |= (at >= begin) & (at < end)
            gain = np.minimum(gain, np.clip(np.maximum(begin - at, at - end + 1) / max(self._fade, 1), 0.0, 1.0))
        return self._hold_cuts(frame, gone), gain

    def _hold_cuts(self, frame: Array, gone: NDArray[np.bool_]) -> Array:
        """Hold the value before each cut; after it the signal continues from there and returns to its own level."""
        if not (gone.any() or self._was_cut or abs(self._offset) > _OVER_UV):
            self._held = self._newest = float(frame[-1])
            return frame
        out = np.empty_like(frame)
        for i, value in enumerate(frame.tolist()):
            if gone[i] or (self._was_cut and self._is_at_its_limit(value)):
                out[i], self._was_cut = self._held, True
            else:
                out[i], self._was_cut = self._leave_cut(value), False
            self._newest = value
        return out

    def _is_at_its_limit(self, value: float) -> bool:
        """Return whether the amplifier is still saturated by an artefact: far from the held value and constant."""
        return value == self._newest and abs(value - self._held) > _LARGE * self._usual_uv

    def _leave_cut(self, value: float) -> float:
        """Return ``value`` with an offset that decays from the held value, and without slow drift at first."""
        if self._was_cut:
            self._base, self._offset = self._held, self._held - value
            self._levels = self._most_levels * min(abs(self._offset) / (_LARGE * self._usual_uv), 1.0)
        else:
            self._offset = self._offset * self._decay - self._levels * (self._held - self._base)
            self._levels *= self._levels_decay
        self._held = value + self._offset
        return self._held

    @property
    def _usual_uv(self) -> float:
        return max(self._usual, _LEAST_UV)
