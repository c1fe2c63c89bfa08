"""Voluntary activity about the window: what goes on there, and is louder than usual, is no response."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.ring_buffer import RingBuffer

_FROM_MS, _TO_MS = 2.0, 20.0
"""The stretch that is examined, after the end of the window; those before the pulse are as long."""

_LAG_MS = 1.0
"""The second difference over this time passes motor unit potentials and suppresses baseline, mains and heart."""

_JUST_BEFORE_MS, _MEMORY = 50.0, 60
"""A contraction in progress began at most so long before the pulse; so many earlier stretches show what is usual."""

_LOUDER = 2.5
"""So many times louder than usual a contraction has begun (a judgement on the tuning worlds)."""

_LARGE = 6.0
"""What is so many times larger than the activity is no part of it."""

_TAILS, _LEAST_TAILS, _OLDEST_MS = 8, 3, 6000.0
"""What recurs after so many of the last pulses, and at least after so many, follows the stimulus and is no
contraction: the tail of a large artefact, a late response. None is older than the buffer surely reaches back."""


def samples_after(window_ms: tuple[float, float], sample_rate_hz: float) -> int:
    """Return how many samples after the pulse must have arrived for ``ActivityMonitor.after``."""
    return round((window_ms[1] + _TO_MS) * sample_rate_hz / 1e3) + 1


@dataclass(frozen=True, slots=True)
class ActivityLevel:
    """The activity about the window: RMS of the second difference over 1 ms in uV, and how many times the usual one."""

    level_uv: float
    ratio: float

    def hides(self, amplitude_uv: float) -> bool:
        """Return whether a contraction is in progress that may have caused a wave of ``amplitude_uv``."""
        return self.ratio > _LOUDER and amplitude_uv < _LARGE * self.level_uv


class ActivityMonitor:
    """Compares the activity of one channel about a window with the usual one: steady activity is no burst."""

    def __init__(self, channel: int, window_ms: tuple[float, float], sample_rate_hz: float) -> None:
        """Watch ``channel`` after windows that end as ``window_ms``."""
        self._channel, self._window_ms, self._per_ms = channel, window_ms, sample_rate_hz / 1e3
        self._lag = max(round(_LAG_MS * self._per_ms), 1)
        self._usual: deque[float] = deque(maxlen=_MEMORY)
        self._just_before_uv = 0.0
        self._tails: deque[Array] = deque(maxlen=_TAILS)
        self._pulse: int | None = None

    def before(self, signal: Array, history: RingBuffer, pulse: int) -> None:
        """Take in the stimulus-free ``signal`` (n,) in uV that ends just before the pulse at sample ``pulse``, and
        what followed the pulse before it.
        """
        self._keep_tail(history, pulse)
        length = round((_TO_MS - _FROM_MS) * self._per_ms)
        recent = round(_JUST_BEFORE_MS * self._per_ms)
        count = len(signal) // length
        levels = self._levels(signal[len(signal) - count * length :].reshape(count, length))[::-1].tolist()
        newest = -(-recent // length)  # those that end within the recent part
        near, earlier = levels[:newest], levels[newest:]
        self._usual.extend(earlier or near)
        self._just_before_uv = max(near, default=0.0)

    def after(self, history: RingBuffer, pulse: int) -> ActivityLevel | None:
        """Return the activity about the window of the pulse at sample ``pulse``; None while the stretch after it has
        not arrived, with gaps in it, and before anything is known to be usual.
        """
        first, stop = (pulse + round((self._window_ms[1] + ms) * self._per_ms) for ms in (_FROM_MS, _TO_MS))
        if history.end < pulse + samples_after(self._window_ms, 1e3 * self._per_ms) or not self._usual:
            return None
        bend = self._bend(history.window(first, stop)[None, :, self._channel].astype(float))[0]
        level_uv = max(self._level_without_tail(bend), self._just_before_uv)
        return (
            None if np.isnan(level_uv) else ActivityLevel(level_uv, level_uv / max(float(np.median(self._usual)), 1e-3))
        )

    def _keep_tail(self, history: RingBuffer, pulse: int) -> None:
        """Keep what followed the pulse before the one at sample ``pulse``, if no gap or later pulse lies in it."""
        before, self._pulse = self._pulse, pulse
        if before is None or pulse - before > _OLDEST_MS * self._per_ms:
            return
        first, stop = (before + round((self._window_ms[1] + ms) * self._per_ms) for ms in (_FROM_MS, _TO_MS))
        if stop <= pulse:
            bend = self._bend(history.window(first, stop)[None, :, self._channel].astype(float))[0]
            size = float(np.linalg.norm(bend))
            if size > 0:  # not a number where samples are missing
                self._tails.append(bend / size)

    def _level_without_tail(self, bend: Array) -> float:
        """Return the level of ``bend`` (n,) without what followed the last pulses, too."""
        level_uv = float(np.sqrt(np.mean(bend**2))) if len(bend) else np.nan
        usual_uv = float(np.median(self._usual))
        if len(self._tails) < _LEAST_TAILS or not level_uv > _LOUDER * usual_uv:
            return level_uv
        common = np.linalg.svd(np.array(self._tails), full_matrices=False)[2][0]
        return float(np.sqrt(np.mean((bend - (common @ bend) * common) ** 2)))

    def _levels(self, signals: Array) -> Array:
        """Return the level (m,) of each of ``signals`` (m, n) in uV; not a number where they are too short."""
        bend = self._bend(signals)
        return np.asarray(np.sqrt(np.mean(bend**2, axis=1))) if bend.shape[1] else np.full(len(signals), np.nan)

    def _bend(self, signals: Array) -> Array:
        """Return the second difference (m, k) of ``signals`` (m, n); k is 0 where they are too short."""
        lag = self._lag
        if signals.shape[1] <= 2 * lag:
            return np.zeros((len(signals), 0))
        return signals[:, 2 * lag :] - 2 * signals[:, lag:-lag] + signals[:, : -2 * lag]
