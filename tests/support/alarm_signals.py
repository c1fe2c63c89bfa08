"""An alarm's burst measured as IEC 60601-1-8 describes one, from its samples alone, beside what it is to be.

The criteria are those of the reference: the text of 2006 at second hand, and of its amendments where they are wider.
Pulses are timed on the RMS over one period of their own fundamental. A pulse is as long as it is above 10 % of its top;
as drafts differ, it also has to be long enough above 90 %, and the gaps short enough so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from guidance.audio.alarm_bursts import BURSTS, render
from guidance.audio.mixer import Mixer
from guidance.audio.waveforms import table
from guidance.cue import MAPPINGS
from tests.support.sound_recognition import RATE_HZ, Audio, level, peaks_hz, pulses

_ASIDE_S, _HEARKEN_S, _SILENT = 0.03, 30, 1e-3
_LENGTHS_MS = {"high": (75.0, 200.0), "medium": (125.0, 250.0), "low": (125.0, 250.0)}
_GAPS_MS = {"high": (50.0, 125.0), "medium": (125.0, 250.0), "low": (125.0, 250.0)}
_COUNTS = {"high": (10, 10), "medium": (3, 3), "low": (1, 2)}
_PAUSES_S = {"high": (2.5, 15.0), "medium": (2.5, 30.0), "low": (15.0, np.inf)}
_LEVELS_DB, _RISE, _FUNDAMENTAL_HZ, _HARMONICS_HZ = 10.0, (0.1, 0.2), (150.0, 1000.0), (300.0, 4000.0)


@dataclass(frozen=True, slots=True)
class MeasuredPulse:
    """When a pulse passes 10 and 90 % of its top, up and down again, in s; its fundamental, how many harmonics there
    are within 15 dB, and its RMS above 10 %.
    """

    up10_s: float
    up90_s: float
    down90_s: float
    down10_s: float
    fundamental_hz: float
    harmonics: int
    rms: float

    @property
    def rise(self) -> float:
        """The rise from 10 to 90 %, of the pulse's length."""
        return (self.up90_s - self.up10_s) / (self.down10_s - self.up10_s)


@dataclass(frozen=True, slots=True)
class Judged:
    """One property of an alarm: least and most ``measured``, and the bounds it is to keep."""

    what: str
    measured: tuple[float, float]
    bounds: tuple[float, float]

    @property
    def met(self) -> bool:
        """Whether all that was measured is within the bounds."""
        return self.bounds[0] <= self.measured[0] and self.measured[1] <= self.bounds[1]


def measured_pulses(audio: Audio) -> list[MeasuredPulse]:
    """The pulses of one burst."""
    aside = round(_ASIDE_S * RATE_HZ)
    padded = np.pad(np.asarray(audio, float), 2 * aside)
    spans = [(round(p.start_s * RATE_HZ), round(p.length_s * RATE_HZ)) for p in pulses(padded)]
    return [_pulse(padded, first - aside, first + length + 2 * aside) for first, length in spans]


def judged(priority: str) -> list[Judged]:
    """All that is measured of the alarm of ``priority``."""
    burst = render(BURSTS[priority])
    found = measured_pulses(burst)
    return [*_times(priority, found), *_spectrum(found), *_levels(burst, found), _repeat(priority)]


def guidance_rms() -> float:
    """The loudest 25 ms of any guidance tone, of full scale."""
    tones = [tone for mapping in MAPPINGS.values() for tone in mapping.tones.values()]
    return max(
        float(level(table(tone, tone.beep_rates_hz[-1] if tone.beep_rates_hz else None)).max()) for tone in tones
    )


def _pulse(audio: Audio, first: int, stop: int) -> MeasuredPulse:
    part = audio[first:stop]
    found_hz = peaks_hz(part)
    period = round(RATE_HZ / found_hz[0])
    envelope = np.sqrt(np.convolve(part**2, np.ones(period) / period, "same"))
    top = envelope.max()
    above10, above90 = (np.flatnonzero(envelope >= share * top) for share in (0.1, 0.9))
    up10, up90, down90, down10 = (
        (first + int(i)) / RATE_HZ for i in (above10[0], above90[0], above90[-1], above10[-1])
    )
    rms = float(np.sqrt(np.mean(part[above10[0] : above10[-1]] ** 2)))
    harmonics = sum(_within(hz, _HARMONICS_HZ) for hz in found_hz)
    return MeasuredPulse(up10, up90, down90, down10, found_hz[0], harmonics, rms)


def _times(priority: str, found: list[MeasuredPulse]) -> list[Judged]:
    long_ms, gap_ms = _LENGTHS_MS[priority], _GAPS_MS[priority]
    length10_ms = [(p.down10_s - p.up10_s) * 1e3 for p in found]
    length90_ms = [(p.down90_s - p.up90_s) * 1e3 for p in found]
    counted = Judged("pulses", (len(found), len(found)), _COUNTS[priority])
    lengths = [
        Judged("pulse length, at 10 %, ms", _ends(length10_ms), long_ms),
        Judged("pulse length, at 90 %, ms", _ends(length90_ms), long_ms),
    ]
    at10 = _gaps(found, lambda a, b: b.up10_s - a.down10_s)
    at90 = _gaps(found, lambda a, b: b.up90_s - a.down90_s)
    if priority != "high":
        gaps = [Judged("gaps, at 10 %, ms", _ends(at10), gap_ms), Judged("gaps, at 90 %, ms", _ends(at90), gap_ms)]
    else:
        gaps = _gaps_of_high(at10, at90, length10_ms[0], gap_ms)
    return [counted, *lengths, *gaps, Judged("rise, of the length", _ends([p.rise for p in found]), _RISE)]


def _gaps_of_high(at10: list[float], at90: list[float], length_ms: float, bounds: tuple[float, float]) -> list[Judged]:
    """Short ones but for those between 3rd and 4th, 8th and 9th pulse, and that in the middle."""
    short10, short90 = ([gaps[i] for i in (0, 1, 3, 5, 6, 8)] for gaps in (at10, at90))
    wanted = 2 * short10[0] + length_ms
    return [
        Judged("gaps, at 10 %, ms", _ends(short10), bounds),
        Judged("gaps, at 90 %, ms", _ends(short90), bounds),
        Judged("gap 3-4 and 8-9, ms", _ends([at10[2], at10[7]]), (wanted - 2, wanted + 2)),
        Judged("gap 5-6, ms", _ends([at10[4], at90[4]]), (350.0, 1300.0)),
    ]


def _spectrum(found: list[MeasuredPulse]) -> list[Judged]:
    return [
        Judged("fundamental, Hz", _ends([p.fundamental_hz for p in found]), _FUNDAMENTAL_HZ),
        Judged("harmonics within 15 dB", _ends([p.harmonics for p in found]), (4, np.inf)),
    ]


def _levels(burst: Audio, found: list[MeasuredPulse]) -> list[Judged]:
    spread_db = _db(max(p.rms for p in found) / min(p.rms for p in found))
    over_db = _db(float(level(burst).max()) / guidance_rms())
    return [
        Judged("between its pulses, dB", (spread_db, spread_db), (0.0, _LEVELS_DB)),
        Judged("above guidance, dB (own)", (over_db, over_db), (3.0, np.inf)),
    ]


def _repeat(priority: str) -> Judged:
    pauses_s = [_pause_s(priority, passed=passed) for passed in (False, True)]
    return Judged("repeats after, s", _ends(pauses_s), _PAUSES_S[priority])


def _pause_s(priority: str, *, passed: bool) -> float:
    """The silence between one burst and the next as the mixer plays them; endless where there is no other."""
    mixer, block = Mixer(), RATE_HZ // 10
    mixer.alarm.sound(priority, passed=passed)
    out = np.zeros(_HEARKEN_S * RATE_HZ, np.float32)
    for first in range(0, len(out), block):
        mixer.render(out[first : first + block])
    loud = np.flatnonzero(np.abs(out) > _SILENT)
    apart_s = np.diff(loud) / RATE_HZ
    return float(apart_s.max()) if apart_s.max() > 2.0 else np.inf


def _gaps(found: list[MeasuredPulse], gap_s: Callable[[MeasuredPulse, MeasuredPulse], float]) -> list[float]:
    return [gap_s(a, b) * 1e3 for a, b in pairwise(found)]


def _ends(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _db(ratio: float) -> float:
    return float(20 * np.log10(ratio))
