"""Samples of each sound, rendered as the player would play them, without a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.audio.alarm_bursts import BURSTS
from guidance.audio.player import Player
from guidance.audio.player_protocol import AudibleAlarm, Order, Play, PlayerOptions, ResponseSound, Tick
from guidance.audio.waveforms import SAMPLE_RATE_HZ, Waveform
from guidance.cue import MAPPINGS, Mapping

ALARMS = "alarms"
_BLOCK_S = 0.01
_SHOWN_S, _RARE_S = 2.0, 5.0
_BEAT_S, _LATENCY_S = 0.5, 0.015
_AMPLITUDES_UV = (100.0, 400.0, 1500.0, 5000.0)


@dataclass(frozen=True, slots=True)
class SoundSample:
    """A sample of one sound: its name, description and length, and orders to the player, each at its time in s."""

    name: str
    description: str
    seconds: float
    orders: tuple[tuple[float, Order], ...]


def sound_samples(name: str) -> list[SoundSample]:
    """Return the samples of the mapping ``name``, from far to near, or those of the alarms."""
    if name == ALARMS:
        return [
            SoundSample(
                priority, f"alarm of {priority} priority", burst.length_s + 0.5, ((0.0, AudibleAlarm(priority)),)
            )
            for priority, burst in BURSTS.items()
        ]
    mapping = MAPPINGS[name]
    samples = [_zone(mapping, zone) for zone, tone in mapping.tones.items() if tone.figure != "silence"]
    return [*samples, _responses(), _potentials()] if mapping.response_tones else samples


def render_sample(sample: SoundSample) -> Waveform:
    """Render ``sample``, mono, at SAMPLE_RATE_HZ."""
    player = Player(PlayerOptions(None, 10_000.0, (), 200.0))
    orders, block = list(sample.orders), round(_BLOCK_S * SAMPLE_RATE_HZ)
    out = np.zeros(round(sample.seconds / _BLOCK_S) * block, np.float32)
    for first in range(0, len(out), block):
        while orders and orders[0][0] * SAMPLE_RATE_HZ <= first:
            player.obey(orders.pop(0)[1])
        player.mixer.render(out[first : first + block])
    return out


def _zone(mapping: Mapping, zone: str) -> SoundSample:
    tone = mapping.tones[zone]
    tempi = tone.beep_rates_hz or (None,)
    each_s = _RARE_S if tempi[0] is not None and tempi[0] < 1.0 else _SHOWN_S
    orders = [(i * each_s, Play(tone, beep_rate_hz, in_step=i > 0)) for i, beep_rate_hz in enumerate(tempi)]
    return SoundSample(zone, _describe(tempi, tone.pitch_hz), each_s * len(tempi), tuple(orders))


def _describe(tempi: tuple[float | None, ...], pitch_hz: float | None) -> str:
    known = [tempo_hz for tempo_hz in tempi if tempo_hz is not None]
    tempo = f"{known[0]:g} to {known[-1]:g} a second" if len(known) > 1 else f"{known[0]:g} a second" if known else ""
    return f"{tempo or 'continuous'}, {pitch_hz or 0:g} Hz"


def _responses() -> SoundSample:
    beats: list[tuple[float, Order]] = []
    for i, amplitude_uv in enumerate(_AMPLITUDES_UV):
        beats += [(i * _BEAT_S, Tick()), (i * _BEAT_S + _LATENCY_S, ResponseSound(amplitude_uv))]
    sizes = ", ".join(f"{amplitude_uv:g}" for amplitude_uv in _AMPLITUDES_UV)
    return SoundSample("answers", f"a tick at each stimulus and its response of {sizes} uV", 2.5, tuple(beats))


def _potentials() -> SoundSample:
    """Return the sample of a motor unit that is recruited, then a larger one."""
    beats = [(0.1 * i, ResponseSound(150.0, brief=True)) for i in range(20)]
    beats += [(0.95 + 0.13 * i, ResponseSound(900.0, brief=True)) for i in range(8)]
    return SoundSample(
        "potentials", "a tone each, of 150 and 900 uV", 2.2, tuple(sorted(beats, key=lambda beat: beat[0]))
    )
