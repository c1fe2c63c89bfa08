"""Effect of a pulse on the amplifier: artefact, overload, input range and 24-bit converter.

A measured artefact is more than a sum of two exponentials. It also has a power-law part of the electrode and the slow
damped swing of the amplifier's high-pass (both visible in the published shapes of 10.1101/2025.08.26.25334489).
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.base import Samples
from drivers.simulated.draws import Chance, FloatArray, LogNormal, SlowDrift, Uniform, sign
from drivers.simulated.front_ends import KINDS, InputStage, Scene

PEAK_UV_PER_MA = LogNormal(3000.0, 0.8, 200.0, 30000.0, "artefact peaks of 2-15 mV", "derived")
PEAK_SMOOTHING_MS = Uniform(0.02, 0.09, "amplifier's low-pass", "assumed")
RECOIL_SHARE = Uniform(0.1, 0.6, "opposite recoil after the peak", "assumed")
RECOIL_MS = Uniform(0.08, 0.35, "time constant of the recoil", "assumed")
RING_SHARE = Uniform(0.0, 0.15, "ringing of the low-pass, seen in measured shapes", "derived")
RING_KHZ = Uniform(1.5, 4.5, "frequency of that ringing", "derived")
TAIL_UV = LogNormal(300.0, 0.9, 20.0, 4000.0, "fast exponential of the tail at 1 mA and 0.1 ms", "assumed")
TAIL_MS = Uniform(0.5, 2.5, "time constant of the fast tail", "assumed")
SLOW_TAIL_UV = LogNormal(80.0, 0.9, 5.0, 1000.0, "slow exponential of the tail at 1 mA and 0.1 ms", "assumed")
SLOW_TAIL_MS = Uniform(5.0, 30.0, "time constant of the slow tail", "assumed")
POWER_TAIL_UV = LogNormal(60.0, 0.9, 3.0, 600.0, "power-law part of the electrode at 1 mA and 0.1 ms", "assumed")
POWER_TAIL_MS = Uniform(0.3, 2.0, "its knee; exponent 0.7-1.3", "assumed")
SWING_UV = LogNormal(40.0, 1.0, 2.0, 500.0, "damped slow swing, 1-2 % of the peak in measured shapes", "derived")
SWING_PERIOD_MS = Uniform(7.0, 25.0, "period of the swing in measured shapes", "derived")
SWING_DECAY_MS = Uniform(2.5, 8.0, "decay of the swing in measured shapes", "derived")
CHARGE_EXPONENT = Uniform(0.9, 1.05, "tail grows with the charge, not quite in proportion", "assumed")
GAIN_JITTER = Uniform(0.01, 0.04, "pulse-to-pulse gain jitter of 3 %", "assumed")
DEPTH_SHARE_PER_MM = Uniform(-0.03, 0.03, "artefact changes as the needle goes deeper", "assumed")
OVERLOAD_DEAD_MS = Uniform(0.2, 2.5, "at the rail after overload", "assumed")
OVERLOAD_SHARE = Uniform(0.01, 0.25, "of the input range left when it comes back", "assumed")
OVERLOAD_MS = Uniform(1.0, 6.0, "time constant of that recovery", "assumed")
DC_COUPLED = Chance(0.4, "24-bit front ends are often DC-coupled with a wide range", "assumed")

WIDE_RANGE_UV = 187_500.0
NARROW_RANGES_UV = (10_000.0, 25_000.0, 50_000.0)
ARTEFACT_S = 0.15
_FULL_SCALE = 2**23 - 1
_REFERENCE_MA_MS = 0.1


@dataclass(frozen=True, slots=True)
class _Channel:
    """Artefact of one channel: microvolts at 1 mA (peak) and at 1 mA and 0.1 ms (tail), times in ms."""

    peak_uv: float
    smoothing_ms: float
    recoil: tuple[float, float]
    ring: tuple[float, float]
    exponentials: tuple[tuple[float, float], tuple[float, float]]
    power: tuple[float, float, float]
    swing: tuple[float, float, float, float]
    depth_share: float
    overload: tuple[float, float, float]

    @staticmethod
    def draw(rng: np.random.Generator) -> _Channel:
        return _Channel(
            sign(rng) * PEAK_UV_PER_MA.draw(rng),
            PEAK_SMOOTHING_MS.draw(rng),
            (RECOIL_SHARE.draw(rng), RECOIL_MS.draw(rng)),
            (RING_SHARE.draw(rng), RING_KHZ.draw(rng)),
            (
                (sign(rng) * TAIL_UV.draw(rng), TAIL_MS.draw(rng)),
                (sign(rng) * SLOW_TAIL_UV.draw(rng), SLOW_TAIL_MS.draw(rng)),
            ),
            (sign(rng) * POWER_TAIL_UV.draw(rng), POWER_TAIL_MS.draw(rng), float(rng.uniform(0.7, 1.3))),
            (
                sign(rng) * SWING_UV.draw(rng),
                SWING_PERIOD_MS.draw(rng),
                SWING_DECAY_MS.draw(rng),
                float(rng.uniform(0, 2 * math.pi)),
            ),
            DEPTH_SHARE_PER_MM.draw(rng),
            (OVERLOAD_DEAD_MS.draw(rng), OVERLOAD_SHARE.draw(rng), OVERLOAD_MS.draw(rng)),
        )

    def peak(self, t_ms: FloatArray, width_ms: float) -> FloatArray:
        """Return the spike itself at 1 mA: a smoothed rectangle, then recoil and ringing."""
        on = 1 - np.exp(-np.maximum(t_ms, 0) / self.smoothing_ms)
        after = np.maximum(t_ms - width_ms, 0)
        off = (1 - math.exp(-width_ms / self.smoothing_ms)) * np.exp(-after / self.smoothing_ms)
        settle = (t_ms > width_ms) * (1 - np.exp(-after / self.smoothing_ms))
        recoil = self.recoil[0] * np.exp(-after / self.recoil[1])
        ring = self.ring[0] * np.exp(-after / 0.3) * np.sin(2 * math.pi * self.ring[1] * after)
        return np.asarray(self.peak_uv * (np.where(t_ms <= width_ms, on, off) - settle * (recoil + ring)))

    def tail(self, t_ms: FloatArray, width_ms: float) -> FloatArray:
        """Return the slow part at 1 mA and 0.1 ms, from the end of the pulse on."""
        after = np.maximum(t_ms - width_ms, 0)
        rise = 1 - np.exp(-np.maximum(t_ms, 0) / self.smoothing_ms)
        wave = sum(uv * np.exp(-after / tau) for uv, tau in self.exponentials)
        wave = wave + self.power[0] * (1 + after / self.power[1]) ** -self.power[2]
        uv, period, decay, phase = self.swing
        return np.asarray(rise * (wave + uv * np.exp(-after / decay) * np.cos(2 * math.pi * after / period + phase)))


@dataclass(frozen=True, slots=True)
class Converted:
    """Samples from ``first_sample`` on as little-endian signed 24-bit numbers, sample-major.

    ``full`` has a byte a sample, with bit c set where channel c (0..6) reached the input range.
    """

    first_sample: int
    channels: int
    raw: bytes
    full: bytes

    @property
    def end(self) -> int:
        """Index after the last sample."""
        return self.first_sample + len(self.full)

    def slice(self, first_sample: int, count: int) -> tuple[bytes, int]:
        """Return the bytes of ``count`` samples and the bits of the channels that were full in them."""
        start = first_sample - self.first_sample
        full, width = self.full[start : start + count], 3 * self.channels
        bits = functools.reduce(operator.or_, full) if any(full) else 0
        return self.raw[start * width : (start + count) * width], bits


class FrontEnd:
    """Artefacts, input range and converter of one amplifier with ``channels`` channels.

    Without an input stage it clips at its range, and each artefact beyond that brings an overload of its own.
    """

    def __init__(self, rng: np.random.Generator, sample_rate_hz: float, channels: int) -> None:
        wide, narrow = DC_COUPLED.draw(rng), float(rng.choice(NARROW_RANGES_UV))
        self._set_range(WIDE_RANGE_UV if wide else narrow)
        self._stage: InputStage | None = None
        self._sample_rate_hz = sample_rate_hz
        self._channels = [_Channel.draw(rng) for _ in range(channels)]
        self._exponent, self._jitter = CHARGE_EXPONENT.draw(rng), GAIN_JITTER.draw(rng)
        self._drift = SlowDrift(rng, 0.03)
        fade = int(0.2 * ARTEFACT_S * sample_rate_hz)
        self._fade = np.ones(int(ARTEFACT_S * sample_rate_hz))
        self._fade[-fade:] = 0.5 + 0.5 * np.cos(np.linspace(0, math.pi, fade))

    @property
    def has_stage(self) -> bool:
        """Whether an input stage keeps state from sample to sample."""
        return self._stage is not None

    def install(self, kind: str, rng: np.random.Generator) -> None:
        """Put an input stage of ``kind`` before the converter, drawn with ``rng``. Raises ValueError for no kind."""
        if kind not in KINDS:
            raise ValueError(f"there is no front end {kind!r}; choose one of {', '.join(KINDS)}")
        _, range_uv, maker = KINDS[kind]
        self._set_range(range_uv)
        artefact_uv = abs(self._channels[0].peak_uv)
        self._stage = maker(Scene(rng, self._sample_rate_hz, len(self._channels), artefact_uv, range_uv))

    def _set_range(self, range_uv: float) -> None:
        self.range_uv = range_uv
        self.scale_nv_per_lsb = float(np.float32(range_uv * 1000 / _FULL_SCALE))

    def take_in(self, uv: Samples, pulses: Sequence[int]) -> Samples:
        """Return what comes out for the next samples ``uv`` at the input, pulses beginning at the places ``pulses``."""
        return uv if self._stage is None else np.asarray(self._stage.process(uv.astype(float), pulses), np.float32)

    def artefact(
        self, rng: np.random.Generator, late: float, t_s: float, current_ma: float, width_ms: float, ahead_mm: float
    ) -> Samples:
        """Return the artefact (samples, channels) in uV of a pulse that began ``late`` samples after the first one."""
        t_ms = np.asarray((np.arange(len(self._fade)) - late) * (1000 / self._sample_rate_hz), np.float64)
        gain = (1 + self._jitter * rng.standard_normal()) * math.exp(self._drift.at(t_s))
        charge = (current_ma * width_ms / _REFERENCE_MA_MS) ** self._exponent
        wave = np.empty((len(t_ms), len(self._channels)), np.float32)
        for index, channel in enumerate(self._channels):
            tail = channel.tail(t_ms, width_ms) * charge * (1 + channel.depth_share * ahead_mm)
            pulse = gain * (current_ma * channel.peak(t_ms, width_ms) + tail * self._fade)
            wave[:, index] = self._overloaded(channel, t_ms, pulse)
        return wave

    def _overloaded(self, channel: _Channel, t_ms: FloatArray, pulse: FloatArray) -> FloatArray:
        """Return ``pulse``; where it leaves the range, it stays at the rail and recovers over some milliseconds."""
        beyond = np.flatnonzero(np.abs(pulse) > self.range_uv)
        if self._stage is not None or not len(beyond):
            return pulse
        dead_ms, share, decay_ms = channel.overload
        side = math.copysign(self.range_uv, pulse[beyond[-1]])
        excess = 1 + math.log(np.abs(pulse).max() / self.range_uv)
        back = t_ms - (t_ms[beyond[-1]] + dead_ms * excess)
        late = pulse + side * share * np.exp(-np.maximum(back, 0) / decay_ms)
        return np.where((back < 0) & (np.arange(len(pulse)) >= beyond[0]), 1.2 * side, np.where(back < 0, pulse, late))

    def clip(self, uv: Samples) -> Samples:
        """Return ``uv`` clipped to the input range."""
        return np.clip(uv, -self.range_uv, self.range_uv)

    def convert(self, first_sample: int, uv: Samples) -> Converted:
        """Convert ``uv`` (samples, channels) to numbers of ``scale_nv_per_lsb``, clipped at the input range."""
        lsb = np.rint(uv.astype(np.float64) * (1000 / self.scale_nv_per_lsb))
        lsb = np.clip(lsb, -_FULL_SCALE, _FULL_SCALE).astype("<i4")
        raw = lsb.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        full = np.packbits(np.abs(lsb[:, :7]) == _FULL_SCALE, axis=1, bitorder="little")
        return Converted(first_sample, uv.shape[1], raw, full.tobytes())
