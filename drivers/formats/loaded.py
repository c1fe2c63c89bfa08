"""Data that every file format gives to a recording, and common rules for units, numbers, names and channels."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.base import Channel, DeviceRefused, OptionRefused, Samples

HIGHEST_UV = 1e9
PAGE_VALUES = 1 << 16

SamplePage = tuple[Samples, NDArray[np.bool_]]

_NAME_LENGTH = 40
_LISTED = 16
_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 1.0, 1e6
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_MICROVOLTS = {"": 1e6, "m": 1e3, "u": 1.0, "\u00b5": 1.0, "\u03bc": 1.0, "n": 1e-3}


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Options of an operator for a file: the one channel to play, and what the format does not state."""

    channel: str | None = None
    full_scale_uv: float | None = None
    sample_rate_hz: float | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text for the time from ``onset_s``, in seconds after the first sample, lasting ``duration_s``."""

    onset_s: float
    text: str
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Segment:
    """Contiguous samples: ``first_sample`` in the recording's time, ``stored_at`` among the samples in the file."""

    first_sample: int
    stored_at: int
    samples: int

    @property
    def end_sample(self) -> int:
        """Index of the first sample after this segment."""
        return self.first_sample + self.samples


@dataclass(frozen=True, slots=True, eq=False)
class LoadedFile:
    """An opened file.

    ``page(i)`` returns the i-th run of ``page_samples`` stored samples (the last may be shorter): microvolts of shape
    (samples, channels), and flags of the same shape for values at an end of the converter's range. It raises OSError
    and DeviceLost where the file can no longer be read.
    """

    model: str
    sample_rate_hz: float
    channels: tuple[Channel, ...]
    segments: tuple[Segment, ...]
    page_samples: int
    page: Callable[[int], SamplePage]
    annotations: tuple[Annotation, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelCandidate:
    """A signal of a file that may be chosen; ``unit`` as the file states it."""

    name: str
    unit: str
    sample_rate_hz: float

    @property
    def is_voltage(self) -> bool:
        """Whether the unit is one of voltage."""
        return microvolts_per(self.unit) is not None


def number(text: str) -> float | None:
    """Return the finite decimal number in ``text``, or None. Stricter than float(): no "nan", "inf" or "1_0"."""
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def microvolts_per(unit: str) -> float | None:
    """Return the microvolts of one ``unit``; None where it is not V, mV, uV (either micro sign) or nV."""
    return _MICROVOLTS.get(unit[:-1]) if unit[-1:] in {"v", "V"} else None


def printable(text: str) -> str:
    """Return ``text`` from outside with control characters and runs of blanks replaced by single blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def channel_names(labels: Sequence[str]) -> list[str]:
    """Return one printable, distinct name for each label; a repeated or blank label is numbered."""
    names: list[str] = []
    for position, label in enumerate(labels, start=1):
        name = printable(label)[:_NAME_LENGTH] or f"channel {position}"
        names.append(name if name not in names else f"{name} #{position}")
    return names


def choose_channels(path: Path, candidates: Sequence[ChannelCandidate], wanted: str | None) -> list[int]:
    """Return the indices of the signals to play. Raises DeviceRefused.

    They are the ``wanted`` one (by exact name, else ignoring case), or all voltages of the highest rate among them.
    """
    if wanted is not None:
        return [_find(path, candidates, wanted)]
    voltages = [i for i, candidate in enumerate(candidates) if candidate.is_voltage]
    if not voltages:
        raise DeviceRefused(f"{path} has no channel in volts; it has {_listed(candidates)}")
    highest = max(candidates[i].sample_rate_hz for i in voltages)
    return [i for i in voltages if candidates[i].sample_rate_hz == highest]


def _find(path: Path, candidates: Sequence[ChannelCandidate], wanted: str) -> int:
    names = [candidate.name for candidate in candidates]
    matches = [i for i, name in enumerate(names) if name == wanted]
    matches = matches or [i for i, name in enumerate(names) if name.casefold() == wanted.casefold()]
    if len(matches) != 1:
        raise OptionRefused(f"{path} has no channel '{printable(wanted)}'; it has {_listed(candidates)}")
    if not candidates[matches[0]].is_voltage:
        wrong = candidates[matches[0]]
        unit = f"in {printable(wrong.unit)[:_NAME_LENGTH]!r}" if wrong.unit else "without a unit"
        raise OptionRefused(f"channel '{wrong.name}' of {path} is {unit}, not in volts, and cannot be played")
    return matches[0]


def _listed(candidates: Sequence[ChannelCandidate]) -> str:
    more = f" and {len(candidates) - _LISTED} more" if len(candidates) > _LISTED else ""
    return ", ".join(f"'{candidate.name}'" for candidate in candidates[:_LISTED]) + more or "none at all"


def check_sample_rate(path: Path, sample_rate_hz: float) -> float:
    """Return ``sample_rate_hz`` unchanged. Raises DeviceRefused where it is impossibly low or high."""
    if not _LOWEST_RATE_HZ <= sample_rate_hz <= _HIGHEST_RATE_HZ:
        raise DeviceRefused(
            f"{path} gives a sampling rate of {sample_rate_hz:g} Hz, which is not between "
            f"{_LOWEST_RATE_HZ:g} and {_HIGHEST_RATE_HZ:g} Hz; the file or the rate given with it is wrong"
        )
    return sample_rate_hz
