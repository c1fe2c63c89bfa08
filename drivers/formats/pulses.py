"""Stimuli from annotations: the word ``stim``, then words such as ``current_ma=0.50 width_ms=0.10``.

Other recorders write other words. Where a file has no ``stim``, and one kind of annotation can only mean a stimulus,
that kind is taken; else nothing is guessed, and a sentence says what there is.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.base import DeviceRefused, Pulse
from drivers.formats.loaded import Annotation, number, printable

_PULSE_WORD = "stim"
_SLACK_SAMPLES = 0.01
"""How far before a sample an onset, rounded to a few decimals when it was written, still means that sample."""

_STIMULUS = re.compile(
    r"(e[ -]?)?(stim(uli|ulus|ulation)?|ttl|trig(ger)?|trg|pulse|shock|tms)s?(?![a-z])(?!.*(off|end|stop))",
    re.IGNORECASE,
)
_OF_THIS_PROGRAM = re.compile(r"stim-[a-z]|BAD_ACQ_SKIP|entry |alarm ")
_VALUES = re.compile(r"\S+=\S*|[\d.,]+\s*(mA|ms|us|\u00b5s|\u03bcs)\b")
_CURRENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*mA\b")
_WIDTH = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*(ms|us|\u00b5s|\u03bcs)\b")
_LISTED = 4


@dataclass(frozen=True, slots=True)
class PulseAnnotations:
    """The annotations that are stimuli, and ``notes``: sentences on which word they have, and on what is left."""

    annotations: tuple[Annotation, ...]
    notes: tuple[str, ...] = ()


def is_pulse(annotation: Annotation) -> bool:
    """Return whether the annotation is a stimulus as this program writes it: its first word is ``stim``."""
    return annotation.text.split()[:1] == [_PULSE_WORD]


def pulse_annotations(path: Path, annotations: Sequence[Annotation], label: str | None) -> PulseAnnotations:
    """Return the stimuli among ``annotations``: those that begin with ``label``, or ``stim``, or what means the same.

    Raises DeviceRefused where there is no annotation with ``label``.
    """
    if label is not None:
        return _labelled(path, annotations, label)
    written = tuple(annotation for annotation in annotations if is_pulse(annotation))
    others = [each for each in annotations if _may_be_a_stimulus(each)]
    kinds = Counter(_kind(each.text) for each in others)
    stimuli = {kind.casefold(): count for kind, count in kinds.items() if _STIMULUS.match(kind)}
    if written:
        ignored = f"annotations of {path} that are not 'stim' ({_listed(Counter(stimuli))}) are not taken for pulses"
        return PulseAnnotations(written, (ignored,) if stimuli else ())
    if len(stimuli) == 1:
        taken = tuple(each for each in others if _kind(each.text).casefold() in stimuli)
        note = f"the annotations '{_kind(taken[0].text)}' of {path} ({len(taken)}) are taken for pulses"
        return PulseAnnotations(taken, (note,))
    if not others:
        return PulseAnnotations(())
    note = f"{path} has annotations ({_listed(kinds)}), none of them 'stim'; name those of the pulses by --stim-label"
    return PulseAnnotations((), (note,))


def _may_be_a_stimulus(annotation: Annotation) -> bool:
    return bool(annotation.text) and not is_pulse(annotation) and not _OF_THIS_PROGRAM.match(annotation.text)


def parse_pulse(path: Path, annotation: Annotation, sample_rate_hz: float) -> Pulse:
    """Return the pulse of an annotation; words with an unknown key are left out.

    Raises DeviceRefused where a word after ``stim`` is not key=value, or a value not a number above 0 (a current may be
    0). An annotation with another word may say "0.5 mA" and "0.1 ms".
    """
    position = annotation.onset_s * sample_rate_hz
    sample = math.floor(position + _SLACK_SAMPLES)
    current_ma, width_ms = _written(path, annotation) if is_pulse(annotation) else _foreign(annotation.text)
    return Pulse(
        sample=sample,
        offset_ns=round(max(0.0, position - sample) / sample_rate_hz * 1e9),
        current_ma=current_ma,
        width_ms=width_ms,
    )


def _labelled(path: Path, annotations: Sequence[Annotation], label: str) -> PulseAnnotations:
    wanted = re.compile(re.escape(printable(label)) + r"(?![^\W_])", re.IGNORECASE)
    taken = tuple(each for each in annotations if wanted.match(printable(each.text)))
    if not taken:
        there = _listed(Counter(_kind(each.text) for each in annotations)) or "no annotation at all"
        raise DeviceRefused(f"{path} has no annotation '{printable(label)}'; it has {there}; correct --stim-label")
    return PulseAnnotations(taken)


def _kind(text: str) -> str:
    """Return the text without the values of one stimulus."""
    return printable(_VALUES.sub(" ", text)) or printable(text)


def _listed(kinds: Counter[str]) -> str:
    shown = [f"'{kind[:40]}' {count} times" for kind, count in kinds.most_common(_LISTED)]
    return ", ".join([*shown, *([f"{len(kinds) - _LISTED} more"] if len(kinds) > _LISTED else [])])


def _foreign(text: str) -> tuple[float | None, float | None]:
    """Return the current in mA and the width in ms that another program's annotation says, None for what it lacks."""
    words = dict(word.partition("=")[::2] for word in text.split() if "=" in word)
    current, width = _CURRENT.search(text), _WIDTH.search(text)
    width_ms = float(width[1]) * (1.0 if width[2] == "ms" else 1e-3) if width else number(words.get("width_ms", ""))
    return float(current[1]) if current else number(words.get("current_ma", "")), width_ms or None


def _written(path: Path, annotation: Annotation) -> tuple[float | None, float | None]:
    words = dict(_word(path, annotation, word) for word in annotation.text.split()[1:])
    return _value(path, annotation, words, "current_ma"), _value(path, annotation, words, "width_ms")


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
