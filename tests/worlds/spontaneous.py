"""Simulated spontaneous activity, written from reference numbers and apart from the classifier that is tried on it.

Amplitudes, durations and rates: fibrillation 20-200 uV, 1-5 ms, 0.5-15 a second, regular; positive sharp wave 10-30 ms,
regular; fasciculation like a motor unit, 5-15 ms, irregular, below 10 a second; end-plate noise 10-50 uV, 1-2 ms,
spikes 100-200 uV, 3-4 ms, irregular up to 50 a second; complex repetitive 5-100 a second, locked, abrupt; myotonic
20-150 a second, waxing and waning; a voluntary unit 5-15 a second. It is a simulation throughout.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from guidance.signal.sweep.basis import Array

RATE_HZ = 20_000.0
SECONDS = 2.0
NOISES_UV = (2.0, 5.0, 10.0)
CLASSES = (
    "silent", "fibrillation", "positive sharp wave", "fasciculation", "complex repetitive", "myotonic", "end-plate",
    "motor unit",
)  # fmt: skip

_N = round(RATE_HZ * SECONDS)


def piece(label: str, noise_uv: float, rng: np.random.Generator) -> Array:
    """Two seconds of ``label`` in noise of ``noise_uv`` RMS between 20 Hz and 5 kHz, with a little mains and drift."""
    clean = np.zeros(_N + round(RATE_HZ))
    _MAKERS[label](clean, rng)
    band = butter(2, (20.0, 5000.0), "bandpass", fs=RATE_HZ, output="sos")
    noise = sosfilt(band, rng.standard_normal(_N + 2000))[2000:]
    t = np.arange(_N) / RATE_HZ
    mains = rng.uniform(0, 5) * np.sin(2 * np.pi * (50 * t + rng.random()))
    return np.asarray(clean[:_N] + noise * (noise_uv / noise.std()) + mains)


def _lay(clean: Array, at_s: float, wave: Array) -> None:
    first = round(at_s * RATE_HZ)
    if 0 <= first < _N:
        clean[first : first + len(wave)] += wave[: len(clean) - first]


def _times(rate_hz: float, cv: float, rng: np.random.Generator) -> list[float]:
    at, times = float(rng.uniform(0, 1 / rate_hz)), []
    while at < SECONDS:
        times.append(at)
        at += max(1 + cv * float(rng.standard_normal()), 0.2) / rate_hz
    return times


def _bumps(duration_ms: float, parts: list[tuple[float, float, float]]) -> Array:
    """A sum of Gaussian bumps: (height, centre, width) as shares of the duration."""
    t = np.arange(round(duration_ms * RATE_HZ / 1e3)) / (duration_ms * RATE_HZ / 1e3)
    wave = sum(h * np.exp(-0.5 * ((t - c) / w) ** 2) for h, c, w in parts)
    return np.asarray(wave * np.minimum(1, 12 * np.minimum(t, 1 - t)))


def _sized(wave: Array, uv: float) -> Array:
    return np.asarray(wave * (uv / np.ptp(wave)))


def _nothing(clean: Array, rng: np.random.Generator) -> None:
    """Noise alone."""


def _fibrillation(clean: Array, rng: np.random.Generator) -> None:
    wave = _bumps(rng.uniform(1.5, 5.0), [(0.6, 0.25, 0.08), (-1.0, 0.48, 0.09), (0.25, 0.75, 0.1)])
    wave = _sized(wave, float(np.exp(rng.uniform(np.log(30), np.log(200)))))
    slowing = rng.uniform(0.0, 0.1)
    for k, at in enumerate(_times(float(np.exp(rng.uniform(np.log(1.5), np.log(15)))), rng.uniform(0.005, 0.04), rng)):
        _lay(clean, at * (1 + 0.5 * slowing * at / SECONDS), wave * (1 - 0.002 * k))


def _sharp(clean: Array, rng: np.random.Generator) -> None:
    length_ms = rng.uniform(10, 30)
    t = np.arange(round(length_ms * RATE_HZ / 1e3)) / RATE_HZ * 1e3
    spike = np.exp(-0.5 * ((t - 1.2) / 0.4) ** 2)
    tail = -0.3 * (t > 2.0) * (1 - np.exp(-(t - 2.0).clip(0) / 0.8)) * (1 - t / length_ms)
    wave = _sized(spike + tail, float(np.exp(rng.uniform(np.log(50), np.log(500)))))
    for at in _times(float(np.exp(rng.uniform(np.log(1.5), np.log(15)))), rng.uniform(0.005, 0.04), rng):
        _lay(clean, at, wave)


def _unit_wave(rng: np.random.Generator) -> Array:
    parts = [(0.4, 0.3, 0.05), (-1.0, 0.42, 0.05), (0.35, 0.58, 0.08)]
    parts += [(float(rng.uniform(-0.3, 0.3)), float(rng.uniform(0.2, 0.8)), 0.06) for _ in range(2)]
    return _sized(_bumps(rng.uniform(5, 15), parts), float(np.exp(rng.uniform(np.log(300), np.log(3000)))))


def _fasciculation(clean: Array, rng: np.random.Generator) -> None:
    count = max(1, int(rng.poisson(SECONDS * float(np.exp(rng.uniform(np.log(0.5), np.log(4)))))))
    waves = [_unit_wave(rng) for _ in range(int(rng.integers(1, 3)))]
    for at in rng.uniform(0.05, SECONDS - 0.05, count):
        _lay(clean, float(at), waves[int(rng.integers(len(waves)))])


def _voluntary(clean: Array, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 3))):
        wave = _unit_wave(rng)
        for at in _times(rng.uniform(6, 15), rng.uniform(0.1, 0.2), rng):
            _lay(clean, at, wave * rng.uniform(0.97, 1.03))


def _complex(clean: Array, rng: np.random.Generator) -> None:
    rate = float(np.exp(rng.uniform(np.log(5), np.log(60))))
    length_ms = min(rng.uniform(8, 25), 800 / rate)
    count = int(rng.integers(4, 8))
    wave = np.zeros(round(length_ms * RATE_HZ / 1e3) + round(0.004 * RATE_HZ))
    for at in np.sort(rng.uniform(0, 1, count)):
        spike = _sized(_bumps(3.0, [(0.5, 0.3, 0.1), (-1.0, 0.5, 0.1), (0.3, 0.75, 0.1)]), rng.uniform(100, 500))
        first = int(at * (len(wave) - len(spike)))
        wave[first : first + len(spike)] += spike
    start, stop = (0.0, SECONDS) if rng.random() < 0.6 else (rng.uniform(0, 0.5), rng.uniform(1.4, 2.0))
    for at in _times(rate, 0.005, rng):
        if start <= at < stop:
            _lay(clean, at, wave)


def _myotonic(clean: Array, rng: np.random.Generator) -> None:
    low, high = np.sort(rng.uniform(20, 150, 2))
    high = max(high, 1.5 * low)
    phase, turns = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 1.2)
    wave = _bumps(rng.uniform(2, 5), [(0.6, 0.25, 0.08), (-1.0, 0.48, 0.09), (0.25, 0.75, 0.1)])
    wave, at = _sized(wave, rng.uniform(100, 800)), 0.0
    while at < SECONDS:
        swing = 0.5 + 0.5 * np.sin(phase + 2 * np.pi * turns * at / SECONDS)
        _lay(clean, at, wave * (0.3 + 0.7 * swing))
        at += 1 / (low + (high - low) * swing) * (1 + 0.01 * rng.standard_normal())


def _plates(clean: Array, rng: np.random.Generator) -> None:
    kinds = rng.integers(3)
    if kinds != 1:
        uv, ms = rng.uniform(10, 50), rng.uniform(1, 2)
        for at in rng.uniform(0, SECONDS, rng.poisson(SECONDS * rng.uniform(20, 60))):
            _lay(clean, float(at), _sized(_bumps(ms, [(-1.0, 0.35, 0.14)]), uv * rng.uniform(0.5, 1.3)))
    if kinds != 0:
        wave = _sized(_bumps(rng.uniform(3, 4), [(-1.0, 0.25, 0.09), (0.4, 0.55, 0.14)]), rng.uniform(100, 200))
        for at in rng.uniform(0, SECONDS, rng.poisson(SECONDS * rng.uniform(8, 50))):
            _lay(clean, float(at), wave)


_MAKERS = {
    "silent": _nothing,
    "fibrillation": _fibrillation,
    "positive sharp wave": _sharp,
    "fasciculation": _fasciculation,
    "complex repetitive": _complex,
    "myotonic": _myotonic,
    "end-plate": _plates,
    "motor unit": _voluntary,
}
