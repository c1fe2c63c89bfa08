"""Motor-unit potentials at irregular times, played as a needle's signal, and found again in the recorded sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, correlate, resample_poly, sosfiltfilt

from guidance.audio.waveforms import response_tone
from tests.benchmarks.paths import Played
from tests.support.pulse_audio import RATE_HZ, Recording
from tests.support.synthetic_emg import unit_wave
from tests.support.waves import Wave, noise

Array = NDArray[np.float64]

NEEDLE_HZ = 10_000.0
UNITS = ((450.0, 120.0), (300.0, 400.0), (200.0, 1200.0))
"""Rise in us and size in uV, peak to peak."""

LEAD_S, NOISE_UV = 9.0, 3.0
APART_S, MORE_S = 0.075, 0.12
WITHIN_S = 0.07
"""Shorter than the potentials are apart: no sound can be taken for that of two."""

_PEAK_AT = round(0.006 * NEEDLE_HZ)
_AUDIBLE, _SILENCE_S, _PITCH_S = 2e-4, 0.004, 0.02
_BAND_HZ = (1200.0, 4000.0)
_ALIKE = 0.8
_SHIFTS = 20


class Potentials(Played):
    """Noise at NEEDLE_HZ, and after LEAD_S potentials of UNITS, whose main peaks are at ``peaks``."""

    def __init__(self, seconds: float, seed: int) -> None:
        """Potentials for so long, each of a unit at random, at intervals of APART_S and an exponential part."""
        super().__init__(NEEDLE_HZ)
        rng = np.random.default_rng(seed)
        gaps_s = APART_S + rng.exponential(MORE_S, round(seconds / APART_S))
        times_s = LEAD_S + np.cumsum(gaps_s)
        self.peaks = np.round(times_s[times_s < LEAD_S + seconds] * NEEDLE_HZ).astype(int)
        self.units = rng.integers(len(UNITS), size=len(self.peaks))
        self._uv = noise(rng, round((LEAD_S + seconds + 1.0) * NEEDLE_HZ), NOISE_UV)
        for peak, unit in zip(self.peaks, self.units, strict=True):
            wave = unit_wave(*UNITS[unit])
            self._uv[peak - _PEAK_AT : peak - _PEAK_AT + len(wave)] += wave

    @property
    def lasts_s(self) -> float:
        """From the first sample to the last but some noise."""
        return len(self._uv) / NEEDLE_HZ

    @property
    def peaks_s(self) -> Array:
        """When each peak was in the signal, on the monotonic clock. Raises RuntimeError before it was played."""
        if self.began_s is None:
            raise RuntimeError("nobody requested the amplifier's signal")
        return np.asarray(self.began_s + self.peaks / NEEDLE_HZ)

    def signal(self, first: int, count: int) -> Wave:
        """Samples ``first`` to ``first + count``, in uV; when all is over, its begin again, which is noise."""
        return np.asarray(self._uv[np.arange(first, first + count) % len(self._uv)])


@dataclass(frozen=True, slots=True)
class Matched:
    """Delays in ms of what was matched, of ``potentials``; ``unexplained``: sounds that no potential explains, None
    where sounds are looked for at potentials only; ``by_chance``: how many match potentials at wrong times, if tried.
    """

    potentials: int
    delays_ms: list[float]
    unexplained: int | None
    by_chance: float | None


def tones(recording: Recording, begin_s: float, units: int = len(UNITS)) -> list[tuple[float, int]]:
    """When each tone began, after ``begin_s``, and the unit whose pitch it has."""
    audio = recording.since(begin_s)
    loud = np.flatnonzero(np.abs(audio) > _AUDIBLE)
    if not len(loud):
        return []
    firsts = loud[np.r_[True, np.diff(loud) > _SILENCE_S * RATE_HZ]]
    known = [response_tone(UNITS[unit][1], brief=True).astype(float) for unit in range(units)]
    return [(max(begin_s, recording.began_s) + int(at) / RATE_HZ, _nearest(audio[at:], known)) for at in firsts]


def by_tones(played: Potentials, recording: Recording) -> Matched:
    """Each potential beside the first tone of its pitch after it: one tone for each, each tone for one."""
    peaks_s = played.peaks_s
    found = tones(recording, float(peaks_s[0]) - 0.5)
    delays = _paired(peaks_s, played.units, found)
    chance = [len(_paired(peaks_s + shift_s, played.units, found)) for shift_s in _wrong_s()]
    return Matched(len(peaks_s), delays, len(found) - len(delays), float(np.mean(chance)))


def by_shape(played: Potentials, recording: Recording) -> Matched:
    """Each potential beside the place within WITHIN_S after it where the recorded sound has its shape, if any has."""
    band = butter(4, _BAND_HZ, "bandpass", fs=RATE_HZ, output="sos")
    filtered = Recording(np.asarray(sosfiltfilt(band, recording.samples)), recording.began_s)
    shapes = [sosfiltfilt(band, np.pad(resample_poly(unit_wave(*unit), 24, 5), 480)) for unit in UNITS]
    pairs = list(zip(played.peaks_s, played.units, strict=True))
    delays = [_alike_s(filtered, at_s, shapes[unit]) for at_s, unit in pairs]
    chance = [
        sum(_alike_s(filtered, at_s + shift_s, shapes[unit]) is not None for at_s, unit in pairs)
        for shift_s in _wrong_s()
    ]
    return Matched(len(pairs), [1e3 * delay for delay in delays if delay is not None], None, float(np.mean(chance)))


def _wrong_s() -> Array:
    return np.random.default_rng(0).uniform(0.4, 3.0, _SHIFTS)


def _paired(peaks_s: Array, units: NDArray[np.int64], found: list[tuple[float, int]]) -> list[float]:
    delays, at = [], 0
    for peak_s, unit in zip(peaks_s, units, strict=True):
        while at < len(found) and found[at][0] <= peak_s:
            at += 1
        if at < len(found) and found[at][0] - peak_s <= WITHIN_S and found[at][1] == unit:
            delays.append(1e3 * (found[at][0] - peak_s))
            at += 1
    return delays


def _nearest(audio: Array, known: list[Array]) -> int:
    """Which of ``known`` begins ``audio``."""
    part = audio[: round(_PITCH_S * RATE_HZ)]
    return int(np.argmax([np.abs(np.correlate(np.pad(part, 48), tone[: len(part)], "valid")).max() for tone in known]))


def _alike_s(filtered: Recording, at_s: float, shape: Array) -> float | None:
    """How long after ``at_s`` the peak of ``shape`` is found, None where nothing is like it."""
    ahead = (480 + 0.006 * RATE_HZ) / RATE_HZ
    part = filtered.since(at_s - ahead, WITHIN_S + len(shape) / RATE_HZ)
    if len(part) < len(shape):
        return None
    energy = np.cumsum(np.r_[0.0, part**2])
    power = np.sqrt(np.maximum(energy[len(shape) :] - energy[: -len(shape)], 0.0)) * float(np.linalg.norm(shape))
    likeness = correlate(part, shape, "valid") / np.maximum(power, 1e-9)
    best = int(likeness.argmax())
    return best / RATE_HZ if likeness[best] > _ALIKE else None
