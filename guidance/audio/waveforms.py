"""The waveforms of all tones: one period of each as an exact table of samples, in numpy alone.

Guidance consists of sines with soft edges: few partials, so that no cue resembles an alarm. Levels are of full scale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from guidance.cue import Tone

Waveform = NDArray[np.float32]
SAMPLE_RATE_HZ = 48_000
"""Sample rate of all synthesised sound."""

FADE = 240
"""Samples of a crossfade: 5 ms."""

BEEP_LEVEL, TICK_LEVEL, FIGURE_LEVEL, ROUGH_LEVEL = 0.22, 0.07, 0.18, 0.20
BEEP_S = 0.06
ROUGH_RATIO = 1.06
"""Ratio of the second partial of ``close``, a semitone above: the two beat about 50 times a second, which is rough."""

FIGURE_RATIO = 1.26
"""Ratio of the second note of ``target``, a major third above the first."""

_EDGE_S = 0.008
_TICK_S, _TICK_DECAY_S, _TICK_EDGE_S, _DOUBLE_S = 0.03, 0.006, 0.0015, 0.12
_NOTE_S, _STEP_S = 0.2, 0.22
_BRIEF_S, _BRIEF_EDGE_S = 0.025, 0.004
_RESPONSE_S, _RESPONSE_HZ, _RESPONSE_OCTAVES, _RESPONSE_UV = 0.09, 400.0, 1.5, (50.0, 5000.0)


@cache
def table(tone: Tone, beep_rate_hz: float | None) -> Waveform:
    """Return one period of ``tone`` at ``beep_rate_hz`` (None: continuous), float32 in -1 to 1, at SAMPLE_RATE_HZ.

    The period of a continuous tone is a second, a whole number of cycles for whole hertz. The result is read-only.
    """
    period = SAMPLE_RATE_HZ if beep_rate_hz is None else round(SAMPLE_RATE_HZ / beep_rate_hz)
    out = np.zeros(period, np.float32)
    for at_s, note in _FIGURES[tone.figure](tone.pitch_hz or 0.0):
        first = round(at_s * SAMPLE_RATE_HZ)
        length = min(len(note), period - first)
        out[first : first + length] += note[:length]
    out.flags.writeable = False
    return out


def make_tables(tones: Iterable[Tone]) -> None:
    """Compute the tables of ``tones`` at all tempi now: some take milliseconds, which would delay a cue."""
    for tone in tones:
        for beep_rate_hz in tone.beep_rates_hz or (None,):
            table(tone, beep_rate_hz)


def stimulus_tick() -> Waveform:
    """Return the tick of a stimulus."""
    return _tick(2400.0)


def response_tone(amplitude_uv: float, *, brief: bool = False) -> Waveform:
    """Return the tone for a response of ``amplitude_uv`` peak to peak: 400 Hz at 50 uV to 1.5 octaves above at 5 mV.

    ``brief``: the tone for a motor unit potential, of which many may occur in a second.
    """
    low, high = _RESPONSE_UV
    part = np.log(np.clip(amplitude_uv, low, high) / low) / np.log(high / low)
    pitch_hz = _RESPONSE_HZ * 2.0 ** (_RESPONSE_OCTAVES * float(part))
    return _note(pitch_hz, _BRIEF_S, BEEP_LEVEL, _BRIEF_EDGE_S) if brief else _note(pitch_hz, _RESPONSE_S, BEEP_LEVEL)


def raised(length: int, edge: int, fall: int | None = None) -> NDArray[np.float64]:
    """Return an envelope of ``length`` samples that rises over ``edge`` and falls over ``fall`` by raised cosines."""
    fall = edge if fall is None else fall
    out = np.ones(length)
    out[:edge] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / edge)
    out[length - fall :] = 0.5 + 0.5 * np.cos(np.pi * (np.arange(fall) + 0.5) / fall)
    return out


def _note(pitch_hz: float, seconds: float, level: float, edge_s: float = _EDGE_S) -> Waveform:
    n = round(seconds * SAMPLE_RATE_HZ)
    wave = np.sin(2 * np.pi * pitch_hz * np.arange(n) / SAMPLE_RATE_HZ)
    return np.asarray(level * wave * raised(n, round(edge_s * SAMPLE_RATE_HZ)), np.float32)


def _tick(pitch_hz: float) -> Waveform:
    t = np.arange(round(_TICK_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    shape = np.minimum(t / _TICK_EDGE_S, 1.0) * np.exp(-t / _TICK_DECAY_S) * raised(len(t), 1, len(t) // 4)
    return np.asarray(TICK_LEVEL * np.sin(2 * np.pi * pitch_hz * t) * shape, np.float32)


def _rough(pitch_hz: float) -> Waveform:
    t = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    partials = [np.sin(2 * np.pi * round(pitch_hz * ratio) * t) for ratio in (1.0, ROUGH_RATIO)]
    return np.asarray(ROUGH_LEVEL * sum(partials) / 2, np.float32)


def _bell(pitch_hz: float) -> Waveform:
    n = round(_NOTE_S * SAMPLE_RATE_HZ)
    return np.asarray(_note(pitch_hz, _NOTE_S, FIGURE_LEVEL) * np.exp(-2.0 * np.arange(n) / n), np.float32)


_Notes = list[tuple[float, Waveform]]
_FIGURES: dict[str, Callable[[float], _Notes]] = {
    "beep": lambda pitch_hz: [(0.0, _note(pitch_hz, BEEP_S, BEEP_LEVEL))],
    "tick": lambda pitch_hz: [(0.0, _tick(pitch_hz))],
    "double-tick": lambda pitch_hz: [(0.0, _tick(pitch_hz)), (_DOUBLE_S, _tick(pitch_hz))],
    "figure": lambda pitch_hz: [(0.0, _bell(pitch_hz)), (_STEP_S, _bell(pitch_hz * FIGURE_RATIO))],
    "rough": lambda pitch_hz: [(0.0, _rough(pitch_hz))],
    "silence": lambda _pitch_hz: [],
}
