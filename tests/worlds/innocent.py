"""Simulated needle records without abnormal activity: nothing firm may be found in any of them.

Even seeds to tune on, odd seeds to report. Each record lasts SECONDS at RATE_HZ and has noise of 5 uV RMS.
*voluntary*: one to six motor units at 5 to 20 a second, of every family of shapes. *mains*: with harmonics, on both
sides of what is refused as unfit. *tone*: 20 to 600 Hz, steady, or changing in size and pitch. *ecg*: beats of 30 to
500 uV, 50 to 110 a minute. *movement*: drift, steps of the electrode that decay, and rubbing. *stimulated*: an
artefact and a muscle response 0.5 to 20 times a second, without marks.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from guidance.signal.sweep.basis import Array
from tests.worlds.potential_shapes import FAMILIES, RATE_HZ

SECONDS = 6.0
NOISE_UV = 5.0
_N = round(SECONDS * RATE_HZ)
_T = np.arange(_N) / RATE_HZ


def innocent(kind: str, seed: int) -> Array:
    """Return a record (n,) in uV of one of KINDS."""
    rng = np.random.default_rng([seed, sorted(KINDS).index(kind), 1812])
    return np.asarray(KINDS[kind](rng) + _noise(rng, 20.0, 5000.0, NOISE_UV))


def _noise(rng: np.random.Generator, low_hz: float, high_hz: float, uv: float) -> Array:
    band = butter(1, (low_hz, high_hz), "bandpass", fs=RATE_HZ, output="sos")
    noise = sosfilt(band, rng.standard_normal(_N + 20_000))[20_000:]
    return np.asarray(noise * (uv / noise.std()))


def _log(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _laid(times_s: list[float], waves: list[Array]) -> Array:
    out = np.zeros(_N + round(RATE_HZ))
    for at, wave in zip(times_s, waves, strict=True):
        first = round(at * RATE_HZ)
        out[first : first + len(wave)] += wave[: len(out) - first]
    return np.asarray(out[:_N])


def _silent(_: np.random.Generator) -> Array:
    return np.zeros(_N)


def _voluntary(rng: np.random.Generator) -> Array:
    family = FAMILIES[str(rng.choice(sorted(FAMILIES)))]
    out = np.zeros(_N)
    for _ in range(int(rng.integers(1, 7))):
        wave, rate, cv = family.unit(rng) * _log(rng, 100, 3000), rng.uniform(5, 20), rng.uniform(0.1, 0.2)
        at, times = float(rng.uniform(0, 1 / rate)), []
        while at < SECONDS:
            times.append(at)
            at += max(1 + cv * float(rng.standard_normal()), 0.3) / rate
        out += _laid(times, [wave * rng.uniform(0.97, 1.03) for _ in times])
    return out


def _mains(rng: np.random.Generator) -> Array:
    hz = float(rng.choice([50.0, 60.0])) + rng.uniform(-0.1, 0.1)
    largest = _log(rng, 5, 150)
    sizes = [largest, *(largest * rng.uniform(0, 0.5, 9) / np.arange(2, 11))]
    waves = [uv * np.sin(2 * np.pi * hz * k * _T + rng.uniform(0, 6.3)) for k, uv in enumerate(sizes, 1)]
    return np.asarray(np.sum(waves, axis=0))


def _tone(rng: np.random.Generator) -> Array:
    hz, uv = _log(rng, 20, 600), _log(rng, 20, 300)
    size = 1 + rng.uniform(0, 0.8) * np.sin(2 * np.pi * rng.uniform(0.2, 1.5) * _T)
    pitch = rng.uniform(0, 0.05) * hz * np.sin(2 * np.pi * rng.uniform(0.2, 1.0) * _T)
    return np.asarray(uv * size * np.sin(2 * np.pi * np.cumsum(hz + pitch) / RATE_HZ))


def _ecg(rng: np.random.Generator) -> Array:
    beat_s, uv, side = 60 / rng.uniform(50, 110), _log(rng, 30, 500), rng.choice([-1.0, 1.0])
    t = np.arange(round(0.7 * RATE_HZ)) / RATE_HZ
    width = rng.uniform(0.7, 1.5)
    parts = ((0.1, 0.1, 0.02), (-0.15, 0.225, 0.008), (1.0, 0.25, 0.01), (-0.3, 0.275, 0.009), (0.25, 0.5, 0.04))
    wave = sum(h * np.exp(-0.5 * ((t - 0.25 - width * (c - 0.25)) / (width * w)) ** 2) for h, c, w in parts)
    times, at = [], float(rng.uniform(0, beat_s))
    while at < SECONDS:
        times.append(at)
        at += beat_s * (1 + 0.03 * float(rng.standard_normal()))
    return _laid(times, [side * uv * np.asarray(wave)] * len(times))


def _movement(rng: np.random.Generator) -> Array:
    out = _noise(rng, 0.2, 4.0, _log(rng, 50, 1000))
    times = np.sort(rng.uniform(0, SECONDS, int(rng.poisson(rng.uniform(0, 8)))))
    waves = []
    for _ in times:
        decay_s, rise_s = _log(rng, 0.01, 0.3), _log(rng, 0.0005, 0.005)
        t = np.arange(round(5 * decay_s * RATE_HZ)) / RATE_HZ
        wave = (1 - np.exp(-t / rise_s)) * np.exp(-t / decay_s)
        waves.append(rng.choice([-1.0, 1.0]) * _log(rng, 50, 3000) * wave)
    rubbing = _noise(rng, 5.0, 80.0, _log(rng, 5, 60)) * (np.sin(2 * np.pi * rng.uniform(0.2, 1.0) * _T) > 0.5)
    return np.asarray(out + rubbing + _laid(times.tolist(), waves))


def _stimulated(rng: np.random.Generator) -> Array:
    rate, late_s = _log(rng, 0.5, 20), rng.uniform(0.003, 0.012)
    t = np.arange(round(0.01 * RATE_HZ)) / RATE_HZ
    artefact = _log(rng, 100, 5000) * np.exp(-t / _log(rng, 0.0002, 0.003)) * rng.choice([-1.0, 1.0])
    response = FAMILIES[str(rng.choice(sorted(FAMILIES)))].unit(rng) * rng.choice([0.0, _log(rng, 100, 5000)])
    times = np.arange(rng.uniform(0, 1 / rate), SECONDS - 0.03, 1 / rate).tolist()
    muscle = [response * rng.uniform(0.9, 1.1) for _ in times]
    return _laid(times, [artefact] * len(times)) + _laid([at + late_s for at in times], muscle)


KINDS = {
    "voluntary": _voluntary,
    "silent": _silent,
    "mains": _mains,
    "tone": _tone,
    "ecg": _ecg,
    "movement": _movement,
    "stimulated": _stimulated,
}
"""Each kind with its maker."""
