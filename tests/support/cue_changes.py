"""How far a sample is from the one before, inside the tones of guidance and where one gives way to another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from guidance.audio.mixer import Mixer
from guidance.audio.waveforms import SAMPLE_RATE_HZ, table
from guidance.cue import Tone
from tests.support.sound_recognition import Audio

PLACES = range(2400, 7200, 617)
_AFTER = 1200


def largest_step(audio: Audio) -> float:
    """The largest step from sample to sample."""
    return float(np.abs(np.diff(audio)).max())


def fastest(tone: Tone) -> float | None:
    """The fastest tempo of ``tone``."""
    return tone.beep_rates_hz[-1] if tone.beep_rates_hz else None


def inside(tone: Tone) -> float:
    """The largest step of ``tone`` by itself."""
    return largest_step(np.tile(table(tone, fastest(tone)), 2))


def at_changes(tones: dict[str, Tone]) -> Iterator[tuple[str, str, float]]:
    """For all pairs of ``tones``, also of one with itself and with silence: from, to, and the largest step."""
    silent = {"silence": Tone("silence", None)}
    for (before, old), (after, new) in product(tones.items(), (tones | silent).items()):
        yield before, after, max(_at_change(old, new, place) for place in PLACES)


def at_alarm(priority: str, tone: Tone) -> float:
    """The largest step while an alarm begins over ``tone`` and is silenced in the middle of a pulse."""
    mixer = Mixer()
    mixer.cue.play(table(tone, fastest(tone)))
    parts = [_rendered(mixer, PLACES[0])]
    mixer.alarm.sound(priority, passed=False)
    parts.append(_rendered(mixer, round(0.06 * SAMPLE_RATE_HZ)))
    mixer.alarm.sound(None, passed=False)
    return largest_step(np.concatenate([*parts, _rendered(mixer, _AFTER)]))


def _at_change(old: Tone, new: Tone, place: int) -> float:
    mixer = Mixer()
    mixer.cue.play(table(old, fastest(old)))
    before = _rendered(mixer, place)
    mixer.cue.play(table(new, fastest(new)))
    return largest_step(np.concatenate([before, _rendered(mixer, _AFTER)]))


def _rendered(mixer: Mixer, frames: int) -> Audio:
    out = np.zeros(frames, np.float32)
    mixer.render(out)
    return out
