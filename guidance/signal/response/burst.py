"""Voluntary activity that begins inside the window: it goes on after the window, and a response does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.signal.sweep.baseline import PreStimulus
from guidance.signal.sweep.basis import Array
from guidance.signal.sweep.ring_buffer import RingBuffer

_FROM_MS, _TO_MS = 2.0, 20.0
"""The stretch that is examined, after the end of the window."""

_LAG_MS = 1.0
_BEFORE_MS, _JUST_BEFORE_MS, _GUARD_MS = 100.0, 24.0, 1.0
_LOUDER = 2.5
_LARGE = 6.0
"""What is so many times larger than the activity after the window is no part of it."""


def samples_after(window_ms: tuple[float, float], sample_rate_hz: float) -> int:
    """Return how many samples after the pulse must have arrived for ``activity_after``."""
    return round((window_ms[1] + _TO_MS) * sample_rate_hz / 1e3) + 1


@dataclass(frozen=True, slots=True)
class ActivityAfter:
    """The activity after the window: RMS of the second difference over 1 ms in uV, and how many times that before."""

    level_uv: float
    ratio: float

    def hides(self, amplitude_uv: float) -> bool:
        """Return whether a contraction goes on that may have caused a wave of ``amplitude_uv``."""
        return self.ratio > _LOUDER and amplitude_uv < _LARGE * self.level_uv


def activity_after(
    history: RingBuffer,
    channel: int,
    pulse: int,
    window_ms: tuple[float, float],
    baseline: PreStimulus,
    sample_rate_hz: float,
) -> ActivityAfter | None:
    """Return what follows the window of the pulse at sample ``pulse``; None while it has not arrived, or with gaps."""
    per_ms = sample_rate_hz / 1e3

    def level(first_ms: float, stop_ms: float) -> float:
        first, stop = pulse + round(first_ms * per_ms), pulse + round(stop_ms * per_ms)
        signal = history.window(max(first, 0), stop)[:, channel].astype(float)
        return _level(baseline.clean(signal, max(first, 0)), max(round(_LAG_MS * per_ms), 1))

    if history.end < pulse + samples_after(window_ms, sample_rate_hz):
        return None
    after = level(window_ms[1] + _FROM_MS, window_ms[1] + _TO_MS)
    before = max(np.nan_to_num([level(-_BEFORE_MS, -_GUARD_MS), level(-_JUST_BEFORE_MS, -_GUARD_MS)]))
    return None if np.isnan(after) else ActivityAfter(after, after / max(float(before), 1e-3))


def _level(signal: Array, lag: int) -> float:
    if len(signal) <= 2 * lag:
        return float("nan")
    return float(np.sqrt(np.mean((signal[2 * lag :] - 2 * signal[lag:-lag] + signal[: -2 * lag]) ** 2)))
