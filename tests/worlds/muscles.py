"""Simulated muscles whose every firing is known: the truth for detection and sorting of motor unit potentials.

It shares no code with the program or its simulated patient. A front of membrane current (Rosenfalck 1969, V(z) = 96 z^3
exp(-z) mV) travels along each fibre past the electrode, in a medium of anisotropy 5 (line source, Plonsey 1974). A
monopolar electrode is a cone against a far reference; a concentric one is an ellipse against the cannula around it.
Numbers without a source are assumed. It is a simulation throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import shift as shifted
from scipy.signal import butter, sosfilt

from guidance.signal.sweep.basis import Array

SECONDS = 10.0
NOISES_UV = (3.0, 6.0, 12.0)
"""Noise of the amplifier, RMS."""

ELECTRODES = {"monopolar": 10_000.0, "concentric": 25_000.0}
"""Sample rate in Hz of a recording by each electrode."""

TUNE, REPORT = 1, 2
"""Families of seeds: constants are tuned on the first, figures are reported on the second."""

LEAST_UV = 50.0
"""A unit of the truth has at least this peak-to-peak amplitude; smaller ones are drawn again."""

MOST_FAR_UV = 25.0
"""The units around it, which are noise to a decomposition, have at most this; none lies between."""

FINE_HZ = 50_000.0
"""Rate at which the potentials are made."""
_HALF_MS = 8.0
_ANISOTROPY, _STEEPNESS = 5.0, 1.6
_NEAREST_MM = 0.08
_SCALE = 26.0
"""From the model's potential to uV: a unit inside its territory then has some 100 uV to 2 mV (assumed)."""
_FAR_UNITS, _FAR_HZ = 14, 8.0
_OWN_JITTER = 14
"""So many of the largest fibres of a unit have a jitter of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class Muscle:
    """A recording ``uv`` (n,) at ``sample_rate_hz`` and the times in s of each unit's main peaks.

    ``waves`` are the potentials (m,) of each unit in uV at FINE_HZ, as the amplifier passes them, without noise,
    jitter and other units: in the middle of the recording, for the needle moves a little.
    """

    uv: Array
    sample_rate_hz: float
    peaks_s: tuple[Array, ...]
    waves: tuple[Array, ...]
    electrode: str
    noise_uv: float


def muscle(electrode: str, noise_uv: float, family: int, number: int) -> Muscle:
    """Return muscle ``number`` of a ``family`` of seeds, recorded by ``electrode`` with noise of ``noise_uv`` RMS."""
    rng = np.random.default_rng([family, number, sorted(ELECTRODES).index(electrode), round(noise_uv)])
    rate_hz = ELECTRODES[electrode]
    fine = np.zeros(round((SECONDS + 0.1) * FINE_HZ))
    wanted_per_s = rng.uniform(60.0, 90.0)
    rates_hz = rng.uniform(0.7, 1.3, int(rng.integers(8, 11)))
    rates_hz *= wanted_per_s / rates_hz.sum()
    peaks, units = [], []
    for unit_rate_hz in rates_hz:
        units.append(_near_unit(electrode, rng))
        peaks.append(_lay(fine, units[-1], _firings(unit_rate_hz, rng), rng))
    for _ in range(_FAR_UNITS):
        _lay(fine, _far_unit(electrode, rng), _firings(_FAR_HZ, rng), rng)
    step = round(FINE_HZ / rate_hz)
    passed = butter(4, 0.4 * rate_hz, fs=FINE_HZ, output="sos")
    uv = sosfilt(passed, fine)[: round(SECONDS * FINE_HZ) : step]
    band = butter(1, (10.0, min(5000.0, 0.45 * rate_hz)), "bandpass", fs=rate_hz, output="sos")
    noise = sosfilt(band, rng.standard_normal(len(uv) + 2000))[2000:]
    within = tuple(each[each < SECONDS - 0.02] for each in peaks)
    waves = tuple(np.asarray(sosfilt(passed, unit.steady)) for unit in units)
    return Muscle(uv + noise * (noise_uv / noise.std()), rate_hz, within, waves, electrode, noise_uv)


@cache
def _front() -> Array:
    """Membrane current along a fibre, every 0.02 mm, from the front on backwards."""
    z = _STEEPNESS * np.arange(0.0, 14.0, 0.02)
    return np.asarray(np.diff(96 * z**3 * np.exp(-z), 2, prepend=0.0, append=0.0))


@cache
def _passing(nearest: int) -> Array:
    """Potential along the fibre at ``nearest`` hundredths of a mm from it, every 0.02 mm."""
    away = np.arange(-45.0, 45.0, 0.02)
    weight = 1 / np.sqrt(away**2 + _ANISOTROPY * (nearest / 100) ** 2)
    return np.asarray(np.convolve(weight, _front() - _front().mean(), "same"))


def _points(electrode: str) -> tuple[Array, Array]:
    """Places along the needle in mm of recording surface and of the reference; the latter is empty where far away."""
    if electrode == "monopolar":
        return np.linspace(-0.25, 0.1, 6), np.zeros(0)
    return np.linspace(-0.25, 0.25, 6), np.geomspace(0.6, 16.0, 12)


class _Unit:
    """A motor unit with the potentials of its fibres at the electrode, as they are first and last."""

    def __init__(self, electrode: str, rng: np.random.Generator, beyond_mm: float = -1.0) -> None:
        """Draw a unit whose territory the tip is in, or ``beyond_mm`` away from."""
        reach = rng.uniform(2.0, 4.5)
        away = reach + beyond_mm if beyond_mm > 0 else reach * rng.uniform(0.0, 1.15)
        turn = rng.uniform(0, 2 * np.pi)
        count = int(rng.integers(50, 150))
        angle, radius = rng.uniform(0, 2 * np.pi, count), reach * np.sqrt(rng.random(count))
        across = away * np.array([np.cos(turn), np.sin(turn)]) + np.stack(
            [radius * np.cos(angle), radius * np.sin(angle)], axis=1
        )
        speeds = rng.normal(4.0, rng.uniform(0.05, 0.3), count).clip(3.0, 5.2)
        plates_mm = rng.uniform(15.0, 35.0) + rng.uniform(0.5, 2.0) * rng.standard_normal(count)
        late_ms = plates_mm / speeds
        late_ms -= float(np.median(late_ms))
        moved = rng.normal(0.0, 0.05, 2)
        self.jitter_ms = rng.uniform(0.015, 0.035)
        self.first, self.last = (
            _fibre_waves(electrode, across + place, speeds, late_ms) for place in (np.zeros(2), moved)
        )
        self.order = np.argsort(-np.ptp(self.first, axis=1))

    @property
    def steady(self) -> Array:
        """The potential in the middle of the recording, without jitter."""
        return np.asarray((self.first + self.last).sum(axis=0) / 2)

    def wave(self, share: float, rng: np.random.Generator) -> Array:
        """Return one potential at ``share`` of the recording: the fibres' sum, with the jitter of the largest."""
        fibres = (1 - share) * self.first + share * self.last
        own = self.order[:_OWN_JITTER]
        wave = fibres[self.order[_OWN_JITTER:]].sum(axis=0)
        for fibre, late_ms in zip(fibres[own], self.jitter_ms * rng.standard_normal(len(own)), strict=True):
            moved = late_ms * FINE_HZ / 1e3
            wave = wave + fibre - moved * np.gradient(fibre)
        return np.asarray(wave)


def _fibre_waves(electrode: str, across: Array, speeds: Array, late_ms: Array) -> Array:
    """Potentials (fibres, times) in uV on the fine grid, from -_HALF_MS to _HALF_MS."""
    times = np.arange(-_HALF_MS, _HALF_MS, 1e3 / FINE_HZ)
    near, far = _points(electrode)
    waves = np.zeros((len(across), len(times)))
    for at, (fibre, speed, late) in enumerate(zip(across, speeds, late_ms, strict=True)):
        profile = _profile(fibre, near) - (_profile(fibre, far) if len(far) else 0.0)
        place_mm = (times - late) * speed
        waves[at] = np.interp(-place_mm, np.arange(-45.0, 45.0, 0.02), profile)
    fade = np.minimum(1.0, 4 * (1 - np.abs(times) / _HALF_MS))
    return np.asarray(waves * fade * _SCALE)


def _profile(fibre: Array, points_mm: Array) -> Array:
    distances = np.hypot(fibre[0], fibre[1] - points_mm).clip(_NEAREST_MM)
    hundredths = np.round(np.where(distances < 1, distances * 100, np.round(distances * 10) * 10)).astype(int)
    return np.asarray(np.mean([_passing(int(each)) for each in hundredths], axis=0))


def _near_unit(electrode: str, rng: np.random.Generator) -> _Unit:
    """Return a unit whose potential is large enough to be of the truth."""
    while True:
        unit = _Unit(electrode, rng)
        if np.ptp(unit.first.sum(axis=0)) >= LEAST_UV and np.ptp(unit.last.sum(axis=0)) >= LEAST_UV:
            return unit


def _far_unit(electrode: str, rng: np.random.Generator) -> _Unit:
    """Return a unit outside whose territory the tip lies, too small for the truth."""
    while True:
        unit = _Unit(electrode, rng, rng.uniform(1.5, 4.0))
        if max(np.ptp(unit.first.sum(axis=0)), np.ptp(unit.last.sum(axis=0))) <= MOST_FAR_UV:
            return unit


def _firings(rate_hz: float, rng: np.random.Generator) -> Array:
    """Times in s of a unit's firings: an interval's coefficient of variation of 0.1 to 0.2, a slow drift of the rate.

    One in four lapses for two to four seconds and returns.
    """
    cv, drift, phase = rng.uniform(0.1, 0.2), rng.uniform(0.0, 0.15), rng.uniform(0, 2 * np.pi)
    at, times = float(rng.uniform(0.02, 1 / rate_hz)), []
    while at < SECONDS:
        times.append(at)
        slow = 1 + drift * np.sin(2 * np.pi * at / 6.0 + phase)
        at += max(1 + cv * float(rng.standard_normal()), 0.35) * slow / rate_hz
    out = np.array(times)
    if rng.random() < 0.25:
        start, length = rng.uniform(2.0, 5.0), rng.uniform(2.0, 4.0)
        out = out[(out < start) | (out > start + length)]
    return out


def _lay(fine: Array, unit: _Unit, times_s: Array, rng: np.random.Generator) -> Array:
    """Add the unit's potentials to ``fine``; return the times of their main peaks (the steepest wave's) in s."""
    half = round(_HALF_MS * FINE_HZ / 1e3)
    sharp = butter(2, (100.0, 4000.0), "bandpass", fs=FINE_HZ, output="sos")
    mean = np.pad(unit.first.sum(axis=0), 500)
    centre = int(np.abs(sosfilt(sharp, mean)).argmax()) - 500
    peaks = []
    for at_s in times_s:
        wave = unit.wave(at_s / SECONDS, rng)
        at = at_s * FINE_HZ
        first = int(at)
        low, high = first - half, first - half + len(wave)
        part = shifted(wave, at - first, order=1)
        fine[max(low, 0) : high] += part[max(-low, 0) : max(len(fine) - low, 0)]
        peaks.append((low + centre) / FINE_HZ)
    return np.array(peaks)
