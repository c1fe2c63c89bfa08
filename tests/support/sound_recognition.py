"""Recognition of sounds by what is documented: pitches and tempi of each zone, pulses and harmonics of each alarm."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from guidance.cue import MAPPINGS

RATE_HZ = 48_000
Audio = NDArray[np.floating]

_WINDOW_S, _HOP_S = 0.025, 0.005
_ON = 0.25
_SILENT = 2e-4
_PEAKS_S = 0.1
_WITHIN_DB, _LEAST_PEAKS = 15.0, 4
_NEAR_HZ = 12.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """A stretch of sound, in s."""

    start_s: float
    length_s: float


def level(audio: Audio) -> Audio:
    """RMS of 25 ms, every 5 ms."""
    window, hop = round(_WINDOW_S * RATE_HZ), round(_HOP_S * RATE_HZ)
    power = np.concatenate([[0.0], np.cumsum(np.asarray(audio, float) ** 2)])
    starts = np.arange(0, max(len(audio) - window, 1), hop)
    stops = np.minimum(starts + window, len(audio))
    return np.asarray(np.sqrt(np.maximum(power[stops] - power[starts], 0.0) / window))


def pulses(audio: Audio) -> list[Pulse]:
    """Where there is sound; a stretch is as long as it is above half of its top."""
    loud = level(audio)
    if not len(loud) or loud.max() < _SILENT:
        return []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (loud > _ON * loud.max()).astype(int), [0]])))
    return [Pulse(float(a) * _HOP_S, float(b - a) * _HOP_S) for a, b in edges.reshape(-1, 2)]


def peaks_hz(audio: Audio) -> list[float]:
    """Spectral peaks of 150 to 4000 Hz within 15 dB of the highest, in the loudest tenth of a second."""
    n = round(_PEAKS_S * RATE_HZ)
    loud = level(audio)
    middle = round((float(loud.argmax()) * _HOP_S + _WINDOW_S / 2) * RATE_HZ)
    part = np.pad(np.asarray(audio, float), n // 2)[middle : middle + n]
    size = 4 * n
    spectrum = 20 * np.log10(np.abs(np.fft.rfft(part * np.blackman(len(part)), size)) + 1e-9)
    hz = np.fft.rfftfreq(size, 1 / RATE_HZ)
    band = (hz >= 150) & (hz <= 4000)
    found, _ = find_peaks(spectrum[band], prominence=6.0, distance=round(60 / (RATE_HZ / size)))
    highest = spectrum[band].max()
    return [float(hz[band][i]) for i in found if spectrum[band][i] >= highest - _WITHIN_DB]


def has_alarm_spectrum(audio: Audio) -> bool:
    """Four peaks and more of 150 to 4000 Hz within 15 dB, one of them at 150 to 1000 Hz, as multiples of it."""
    found = peaks_hz(audio)
    if len(found) < _LEAST_PEAKS or found[0] > 1000.0:
        return False
    apart = np.diff([0.0, *found])
    return bool(np.all(np.abs(apart - found[0]) < 0.1 * found[0]))


def has_alarm_pulses(audio: Audio) -> bool:
    """Two pulses and more of 75 to 250 ms (give or take the window), with gaps of 50 to 600 ms."""
    found = pulses(audio)
    lengths_fit = all(0.07 <= pulse.length_s <= 0.28 for pulse in found[:-1])
    gaps = [b.start_s - a.start_s - a.length_s for a, b in pairwise(found)]
    return len(found) >= 2 and lengths_fit and all(0.02 <= gap <= 0.62 for gap in gaps)


def is_alarm(audio: Audio) -> bool:
    """Whether spectrum and pulses are those of an alarm."""
    return has_alarm_spectrum(audio) and has_alarm_pulses(audio)


def recognised(audio: Audio, mapping: str = "tempo") -> str:
    """What a second of ``audio`` means: an alarm's priority, a zone of ``mapping``, or ``silence``."""
    found = pulses(audio)
    if not found:
        return "silence"
    return _alarm(audio, found) if has_alarm_spectrum(audio) else _zone(audio, found, mapping)


def _alarm(audio: Audio, found: list[Pulse]) -> str:
    typical = float(np.median([pulse.length_s for pulse in found[:3]]))
    if typical < 0.15:
        return "high"
    first = audio[round(found[0].start_s * RATE_HZ) :][: round(0.15 * RATE_HZ)]
    return "low" if _strength(first, 330.0) > _strength(first, 262.0) else "medium"


def _zone(audio: Audio, found: list[Pulse], mapping: str) -> str:
    """The zone whose pitch is strongest; of two that share one, that whose tempo fits."""
    tones = {zone: tone for zone, tone in MAPPINGS[mapping].tones.items() if tone.pitch_hz}
    strengths = {zone: _strength(audio, tone.pitch_hz or 0.0) for zone, tone in tones.items()}
    zone = max(strengths, key=lambda name: strengths[name])
    continuous = sum(pulse.length_s for pulse in found) > 0.85 * len(audio) / RATE_HZ
    fits = {
        "close": continuous,
        "unknown": len(found) >= 2 and not continuous,
        "none": len(found) == 1 or not continuous,
    }
    return zone if fits.get(zone, not continuous or zone == "target") else "not told"


def _strength(audio: Audio, pitch_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(np.asarray(audio, float))) ** 2
    hz = np.fft.rfftfreq(len(audio), 1 / RATE_HZ)
    return float(spectrum[np.abs(hz - pitch_hz) < max(_NEAR_HZ, hz[1])].sum())
