"""Stimulus artefacts kept off the loudspeaker.

A pulse that is known is cut out. As its report may come up to 100 ms after its samples, each sharp edge is cut out too
while a pulse that was asked for has not been reported; sharp motor units are cut then as well, and only then.

The second difference and the hold over gaps stand in signal/arrays.py too. The sound keeps its own: it takes its inputs
from the engine as data and imports none of the engine's stages, and what it holds it must lead back value by value.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from guidance.audio.filters import Array

AHEAD_MS = 12.0
"""The monitor runs this far behind the signal, so that an edge is seen before it is due."""

BEFORE_MS, AFTER_MS, FADE_MS = 1.0, 5.0, 2.0
_REACH_MS = 0.1
_SHARP = 12.0
"""Second difference, in units of its usual absolute value, from which an edge may be an artefact."""

_USUAL_S = 0.5
_LEAST_UV = 1.0
_OVER_UV = 0.1
_SETTLE_MS = 60.0
_LEVELS_HZ, _LEVELS_MS = 300.0, 40.0
"""What a large artefact leaves behind is slow: after one, what lies below this is taken away, less and less of it."""

_LARGE = 4.0
"""What a cut leaves, in units of the usual second difference, from which all that is taken away."""


class ArtefactBlanker:
    """Cuts artefacts out of one channel, frame by frame: held values for the filter, and gains for the ear."""

    def __init__(self, sample_rate_hz: float, frame: int) -> None:
        """For a signal at ``sample_rate_hz`` in frames of ``frame`` samples."""
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
        """Cut out the artefact of the pulse at ``sample``."""
        self.hold(sample - self._before, sample + self._after)

    def hold(self, first: int, stop: int) -> None:
        """Cut out the samples ``first`` to ``stop``."""
        self._cuts.append((first, stop))

    def find_edges(self, first: int, frame: Array, *, awaiting: bool) -> None:
        """Look for edges in the newest ``frame``, from sample ``first``; they are cut while a pulse is awaited."""
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
        """``frame`` from sample ``first`` with the value before each cut held, and the gain for each sample."""
        while self._cuts and self._cuts[0][1] + self._fade < first:
            self._cuts.popleft()
        at = np.arange(first, first + len(frame))
        gone, gain = np.zeros(len(frame), bool), np.ones(len(frame))
        for begin, end in self._cuts:
            gone |= (at >= begin) & (at < end)
            gain = np.minimum(gain, np.clip(np.maximum(begin - at, at - end + 1) / max(self._fade, 1), 0.0, 1.0))
        return self._joined(frame, gone), gain

    def _joined(self, frame: Array, gone: NDArray[np.bool_]) -> Array:
        """Where a cut ends the signal goes on from the value held, and finds back to its own."""
        if not (gone.any() or self._was_cut or abs(self._offset) > _OVER_UV):
            self._held = self._newest = float(frame[-1])
            return frame
        out = np.empty_like(frame)
        for i, value in enumerate(frame.tolist()):
            if gone[i] or (self._was_cut and self._is_at_its_limit(value)):
                out[i], self._was_cut = self._held, True
            else:
                out[i], self._was_cut = self._led_back(value), False
            self._newest = value
        return out

    def _is_at_its_limit(self, value: float) -> bool:
        """Whether the amplifier still stands where an artefact has driven it: large, and without noise."""
        return value == self._newest and abs(value - self._held) > _LARGE * self._usual_uv

    def _led_back(self, value: float) -> float:
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
