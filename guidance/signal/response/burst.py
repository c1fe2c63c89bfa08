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

    def before(self, signal: Array) -> None:
        """Take in the stimulus-free ``signal`` (n,) in uV that ends just before the pulse."""
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
        after = history.window(first, stop)[:, self._channel].astype(float)
        level_uv = max(float(self._levels(after[None])[0]), self._just_before_uv)
        return (
            None if np.isnan(level_uv) else ActivityLevel(level_uv, level_uv / max(float(np.median(self._usual)), 1e-3))
        )

    def _levels(self, signals: Array) -> Array:
        """Return the level (m,) of each of ``signals`` (m, n) in uV; not a number where they are too short."""
        lag = self._lag
        if signals.shape[1] <= 2 * lag:
            return np.full(len(signals), np.nan)
        bend = signals[:, 2 * lag :] - 2 * signals[:, lag:-lag] + signals[:, : -2 * lag]
        return np.asarray(np.sqrt(np.mean(bend**2, axis=1)))
