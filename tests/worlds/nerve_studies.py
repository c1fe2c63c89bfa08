"""Simulated nerve studies with truth: sensory potentials, F waves, H reflexes; recordings of marked stimuli.

They share no code with the measures. A sensory potential is the sum of its fibres' potentials, each a triphasic wave
that arrives by the fibre's own velocity; its truth is that sum without noise and artefact, seen at a fine time step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivers.base import Block, Channel, DeviceInfo, Pulse
from guidance.analysis.reading import RecordedSignal
from tests.support.waves import Wave, add

_FINE_HZ = 200_000.0
_FIBRES = 400
GAP_S = 0.5


@dataclass(frozen=True, slots=True)
class SensoryTruth:
    """True onset (5 % of the height), negative peak and height of the noiseless potential, and the distance."""

    onset_ms: float
    peak_ms: float
    height_uv: float
    distance_mm: float


@dataclass(frozen=True, slots=True)
class FTruth:
    """True onset of each F wave in ms, NaN where the stimulus evoked none."""

    onsets_ms: Wave

    @property
    def there(self) -> Wave:
        """The onsets that exist."""
        return self.onsets_ms[np.isfinite(self.onsets_ms)]


@dataclass(frozen=True, slots=True)
class HTruth:
    """True onset in ms, and largest H and M in uV peak to peak."""

    onset_ms: float
    h_uv: float
    m_uv: float


def study(uv: Wave, sample_rate_hz: float, samples: list[int], name: str = "made") -> RecordedSignal:
    """Return ``uv`` as a recording with stimuli at ``samples``."""
    info = DeviceInfo("made", "", "made:", sample_rate_hz, (Channel("EMG"),))
    pulses = tuple(Pulse(at) for at in samples)
    block = Block(0, uv[:, None].astype(np.float32), pulses)
    return RecordedSignal(name, info, uv, (block,), 0.0)


def sensory(
    seed: int,
    sample_rate_hz: float = 20_000.0,
    stimuli: int = 20,
    noise_uv: float = 4.0,
    height_uv: float | None = None,
    artefact_uv: float | None = None,
    distance_mm: float = 140.0,
    fastest_m_s: float | None = None,
) -> tuple[RecordedSignal, SensoryTruth]:
    """Return a sensory study drawn by ``seed``, and its truth; what is given is not drawn."""
    rng = np.random.default_rng([7, seed])
    height = height_uv if height_uv is not None else float(np.exp(rng.uniform(np.log(4.0), np.log(60.0))))
    fastest = fastest_m_s or float(rng.uniform(30.0, 65.0))
    tail_uv = artefact_uv if artefact_uv is not None else float(rng.uniform(-60.0, 60.0))
    t_ms, wave = _potential(rng, height, fastest, distance_mm)
    at = int(np.argmin(wave))
    first = int(np.flatnonzero(-wave[: at + 1] <= 0.05 * -wave[at])[-1])
    truth = SensoryTruth(float(t_ms[first]), float(t_ms[at]), height, distance_mm)
    coarse = np.interp(np.arange(0.0, 20.0, 1e3 / sample_rate_hz), t_ms, wave)
    ms = np.arange(len(coarse)) * 1e3 / sample_rate_hz
    spike = np.where(ms < 0.3, rng.choice([-1.0, 1.0]) * 2000.0, 0.0)
    decay = tail_uv * np.exp(-ms / rng.uniform(0.8, 2.0)) + 0.1 * tail_uv * np.exp(-ms / rng.uniform(4.0, 9.0))
    return _with_noise(rng, sample_rate_hz, [spike + decay + coarse] * stimuli, noise_uv), truth


def _potential(rng: np.random.Generator, height_uv: float, fastest: float, distance_mm: float) -> tuple[Wave, Wave]:
    """Sum the fibres' triphasic potentials at two electrodes 35 mm apart."""
    t_ms = np.arange(0.0, 20.0, 1e3 / _FINE_HZ)
    speeds = fastest * np.clip(1.0 - np.abs(rng.normal(0.0, 0.12, _FIBRES)), 0.5, 1.0)
    width = rng.uniform(0.3, 0.5) * (50.0 / fastest) ** 0.5
    arrivals = np.histogram(distance_mm / speeds, bins=np.append(t_ms, 20.0), weights=(speeds / fastest) ** 2)[0]
    later = np.histogram((distance_mm + 35.0) / speeds, bins=np.append(t_ms, 20.0), weights=(speeds / fastest) ** 2)[0]
    u = np.arange(-3.0, 3.0, 1e3 / _FINE_HZ) / width
    fibre = -(1.0 - u**2) * np.exp(-0.5 * u**2)
    wave = np.convolve(arrivals - later, fibre, "same")
    return t_ms, np.asarray(wave * height_uv / -wave.min())


def f_waves(
    seed: int,
    limb: str = "arm",
    stimuli: int = 20,
    sample_rate_hz: float = 10_000.0,
    noise_uv: float = 5.0,
    persistence: float | None = None,
) -> tuple[RecordedSignal, FTruth]:
    """Return F waves of an ``arm`` or a ``leg`` drawn by ``seed``, and their truth."""
    rng = np.random.default_rng([8, seed])
    least = float(rng.uniform(22.0, 32.0) if limb == "arm" else rng.uniform(40.0, 58.0))
    spread, share = float(rng.uniform(1.0, 6.0)), persistence if persistence is not None else float(rng.uniform(0.4, 1))
    sweeps, onsets = [], []
    for _ in range(stimuli):
        sweep = np.zeros(round(0.11 * sample_rate_hz))
        _muscle(sweep, sample_rate_hz, float(rng.uniform(3.0, 5.5)), 8000.0, 9.0)
        sweep += 400.0 * np.exp(-np.arange(len(sweep)) / (0.012 * sample_rate_hz))
        onset = least + spread * float(rng.random()) if rng.random() < share else float("nan")
        if np.isfinite(onset):
            _muscle(sweep, sample_rate_hz, onset, float(rng.uniform(60.0, 500.0)), float(rng.uniform(6.0, 11.0)))
        onsets.append(onset)
        sweeps.append(sweep)
    return _with_noise(rng, sample_rate_hz, sweeps, noise_uv), FTruth(np.array(onsets))


def h_reflex(
    seed: int, sample_rate_hz: float = 10_000.0, noise_uv: float = 5.0, h_share: float | None = None
) -> tuple[RecordedSignal, HTruth]:
    """Return a soleus H reflex over 24 rising currents drawn by ``seed``, and its truth."""
    rng = np.random.default_rng([9, seed])
    onset, m_onset = float(rng.uniform(27.0, 36.0)), float(rng.uniform(4.0, 7.0))
    m_uv, share = float(rng.uniform(4000.0, 15_000.0)), h_share if h_share is not None else float(rng.uniform(0.1, 0.7))
    sweeps, largest = [], 0.0
    for level in np.linspace(0.0, 1.0, 24):
        sweep = np.zeros(round(0.09 * sample_rate_hz))
        m = m_uv / (1 + np.exp(-(level - 0.6) / 0.06))
        h = share * m_uv * np.exp(-0.5 * ((level - 0.45) / 0.12) ** 2)
        _muscle(sweep, sample_rate_hz, m_onset, float(m), 11.0)
        _muscle(sweep, sample_rate_hz, onset, float(h), 12.0)
        largest = max(largest, float(h))
        sweeps.append(sweep)
    return _with_noise(rng, sample_rate_hz, sweeps, noise_uv), HTruth(onset, largest, m_uv)


def _muscle(sweep: Wave, sample_rate_hz: float, onset_ms: float, height_uv: float, length_ms: float) -> None:
    """Add a biphasic potential of ``height_uv`` peak to peak that begins at ``onset_ms``."""
    t_ms = np.arange(len(sweep)) * 1e3 / sample_rate_hz
    u = np.clip((t_ms - onset_ms) / length_ms, 0.0, 1.0)
    shape = -np.sin(2 * np.pi * u**0.85) * (1 - 0.35 * u)
    sweep += height_uv * shape / 1.62


def _with_noise(rng: np.random.Generator, sample_rate_hz: float, sweeps: list[Wave], noise_uv: float) -> RecordedSignal:
    gap = round(GAP_S * sample_rate_hz)
    uv = rng.normal(0.0, noise_uv, gap * (len(sweeps) + 1))
    samples = [gap * (number + 1) - gap // 2 for number in range(len(sweeps))]
    for at, sweep in zip(samples, sweeps, strict=True):
        add(uv, at, sweep)
    return study(uv, sample_rate_hz, samples)
