"""Made surface EMG whose bursts begin and end at known times, by seed; even seeds to tune on, odd seeds to report.

Activity is coloured noise, or a sum of motor units recruited in order of size, times a rise and a fall whose length and
shape are drawn. Rest is white and coloured noise with mains. Amplitudes are in uV.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from guidance.signal.sweep.basis import Array

RATES_HZ = (1000.0, 2000.0, 2048.0)
BURSTS = 8
REST_S = (0.4, 4.0)
BURST_S = (0.4, 3.0)
RISE_S = (0.005, 0.3)
REST_UV = (1.0, 8.0)
MAINS_OF_REST = (0.0, 3.0)
LEAD_S = 0.5


@dataclass(frozen=True, slots=True)
class BurstSignal:
    """``samples`` (n,) in uV at ``sample_rate_hz``, with the times of each burst's first and last activity."""

    samples: Array
    sample_rate_hz: float
    onsets_s: Array
    offsets_s: Array


def made_bursts(seed: int, ratio: float) -> BurstSignal:
    """Make a signal in which activity at its height has ``ratio`` times the RMS of rest."""
    rng = np.random.default_rng([seed, 4711])
    rate = float(rng.choice(RATES_HZ))
    rests = rng.uniform(*REST_S, BURSTS + 1)
    rests[0] = LEAD_S + 0.5 * rests[0]
    lengths = rng.uniform(*BURST_S, BURSTS)
    ends = np.cumsum(np.column_stack([rests[:-1], lengths]).ravel())
    onsets, offsets = ends[0::2], ends[1::2]
    time = np.arange(round((ends[-1] + rests[-1]) * rate)) / rate
    rest_uv = np.exp(rng.uniform(*np.log(REST_UV)))
    noise = _unit(rng.normal(size=len(time)) + _coloured(rng, len(time), rate, (5.0, 200.0)))
    mains = rng.uniform(*MAINS_OF_REST) * np.sin(2 * np.pi * rng.choice([50.0, 60.0]) * time + rng.uniform(0, 6))
    height = np.zeros(len(time))
    for onset, offset in zip(onsets, offsets, strict=True):
        height = np.maximum(height, _height(rng, time, onset, offset))
    carrier = (
        _units(rng, height, rate) if seed // 2 % 2 else height * _unit(_coloured(rng, len(time), rate, _band(rng)))
    )
    full = height > 0.9
    carrier *= ratio / max(float(np.sqrt(np.mean(carrier[full] ** 2))), 1e-9)
    return BurstSignal(rest_uv * (noise + mains + carrier), rate, onsets, offsets)


def _height(rng: np.random.Generator, time: Array, onset: float, offset: float) -> Array:
    """Return the share of full activity (n,): a rise from ``onset``, a fall up to ``offset``."""
    longest = min(RISE_S[1], (offset - onset) / 3)
    rise, fall = np.exp(rng.uniform(np.log(RISE_S[0]), np.log(longest), 2))
    up, down = np.clip((time - onset) / rise, 0, 1), np.clip((offset - time) / fall, 0, 1)
    shape = rng.integers(3)
    if shape == 1:
        up, down = np.sin(up * np.pi / 2), np.sin(down * np.pi / 2)
    elif shape == 2:
        up, down = 0.5 - 0.5 * np.cos(up * np.pi), 0.5 - 0.5 * np.cos(down * np.pi)
    return np.asarray(np.minimum(up, down))


def _band(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.uniform(20, 60)), float(rng.uniform(150, 400))


def _coloured(rng: np.random.Generator, count: int, rate: float, band: tuple[float, float]) -> Array:
    sos = signal.butter(1, band, "bandpass", fs=rate, output="sos")
    return _unit(signal.sosfilt(sos, rng.normal(size=count)))


def _unit(samples: Array) -> Array:
    return np.asarray(samples / np.sqrt(np.mean(samples**2)))


def _units(rng: np.random.Generator, height: Array, rate: float) -> Array:
    """Return motor units (n,) that are recruited in order of size as ``height`` grows, with irregular firing."""
    out = np.zeros(len(height))
    for threshold in np.sort(rng.uniform(0, 0.8, 40)):
        width = rng.uniform(0.001, 0.003)
        lag = np.arange(-4 * width, 4 * width, 1 / rate)
        shape = -lag / width * np.exp(-((lag / width) ** 2)) * (1 + 3 * threshold)
        at = rng.uniform(0, 0.1)
        fired = np.zeros(len(height))
        while at < len(height) / rate:
            place = int(at * rate)
            if height[place] > threshold:
                fired[place] = 1.0
                at += max(0.03, rng.normal(1 / (8 + 15 * (height[place] - threshold)), 0.012))
            else:
                at += 0.004 * rng.uniform(0.5, 1.5)
        out += np.convolve(fired, shape, "same")
    return out
