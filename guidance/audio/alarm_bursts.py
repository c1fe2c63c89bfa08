"""The auditory alarm signals, after IEC 60601-1-8 as far as it was available (2006 text, from a secondary source).

High priority has ten pulses, 3 + 2 and, after a pause, 3 + 2 again; medium has three, low has two. Every pulse has a
fundamental of 150 to 1000 Hz and harmonics in 300 to 4000 Hz within 15 dB of each other; it rises from 10 to 90 % of
its height in 10 to 20 % of its length. Lengths and gaps comply with the edges measured at 10 % or at 90 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.audio.waveforms import SAMPLE_RATE_HZ, Waveform, raised

HARMONICS = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
"""Amplitudes of the fundamental and its harmonics."""

RISE = 0.2
"""Rise from 0 to 100 % as a share of the pulse length; six tenths of it lie between 10 and 90 %."""

GENERAL_HZ, UPPER_HZ = 262.0, 330.0
"""C4 and E4 of the melodies for general alarms."""


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst of pulses. ``gaps_s`` has the gap after each pulse but the last; ``level`` is the peak of full scale.

    ``pause_s`` is the silence after the burst while the condition holds, ``passed_pause_s`` when it has passed but is
    not acknowledged.
    """

    pulse_s: float
    gaps_s: tuple[float, ...]
    pitches_hz: tuple[float, ...]
    level: float
    pause_s: float
    passed_pause_s: float

    @property
    def starts_s(self) -> tuple[float, ...]:
        """Start of each pulse in s."""
        steps = np.cumsum([0.0, *(self.pulse_s + gap_s for gap_s in self.gaps_s)])
        return tuple(float(step) for step in steps)

    @property
    def length_s(self) -> float:
        """Time in s from the start of the first pulse to the end of the last."""
        return self.starts_s[-1] + self.pulse_s


_X, _TD, _Y, _TM = 0.075, 0.12, 0.17, 0.2
_HALF = (_X, _X, 2 * _X + _TD, _X)
BURSTS = {
    "high": Burst(_TD, (*_HALF, 0.6, *_HALF), (GENERAL_HZ,) * 10, 0.75, 5.0, 12.0),
    "medium": Burst(_TM, (_Y, _Y), (GENERAL_HZ,) * 3, 0.65, 10.0, 25.0),
    "low": Burst(_TM, (_Y,), (UPPER_HZ, GENERAL_HZ), 0.5, 20.0, 20.0),
}


def render(burst: Burst) -> Waveform:
    """Render ``burst`` as samples, without the silence after it."""
    out = np.zeros(round(burst.length_s * SAMPLE_RATE_HZ), np.float32)
    for at_s, pitch_hz in zip(burst.starts_s, burst.pitches_hz, strict=True):
        pulse = _pulse(pitch_hz, burst.pulse_s, burst.level)
        first = min(round(at_s * SAMPLE_RATE_HZ), len(out) - len(pulse))
        out[first : first + len(pulse)] += pulse
    return out


def _pulse(pitch_hz: float, seconds: float, level: float) -> Waveform:
    """Return one pulse; phases after Schroeder keep its peak low for its power."""
    n = round(seconds * SAMPLE_RATE_HZ)
    t = np.arange(n) / SAMPLE_RATE_HZ
    count = len(HARMONICS)
    wave = np.zeros(n)
    for k, amplitude in enumerate(HARMONICS, 1):
        wave += amplitude * np.sin(2 * np.pi * k * pitch_hz * t - np.pi * k * (k - 1) / count)
    wave *= raised(n, round(RISE * n))
    return np.asarray(level * wave / np.max(np.abs(wave)), np.float32)
