"""Simulated spontaneous activity, written from reference numbers and apart from the classifier that is tried on it.

Fibrillation 20-200 uV, 1-5 ms, 0.5-15 a second, regular (statpearls 19794); positive sharp wave 10-30 ms, regular,
100-400 uV (online-elib.jp ID0611: 5-150 ms); fasciculation like a motor unit, irregular, below 10 a second; a motor
unit 2-15 ms, 300 uV-3 mV (mitchmedical.us, "Normal EMG activity"), 5-15 a second; end-plate noise negative, 10-50 uV,
1-2 ms, 20-40 a second, spikes negative first, 100-200 uV, 3-4 ms, irregular up to 50 a second (slideshare 277095918);
complex repetitive 100 uV-1 mV, 5-100 a second, uniform, abrupt (nervestudy.com, glossary); myotonic 20-80 a second,
up to 150, either potentials below 5 ms or positive waves of 5-20 ms, waxing and waning in rate and amplitude (AANEM's
definition). It is a simulation throughout.

Shapes come from families (``potential_shapes``); constants are tuned on two of them and figures reported on the other
two, whose laws of time differ as well: intervals are gamma distributed and drift, and myotonic runs decay.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from guidance.signal.sweep.basis import Array
from tests.worlds.potential_shapes import FAMILIES, RATE_HZ, REPORT, TUNE

__all__ = ["CLASSES", "NOISES_UV", "RATE_HZ", "REPORT", "SECONDS", "TUNE", "piece"]

SECONDS = 2.0
NOISES_UV = (2.0, 5.0, 10.0)
CLASSES = (
    "silent", "fibrillation", "positive sharp wave", "fasciculation", "complex repetitive", "myotonic", "end-plate",
    "motor unit",
)  # fmt: skip

_N = round(RATE_HZ * SECONDS)


def piece(label: str, noise_uv: float, rng: np.random.Generator, family: str = "bumps") -> Array:
    """Two seconds of ``label`` in noise of ``noise_uv`` RMS between 20 Hz and 5 kHz, with a little mains."""
    clean = np.zeros(_N + round(RATE_HZ))
    _Maker(clean, rng, family).make(label)
    band = butter(2, (20.0, 5000.0), "bandpass", fs=RATE_HZ, output="sos")
    noise = sosfilt(band, rng.standard_normal(_N + 2000))[2000:]
    t = np.arange(_N) / RATE_HZ
    mains = rng.uniform(0, 5) * np.sin(2 * np.pi * (50 * t + rng.random()))
    return np.asarray(clean[:_N] + noise * (noise_uv / noise.std()) + mains)


class _Maker:
    """Lays the potentials of one piece into ``clean``."""

    def __init__(self, clean: Array, rng: np.random.Generator, family: str) -> None:
        self._clean, self._rng, self._shapes = clean, rng, FAMILIES[family]
        self._is_reported = family in REPORT

    def make(self, label: str) -> None:
        """Lay the activity ``label``."""
        makers = {
            "silent": lambda: None,
            "fibrillation": self._fibrillation,
            "positive sharp wave": self._sharp,
            "fasciculation": self._fasciculation,
            "complex repetitive": self._complex,
            "myotonic": self._myotonic,
            "end-plate": self._plates,
            "motor unit": self._voluntary,
        }
        makers[label]()

    def _lay(self, at_s: float, wave: Array) -> None:
        first = round(at_s * RATE_HZ)
        if 0 <= first < _N:
            self._clean[first : first + len(wave)] += wave[: len(self._clean) - first]

    def _drawn(self, low: float, high: float) -> float:
        return float(np.exp(self._rng.uniform(np.log(low), np.log(high))))

    def _times(self, rate_hz: float, cv: float) -> list[float]:
        at, times = float(self._rng.uniform(0, 1 / rate_hz)), []
        drift = self._rng.uniform(-0.06, 0.06) if self._is_reported else 0.0
        while at < SECONDS:
            times.append(at)
            gap = self._rng.gamma(1 / cv**2, cv**2) if self._is_reported else 1 + cv * self._rng.standard_normal()
            at += max(float(gap), 0.2) / rate_hz * (1 + drift * at / SECONDS)
        return times

    def _fibrillation(self) -> None:
        wave = self._shapes.fibre(self._rng.uniform(1.5, 5.0), self._rng) * self._drawn(30, 200)
        slowing = self._rng.uniform(0.0, 0.1)
        for k, at in enumerate(self._times(self._drawn(1.5, 15), self._rng.uniform(0.005, 0.04))):
            self._lay(at * (1 + 0.5 * slowing * at / SECONDS), wave * (1 - 0.002 * k))

    def _sharp(self) -> None:
        wave = self._shapes.sharp(self._rng.uniform(10, 30), self._rng) * self._drawn(50, 500)
        for at in self._times(self._drawn(1.5, 15), self._rng.uniform(0.005, 0.04)):
            self._lay(at, wave)

    def _fasciculation(self) -> None:
        count = max(1, int(self._rng.poisson(SECONDS * self._drawn(0.5, 4))))
        waves = [self._shapes.unit(self._rng) * self._drawn(300, 3000) for _ in range(int(self._rng.integers(1, 3)))]
        for at in self._rng.uniform(0.05, SECONDS - 0.05, count):
            self._lay(float(at), waves[int(self._rng.integers(len(waves)))])

    def _voluntary(self) -> None:
        for _ in range(int(self._rng.integers(1, 3))):
            wave = self._shapes.unit(self._rng) * self._drawn(300, 3000)
            for at in self._times(self._rng.uniform(6, 15), self._rng.uniform(0.1, 0.2)):
                self._lay(at, wave * self._rng.uniform(0.97, 1.03))

    def _complex(self) -> None:
        rng = self._rng
        rate = self._drawn(5, 60)
        length_ms = min(rng.uniform(8, 25), 800 / rate)
        spikes = []
        for at in np.sort(rng.uniform(0, 1, int(rng.integers(4, 8)))):
            spike = self._shapes.fibre(3.0, rng) * rng.uniform(100, 500)
            spikes.append((at, spike))
        wave = np.zeros(round((length_ms + 4.0) * RATE_HZ / 1e3))
        for at, spike in spikes:
            first = int(at * (len(wave) - len(spike)))
            wave[first : first + len(spike)] += spike
        start, stop = (0.0, SECONDS) if rng.random() < 0.6 else (rng.uniform(0, 0.5), rng.uniform(1.4, 2.0))
        at = float(rng.uniform(0, 1 / rate))
        while at < SECONDS:
            if start <= at < stop:
                self._lay(at, wave)
            at += (1 + 0.005 * rng.standard_normal()) / rate

    def _myotonic(self) -> None:
        rng = self._rng
        low, high = np.sort(rng.uniform(20, 150, 2))
        high = max(high, 1.5 * low)
        positive = self._is_reported and rng.random() < 0.3
        if positive:
            low, high = 20.0, rng.uniform(30.0, 50.0)
        wave = self._shapes.sharp(rng.uniform(8, 18), rng) if positive else self._shapes.fibre(rng.uniform(2, 5), rng)
        phase, turns = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 1.2)
        wave, at = wave * rng.uniform(100, 800), 0.0
        decay_s = rng.uniform(0.6, 2.0)
        while at < SECONDS:
            swing = np.exp(-at / decay_s) if self._is_reported else 0.5 + 0.5 * np.sin(phase + np.pi * turns * at)
            self._lay(at, wave * (0.3 + 0.7 * swing))
            at += 1 / (low + (high - low) * swing) * (1 + 0.01 * rng.standard_normal())

    def _plates(self) -> None:
        rng, kinds = self._rng, self._rng.integers(3)
        if kinds != 1:
            uv, ms = rng.uniform(10, 50), rng.uniform(1, 2)
            for at in rng.uniform(0, SECONDS, rng.poisson(SECONDS * rng.uniform(20, 60))):
                self._lay(float(at), self._shapes.plate(ms, rng, spike=False) * uv * rng.uniform(0.5, 1.3))
        if kinds != 0:
            wave = self._shapes.plate(rng.uniform(3, 4), rng, spike=True) * rng.uniform(100, 200)
            for at in rng.uniform(0, SECONDS, rng.poisson(SECONDS * rng.uniform(8, 50))):
                self._lay(float(at), wave)
