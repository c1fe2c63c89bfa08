"""The needle's EMG as it leaves the mixer: its band, and how late it is. No sound device, no clock."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from guidance.audio.emg import LEVEL, EmgMonitor
from guidance.audio.emg_band import emg_band
from guidance.audio.mixer import Mixer
from guidance.audio.output import BLOCK
from guidance.audio.waveforms import SAMPLE_RATE_HZ

FULL_SCALE_UV, TONE_UV = 200.0, 100.0
HANDED_S = 0.002
_SETTLES_S, _LASTS_S = 0.5, 1.2
Array = NDArray[np.float64]


def mixed(rate_hz: float, uv: Array) -> Array:
    """What leaves the mixer while ``uv`` is handed over every 2 ms, as time passes; sample i is due at i / RATE_HZ."""
    monitor, step = EmgMonitor(rate_hz, emg_band(rate_hz), FULL_SCALE_UV), round(HANDED_S * rate_hz)
    mixer = Mixer(monitor.fill)
    mixer.monitor_volume = 1.0
    out = np.zeros(round(len(uv) / rate_hz * SAMPLE_RATE_HZ) // BLOCK * BLOCK, np.float32)
    fed = 0
    for first in range(0, len(out), BLOCK):
        while fed + step <= first / SAMPLE_RATE_HZ * rate_hz:
            monitor.feed(fed, uv[fed : fed + step], awaiting=False)
            fed += step
        mixer.render(out[first : first + BLOCK])
    return out.astype(float)


def gain_db(rate_hz: float, pitch_hz: float) -> float:
    """The gain at ``pitch_hz``, 0 where a tone is as loud as its size requires."""
    t = np.arange(round(_LASTS_S * rate_hz)) / rate_hz
    out = mixed(rate_hz, TONE_UV * np.sin(2 * np.pi * pitch_hz * t))[round(_SETTLES_S * SAMPLE_RATE_HZ) :]
    window = np.hanning(len(out))
    power, hz = np.abs(np.fft.rfft(out * window)) ** 2, np.fft.rfftfreq(len(out), 1 / SAMPLE_RATE_HZ)
    near = np.abs(hz - pitch_hz) < 5.0 + 0.01 * pitch_hz
    mean_square = 2 * power[near].sum() / len(out) / (window**2).sum()
    return float(10 * np.log10(2 * mean_square / (LEVEL * TONE_UV / FULL_SCALE_UV) ** 2 + 1e-9))


def band_hz(rate_hz: float) -> tuple[float, float]:
    """Where the gain is 3 dB down, below and above."""
    highest_hz = min(9000.0, 0.5 * rate_hz)
    ends_hz = ((5.0, 100.0), (highest_hz, 0.5 * highest_hz))
    below_hz, above_hz = (_crossing(lambda hz: gain_db(rate_hz, hz), *end_hz) for end_hz in ends_hz)
    return below_hz, above_hz


def delay_ms(rate_hz: float) -> float:
    """From a sample's being handed over, at once as the last of its 2 ms, to the same sample's leaving the mixer."""
    uv = np.random.default_rng(4).normal(0.0, 20.0, round(2.0 * rate_hz))
    out = mixed(rate_hz, uv)
    at = np.arange(len(out)) / SAMPLE_RATE_HZ
    given = np.interp(at, np.arange(len(uv)) / rate_hz, uv)
    half = len(out) // 2
    part = given[half : half + SAMPLE_RATE_HZ // 4]
    match = np.correlate(out[half : half + SAMPLE_RATE_HZ // 2], part, "valid")
    return float(np.abs(match).argmax()) / SAMPLE_RATE_HZ * 1e3


def _crossing(gain: Callable[[float], float], outside_hz: float, inside_hz: float) -> float:
    """Where ``gain`` passes -3 dB between two pitches, to 1 %."""
    while abs(outside_hz / inside_hz - 1) > 0.01:
        middle_hz = float(np.sqrt(outside_hz * inside_hz))
        outside_hz, inside_hz = (middle_hz, inside_hz) if gain(middle_hz) < -3.0 else (outside_hz, middle_hz)
    return float(np.sqrt(outside_hz * inside_hz))
