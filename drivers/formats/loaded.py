"""Data that every file format gives to a recording, and common rules for units, numbers, names and channels."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from drivers.base import Channel, DeviceRefused, Samples

HIGHEST_UV = 1e9
PAGE_VALUES = 1 << 16

Values = NDArray[np.float64]
SamplePage = tuple[Samples, NDArray[np.bool_]]

NAME_LENGTH = 40
_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 1.0, 1e6
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_PREFIXES = {"": 1e6, "m": 1e3, "milli": 1e3, "u": 1.0, "U": 1.0, "micro": 1.0, "n": 1e-3, "nano": 1e-3}
_MICRO_SIGNS = (
    "\u00b5",
    "\u03bc",
    "\u00c2\u00b5",
    "\u00ce\u00bc",
    "\u0083\u00ca",
    "\u0192\u00ca",
    "\u00e6",
    "\u00a6\u00cc",
    "\ufffd",
)
"""The micro sign and the Greek letter; both as UTF-8 read as Latin-1; and as Shift-JIS, DOS and GB 2312 write it, in
Latin-1 or the code page of Windows.

No other unit of voltage has a foreign letter before its V, so a letter lost in an encoding can only be this one.
"""
_VOLTS = re.compile(r"(.*?)(?:[vV]|[vV]olts?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Options of an operator for a file: the channels to play, and what the format does not state.

    ``every_channel``: play every voltage at the muscle's rate, whatever its label, in the order of the file.
    ``stim_label`` is the text of the annotations that are pulses.
    """

    channel: str | None = None
    full_scale_uv: float | None = None
    sample_rate_hz: float | None = None
    stim_label: str | None = None
    channels: tuple[str, ...] = ()
    every_channel: bool = False

    @property
    def named_channels(self) -> tuple[str, ...]:
        """The channels to play, by name; none where the file decides."""
        return self.channels or (() if self.channel is None else (self.channel,))


class FileOptionValues(TypedDict, total=False):
    """The fields of ``FileOptions``, as keyword arguments."""

    channel: str | None
    full_scale_uv: float | None
    sample_rate_hz: float | None
    stim_label: str | None
    channels: tuple[str, ...]
    every_channel: bool


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


def number(text: str) -> float | None:
    """Return the finite decimal number in ``text``, or None. Stricter than float(): no "nan", "inf" or "1_0"."""
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def microvolts_per(unit: str) -> float | None:
    """Return the microvolts of one ``unit``; None where it is not V, mV, uV (any micro sign), nV or its word."""
    found = _VOLTS.fullmatch(unit.strip())
    if found is None:
        return None
    prefix = found[1].strip()
    if prefix in _MICRO_SIGNS:
        return 1.0
    return _PREFIXES.get(prefix.casefold() if len(prefix) > 1 else prefix)


def printable(text: str) -> str:
    """Return ``text`` from outside with control characters and runs of blanks replaced by single blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def channel_names(labels: Sequence[str]) -> list[str]:
    """Return one printable, distinct name for each label; a repeated or blank label is numbered."""
    names: list[str] = []
    for position, label in enumerate(labels, start=1):
        name = printable(label)[:NAME_LENGTH] or f"channel {position}"
        names.append(name if name not in names else f"{name} #{position}")
    return names


def check_sample_rate(path: Path, sample_rate_hz: float) -> float:
    """Return ``sample_rate_hz`` unchanged. Raises DeviceRefused where it is impossibly low or high."""
    if not _LOWEST_RATE_HZ <= sample_rate_hz <= _HIGHEST_RATE_HZ:
        raise DeviceRefused(
            f"{path} gives a sampling rate of {sample_rate_hz:g} Hz, which is not between "
            f"{_LOWEST_RATE_HZ:g} and {_HIGHEST_RATE_HZ:g} Hz; the file or the rate given with it is wrong"
        )
    return sample_rate_hz
