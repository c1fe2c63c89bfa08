"""Background signal of a resting limb: noise with a 1/f part, mains with harmonics, and electrode pops."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.base import Samples
from drivers.simulated.draws import Known, LogNormal, SlowDrift, Uniform, sign

BLOCK_S = Known(0.05, "length of a block made at once; no physiology", "assumed")
NOISE_UV_PER_RTHZ = LogNormal(
    0.08, 0.35, 0.03, 0.25, "8 uV RMS over 20 Hz-2 kHz is a noisy site, 2 a good one", "derived"
)
NOISE_CORNER_HZ = LogNormal(50.0, 0.7, 10.0, 300.0, "1/f part of amplifier and electrode", "assumed")
WANDER_UV = LogNormal(15.0, 0.8, 2.0, 150.0, "electrode potential wanders over seconds", "assumed")
MAINS_UV = LogNormal(8.0, 1.0, 0.3, 150.0, "mains in an operating theatre; 8 uV in common test worlds", "assumed")
MAINS_HARMONICS = Known(0.25, "third, fifth ... harmonics against the fundamental", "assumed")
MAINS_WANDER_RAD = Known(1.5, "grid frequency within about 0.03 Hz of nominal over minutes", "derived")
POPS_PER_MINUTE = LogNormal(0.4, 1.0, 0.02, 4.0, "a dry or pulled electrode pops", "assumed")
POP_UV = LogNormal(250.0, 0.9, 40.0, 3000.0, "step of an electrode pop", "assumed")
POP_DECAY_S = Uniform(0.03, 0.3, "its decay, set by the amplifier's high-pass", "assumed")
LEAD_OFF_MAINS = Known(40.0, "an open input picks up far more mains", "assumed")

_HARMONICS = np.array([1, 2, 3, 5, 7, 9])
_CORNERS_HZ = np.array([0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0])
_KNOTS = 50


class Noise:
    """White noise and a 1/f part (a bank of first-order processes, half a decade apart), block by block."""

    def __init__(self, rng: np.random.Generator, block: int, sample_rate_hz: float, channels: int) -> None:
        """Make blocks of ``block`` samples; draw a density and a corner for each channel."""
        self._rng, self._shape = rng, (block, channels)
        density = np.array([NOISE_UV_PER_RTHZ.draw(rng) for _ in range(channels)])
        corner = np.array([NOISE_CORNER_HZ.draw(rng) for _ in range(channels)])
        wander = np.array([WANDER_UV.draw(rng) for _ in range(channels)])
        self._white_uv = (density * math.sqrt(sample_rate_hz / 2)).astype(np.float32)
        spacing = math.log(_CORNERS_HZ[-1] / _CORNERS_HZ[0]) / (len(_CORNERS_HZ) - 1)
        self._slow_uv = np.tile(density * np.sqrt(corner * spacing), (len(_CORNERS_HZ), 1))
        self._slow_uv[0] += wander
        self._recursion(block / sample_rate_hz / _KNOTS)
        self._state = rng.standard_normal((len(_CORNERS_HZ), channels)) * self._slow_uv
        knots = np.arange(1, block + 1) * _KNOTS / block
        self._interpolate = np.maximum(0, 1 - np.abs(knots[:, None] - np.arange(_KNOTS + 1))).astype(np.float32)

    def _recursion(self, step_s: float) -> None:
        """Compute, for each first-order process over one block, the decay of its state and its response to noise."""
        keep = np.exp(-2 * math.pi * _CORNERS_HZ * step_s)
        lag = np.arange(1, _KNOTS + 1)
        self._decay = keep[:, None] ** lag
        power = np.maximum(lag[:, None] - lag, 0)
        drive = np.sqrt(1 - keep**2)[:, None, None] * keep[:, None, None] ** power
        self._drive = np.where(lag[:, None] >= lag, drive, 0.0)

    def block(self) -> Samples:
        """Return the next block, (block, channels) in uV."""
        shocks = self._rng.standard_normal((len(_CORNERS_HZ), _KNOTS, self._shape[1])) * self._slow_uv[:, None]
        slow = self._decay[:, :, None] * self._state[:, None] + self._drive @ shocks
        knots = np.vstack((self._state.sum(axis=0), slow.sum(axis=0))).astype(np.float32)
        self._state = slow[:, -1]
        white = self._rng.standard_normal(self._shape, dtype=np.float32)
        return np.asarray(white * self._white_uv + self._interpolate @ knots)


class Mains:
    """Mains and its harmonics in every channel, with slowly drifting amplitude, phase and frequency."""

    def __init__(self, rng: np.random.Generator, mains_hz: float, sample_rate_hz: float, channels: int) -> None:
        self._mains_hz, self._sample_rate_hz = mains_hz, sample_rate_hz
        self._phase_drift = SlowDrift(rng, MAINS_WANDER_RAD.value, (40.0, 200.0))
        self._gain_drift = SlowDrift(rng, 0.2, (10.0, 90.0))
        amplitudes = np.array([MAINS_UV.draw(rng) for _ in range(channels)])
        share = np.array([1.0 if k == 1 else MAINS_HARMONICS.value / math.sqrt(k) for k in _HARMONICS])
        share = share[:, None] * np.exp(0.6 * rng.standard_normal((len(_HARMONICS), channels)))
        share[0], share[1] = 1.0, 0.3 * share[1]
        share[_HARMONICS * mains_hz > 0.4 * sample_rate_hz] = 0.0
        turned = share * amplitudes * np.exp(2j * math.pi * rng.random((len(_HARMONICS), channels)))
        self._weights = np.vstack((turned.real, -turned.imag)).astype(np.float32)

    def _phase(self, t_s: float) -> float:
        return 2 * math.pi * self._mains_hz * t_s + self._phase_drift.at(t_s)

    def block(self, first_sample: int, count: int) -> Samples:
        """Return ``count`` samples from ``first_sample`` on, (count, channels) in uV."""
        start_s, end_s = first_sample / self._sample_rate_hz, (first_sample + count) / self._sample_rate_hz
        start = self._phase(start_s)
        step = (self._phase(end_s) - start) / count
        angles = (math.fmod(start, 2 * math.pi) + step * np.arange(count))[:, None] * _HARMONICS
        waves = np.hstack((np.cos(angles), np.sin(angles))).astype(np.float32)
        gain = np.linspace(self._gain_drift.at(start_s), self._gain_drift.at(end_s), count, dtype=np.float32)
        return np.asarray((waves @ self._weights) * np.exp(gain)[:, None])


class Pops:
    """Electrode pops: rare, decaying steps on one channel."""

    def __init__(self, rng: np.random.Generator, sample_rate_hz: float, channels: int) -> None:
        self._rng, self._sample_rate_hz, self._channels = rng, sample_rate_hz, channels
        self._gap_s = 60.0 / (POPS_PER_MINUTE.draw(rng) * channels)
        self._next_s = float(rng.exponential(self._gap_s))

    def until(self, end_s: float) -> list[tuple[int, Samples]]:
        """Return the pops that begin before ``end_s``, once each: sample and wave (samples, channels)."""
        pops = []
        while self._next_s < end_s:
            pops.append((int(self._next_s * self._sample_rate_hz), self._pop()))
            self._next_s += float(self._rng.exponential(self._gap_s))
        return pops

    def _pop(self) -> Samples:
        decay_s = POP_DECAY_S.draw(self._rng)
        times_s = np.arange(int(5 * decay_s * self._sample_rate_hz)) / self._sample_rate_hz
        wave = np.zeros((len(times_s), self._channels), np.float32)
        rise = 1 - np.exp(-times_s / 0.001)
        height_uv = sign(self._rng) * POP_UV.draw(self._rng)
        wave[:, self._rng.integers(self._channels)] = height_uv * rise * np.exp(-times_s / decay_s)
        return wave


class Background:
    """Sum of noise, mains and pops, in blocks of equal length that are made in order."""

    def __init__(self, rng: np.random.Generator, sample_rate_hz: float, channels: int, mains_hz: float) -> None:
        self.block_samples = max(round(BLOCK_S.value * sample_rate_hz), _KNOTS)
        self._sample_rate_hz = sample_rate_hz
        self._noise = Noise(rng, self.block_samples, sample_rate_hz, channels)
        self._mains = Mains(rng, mains_hz, sample_rate_hz, channels)
        self._pops = Pops(np.random.default_rng(rng.integers(2**63)), sample_rate_hz, channels)

    def block(self, first_sample: int, lead_off: NDArray[np.bool_]) -> Samples:
        """Return the block from ``first_sample`` on (block_samples, channels) in uV; an open lead has more mains."""
        mains_gain = np.where(lead_off, LEAD_OFF_MAINS.value, 1.0).astype(np.float32)
        return np.asarray(self._noise.block() + self._mains.block(first_sample, self.block_samples) * mains_gain)

    def pops(self, end_sample: int) -> list[tuple[int, Samples]]:
        """Return the pops that begin before ``end_sample``, once each: sample and wave (samples, channels)."""
        return self._pops.until(end_sample / self._sample_rate_hz)
