"""What muscle, heart, mains and cable bring to the input: responses, noise, bursts, beats, jolts. All in uV."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Wave = NDArray[np.float64]

_ONSET_SHARE = 0.02
"""The onset is where a response first leaves the baseline by this share of its size, peak to peak."""


@dataclass(frozen=True, slots=True, eq=False)
class Muscle:
    """A muscle's response: ``shape`` (n,) of peak-to-peak 1 from the pulse on, its onset, and its recruitment curve:
    ``largest_uv``, and how steeply the size grows with the current.
    """

    shape: Wave
    onset_ms: float
    largest_uv: float
    steepness: float

    def size_uv(self, current_ma: float, threshold_ma: float) -> float:
        """Return the peak-to-peak size at this current: 100 uV at the threshold, exactly 0 well below it."""
        ratio = current_ma / threshold_ma
        odds = 100.0 / (self.largest_uv - 100.0) * ratio**self.steepness
        size_uv = self.largest_uv * odds / (1 + odds)
        return float(size_uv) if size_uv >= 3.0 else 0.0


def muscle(rng: np.random.Generator, sample_rate_hz: float) -> Muscle:
    """Draw a muscle with an onset between 2.8 and 9 ms whose response is a volley of motor units' potentials."""
    t = np.arange(round(0.06 * sample_rate_hz)) / sample_rate_hz * 1e3
    onset_ms, spread_ms, phase_ms = rng.uniform(2.8, 9.0), rng.uniform(0.5, 2.0), rng.uniform(0.9, 2.2)
    wave = np.zeros_like(t)
    skew = rng.uniform(0.5, 0.9)
    for later in np.abs(rng.normal(0.0, spread_ms, 25)):
        u = np.clip((t - onset_ms - later) / phase_ms, 0.0, 12.0)
        wave += rng.uniform(0.4, 1.0) * (u**2 * np.exp(-2 * u) - skew * (u / 1.6) ** 3 * np.exp(-2 * u / 1.6) / 1.6)
    wave /= np.ptp(wave)
    began = t[int(np.argmax(np.abs(wave) > _ONSET_SHARE))]
    return Muscle(wave * rng.choice([-1, 1]), float(began), rng.uniform(600.0, 6000.0), rng.uniform(6.0, 14.0))


def later(wave: Wave, samples: float) -> Wave:
    """Return ``wave`` (n,) delayed by a fraction of samples."""
    at = np.arange(len(wave))
    return np.asarray(np.interp(at - samples, at, wave))


def resting(rng: np.random.Generator, count: int, sample_rate_hz: float) -> Wave:
    """Draw noise (count,) of 3 to 8 uV RMS between 20 Hz and 2 kHz, at times with a unit or two that fire."""
    band = butter(2, [20.0, min(2000.0, 0.4 * sample_rate_hz)], "bandpass", fs=sample_rate_hz, output="sos")
    white = sosfilt(band, rng.standard_normal(count))
    signal = np.asarray(rng.uniform(3.0, 8.0) * white / white.std())
    for _ in range(rng.choice([0, 0, 1, 2])):
        signal += firing(rng, count, sample_rate_hz, rng.uniform(5.0, 12.0), rng.uniform(15.0, 40.0))
    return signal


def firing(rng: np.random.Generator, count: int, sample_rate_hz: float, hz: float, size_uv: float) -> Wave:
    """Draw one motor unit (count,) of ``size_uv`` peak to peak that fires at ``hz``, its intervals varying by 15 %."""
    t = np.arange(-60, 60) / sample_rate_hz * 1e3 / rng.uniform(0.6, 1.5)
    shape = (t - rng.uniform(-0.6, 0.6)) * np.exp(-0.5 * t * t)
    beats = np.cumsum(np.maximum(rng.normal(1.0, 0.15, int(2 * count / sample_rate_hz * hz) + 5), 0.3)) / hz
    return _placed(count, (beats * sample_rate_hz).astype(int), size_uv * shape / np.ptp(shape))


def bursts(rng: np.random.Generator, count: int, sample_rate_hz: float, per_s: float) -> Wave:
    """Draw voluntary contractions (count,) of 0.2 to 1.5 s, each a dozen units of 80 to 500 uV."""
    signal = np.zeros(count)
    for begin in rng.uniform(0, count, rng.poisson(per_s * count / sample_rate_hz)).astype(int):
        stop = min(count, begin + int(rng.uniform(0.2, 1.5) * sample_rate_hz))
        for _ in range(rng.integers(4, 12)):
            signal[begin:stop] += firing(
                rng, stop - begin, sample_rate_hz, rng.uniform(10, 30), rng.uniform(80.0, 500.0)
            )
    return signal


def mains(rng: np.random.Generator, count: int, sample_rate_hz: float) -> Wave:
    """Draw mains (count,) of 50 or 60 Hz and up to 20 uV, with two odd harmonics."""
    turn = 2 * np.pi * (rng.choice([50.0, 60.0]) + rng.normal(0, 0.02)) * np.arange(count) / sample_rate_hz
    parts = [share * np.sin(k * turn + rng.uniform(0, 6.28)) for k, share in ((1, 1.0), (3, 0.2), (5, 0.1))]
    return np.asarray(rng.uniform(0.0, 20.0) * np.sum(parts, axis=0))


def heartbeats(rng: np.random.Generator, count: int, sample_rate_hz: float) -> Wave:
    """Draw an ECG (count,) of 30 to 200 uV at 60 to 90 a minute."""
    t = np.arange(-round(0.06 * sample_rate_hz), round(0.35 * sample_rate_hz)) / sample_rate_hz * 1e3
    beat = np.exp(-((t / 9.0) ** 2)) - 0.2 * np.exp(-(((t - 20) / 8.0) ** 2)) + 0.2 * np.exp(-(((t - 220) / 45.0) ** 2))
    at = np.cumsum(rng.normal(60 / rng.uniform(60, 90), 0.03, int(2 * count / sample_rate_hz) + 5)) * sample_rate_hz
    return _placed(count, at.astype(int), rng.uniform(30.0, 200.0) * beat)


def jolts(rng: np.random.Generator, count: int, sample_rate_hz: float, per_s: float) -> Wave:
    """Draw jolts of the cable (count,): sudden steps that decay over 5 to 80 ms."""
    signal = np.zeros(count)
    t = np.arange(round(0.4 * sample_rate_hz)) / sample_rate_hz * 1e3
    for at in rng.uniform(0, count, rng.poisson(per_s * count / sample_rate_hz)).astype(int):
        rise = 1 - np.exp(-t / rng.uniform(0.2, 3.0))
        jolt = rng.choice([-1, 1]) * rng.uniform(50, 800) * rise * np.exp(-t / rng.uniform(5.0, 80.0))
        signal[at : at + len(t)] += jolt[: count - at]
    return signal


def _placed(count: int, at: NDArray[np.int64], wave: Wave) -> Wave:
    signal = np.zeros(count + len(wave))
    for first in at[(at >= 0) & (at < count)].tolist():
        signal[first : first + len(wave)] += wave
    return signal[:count]
