"""Stimuli from annotations: the word ``stim``, then words such as ``current_ma=0.50 width_ms=0.10``."""

from __future__ import annotations

import math
from pathlib import Path

from drivers.base import DeviceRefused, Pulse
from drivers.formats.loaded import Annotation, number

_PULSE_WORD = "stim"
_SLACK_SAMPLES = 0.01
"""How far before a sample an onset, rounded to a few decimals when it was written, still means that sample."""


def is_pulse(annotation: Annotation) -> bool:
    """Return whether the annotation is a stimulus: its first word is ``stim``."""
    return annotation.text.split()[:1] == [_PULSE_WORD]


def parse_pulse(path: Path, annotation: Annotation, sample_rate_hz: float) -> Pulse:
    """Return the pulse of an annotation; words with an unknown key are left out.

    Raises DeviceRefused where a word is not key=value, or a value not a number above 0 (a current may be 0).
    """
    words = dict(_word(path, annotation, word) for word in annotation.text.split()[1:])
    position = annotation.onset_s * sample_rate_hz
    sample = math.floor(position + _SLACK_SAMPLES)
    return Pulse(
        sample=sample,
        offset_ns=round(max(0.0, position - sample) / sample_rate_hz * 1e9),
        current_ma=_value(path, annotation, words, "current_ma"),
        width_ms=_value(path, annotation, words, "width_ms"),
    )


def _word(path: Path, annotation: Annotation, word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise _malformed(path, annotation, f"'{word}' is not of the form key=value")
    return key, value


def _value(path: Path, annotation: Annotation, words: dict[str, str], key: str) -> float | None:
    if key not in words:
        return None
    value = number(words[key])
    if value is None or value < 0 or (value == 0 and key == "width_ms"):
        raise _malformed(path, annotation, f"{key} is '{words[key]}'")
    return value


def _malformed(path: Path, annotation: Annotation, why: str) -> DeviceRefused:
    return DeviceRefused(
        f"the annotation '{annotation.text}' at {annotation.onset_s:g} s of {path} is not a pulse: {why}; "
        "correct it, or replay with --mode listen"
    )
