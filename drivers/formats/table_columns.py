"""Columns of a table, of text or Parquet: what each holds by its name, the clock, the pulses and the texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivers.base import ChannelKind, DeviceRefused, OptionRefused, Samples, channel_kind
from drivers.formats.channels import ChannelCandidate
from drivers.formats.loaded import (
    HIGHEST_UV,
    Annotation,
    Values,
    check_sample_rate,
    microvolts_per,
    number,
    printable,
)
from drivers.formats.trigger import find_trigger_pulses

SHOWN = 40
"""So many letters of a name or a cell are shown in a message."""

_TEXT_COLUMN, _TEXTS_APART = "annotation", " | "
_BRACKETED = re.compile(r"(.*?)[(\[]([^()\[\]]*)[)\]]", re.DOTALL)
_SUFFIXED = re.compile(r"(.*)_([^_\s]+)", re.DOTALL)
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6}
_UNEVEN = 0.6
"""Largest deviation of a step, as a share of the usual step. Times at 4 kHz rounded to 0.1 ms have steps of 0.2 and
0.3 ms; a missing or doubled row deviates by a whole step."""
_ASTRAY = 0.5
"""Largest deviation of a time from the even grid, as a share of the mean step."""
_SLOWEST_HZ = 100.0
"""A lower rate of times without a unit shows that they are no seconds: no amplifier of EMG is slower than 125 Hz."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name and unit from the header; ``role`` is "time", "stim", "text", "lasting" or "signal".

    A column "lasting" has the durations in seconds of the texts beside it.
    """

    name: str
    unit: str
    role: str


@dataclass(frozen=True, slots=True)
class RowText:
    """What a row says: ``words``, and how long each ``lasts``, several of both apart by `` | ``."""

    sample: int
    words: str
    lasts: str = ""


def column(header: str) -> Column:
    """Parse one name of the header line: a unit in brackets, or a unit of volts or seconds after a last ``_``."""
    name, unit = header.strip(), ""
    bracketed, suffixed = _BRACKETED.fullmatch(name), _SUFFIXED.fullmatch(name)
    if bracketed:
        name, unit = bracketed[1].strip(), bracketed[2].strip()
    elif suffixed and (microvolts_per(suffixed[2]) is not None or suffixed[2] in _SECONDS):
        name, unit = suffixed[1], suffixed[2]
    key = name.casefold()
    if key in {"t", "time"}:
        return Column(name, unit, "time")
    if key == _TEXT_COLUMN:
        return Column(name, unit, "lasting" if unit == "s" else "text")
    return Column(name, unit, "stim" if channel_kind(name) is ChannelKind.TRIGGER else "signal")


def role_at(columns: Sequence[Column], role: str) -> int | None:
    """Return the place of the first column of ``role``; None where there is none."""
    return next((i for i, each in enumerate(columns) if each.role == role), None)


def trigger_column(columns: Sequence[Column]) -> int | None:
    """Return the column of the pulses: ``stim`` itself, else the first trigger line."""
    lines = [i for i, c in enumerate(columns) if c.role == "stim"]
    return next((i for i in lines if columns[i].name.casefold() == "stim"), lines[0] if lines else None)


def unused_triggers(path: Path, columns: Sequence[Column], marks: int | None) -> tuple[str, ...]:
    """Return a sentence on the trigger lines whose pulses are not read."""
    unused = [f"'{printable(c.name)}'" for i, c in enumerate(columns) if c.role == "stim" and i != marks]
    if marks is None or not unused:
        return ()
    return (f"the pulses of {path} are read from column '{printable(columns[marks].name)}', not {', '.join(unused)}",)


def check_units(path: Path, candidates: Sequence[ChannelCandidate]) -> None:
    """Raise DeviceRefused where a signal states no unit."""
    for candidate in candidates:
        if not candidate.unit:
            raise DeviceRefused(
                f"column '{candidate.name}' of {path} states no unit; write it in the first line, such as "
                f"'{candidate.name}_uv' or '{candidate.name} (mV)', or choose another by --channel"
            )


def column_microvolts(path: Path, first_row: int, where: Column, values: Values) -> Samples:
    """Return the samples of one column; ``first_row`` is the number of its first row. Raises DeviceRefused."""
    scale = microvolts_per(where.unit) or 0.0
    beyond = np.flatnonzero(np.abs(values) * scale > HIGHEST_UV)
    if len(beyond):
        raise DeviceRefused(
            f"row {beyond[0] + first_row} of {path} has {values[beyond[0]]:g} {where.unit} in column "
            f"'{printable(where.name[:SHOWN])}', which cannot be true; correct the value or the unit"
        )
    return (values * scale).astype(np.float32)


def clock_rate(path: Path, first_row: int, where: Column, times: Values, numbers: Values | None = None) -> float:
    """Return the rate in Hz by a column of times; ``numbers`` are those of the samples where some are missing.

    Raises DeviceRefused, naming the first row that is out of step.
    """
    if where.unit not in _SECONDS:
        raise DeviceRefused(f"{path} gives its times in '{printable(where.unit[:SHOWN])}'; give them in s, ms or us")
    times_s = times * _SECONDS[where.unit]
    counts = np.arange(len(times_s), dtype=np.float64) if numbers is None else numbers - numbers[0]
    if len(times_s) < 2:
        raise DeviceRefused(f"{path} has one row only, which gives no sampling rate; export more rows")
    steps = np.diff(times_s) / np.diff(counts)
    usual = np.sort(steps)[(len(steps) - 1) // 2]
    mean = (times_s[-1] - times_s[0]) / counts[-1]
    astray = np.abs(times_s[1:] - times_s[0] - mean * counts[1:]) > _ASTRAY * mean
    uneven = np.flatnonzero((steps <= 0) | (np.abs(steps - usual) > _UNEVEN * usual))
    wrong = uneven if len(uneven) else np.flatnonzero(astray)
    if len(wrong):
        raise DeviceRefused(
            f"the times of {path} are not even: row {wrong[0] + 1 + first_row} is out of step with the "
            "others; export it with every sample and enough decimals"
        )
    if not where.unit and 1.0 / mean < _SLOWEST_HZ:
        raise DeviceRefused(
            f"the times of {path} state no unit, and as seconds they would give {1.0 / mean:.4g} Hz; name their column "
            "time_s, time_ms or time_us"
        )
    return check_sample_rate(path, round(float(1.0 / mean), 6))


def table_rate(
    path: Path, first_row: int, columns: Sequence[Column], times: Values | None, stated_hz: float | None
) -> float:
    """Return the rate that the column of times gives, else the operator. Raises OptionRefused and DeviceRefused."""
    clock = role_at(columns, "time")
    if clock is not None and stated_hz is not None:
        raise OptionRefused(f"{path} has a column of times, which gives its rate; leave out --sample-rate-hz")
    if stated_hz is not None:
        return check_sample_rate(path, stated_hz)
    if clock is None or times is None:
        raise OptionRefused(f"{path} has no column time_s, time_ms, time or t; add one, or give --sample-rate-hz HZ")
    return clock_rate(path, first_row, columns[clock], times)


def text_annotations(path: Path, texts: Sequence[RowText], sample_rate_hz: float) -> Iterator[Annotation]:
    """Yield the texts of the rows, in the time of the recording. Raises DeviceRefused for a duration that is none."""
    for row in texts:
        words, lasts = row.words.split(_TEXTS_APART), row.lasts.split(_TEXTS_APART)
        for text, duration in zip(words, [*lasts, *[""] * len(words)], strict=False):
            lasts_s = number(duration.strip()) if duration.strip() else 0.0
            if lasts_s is None or lasts_s < 0:
                raise DeviceRefused(
                    f"the annotation '{printable(text[:SHOWN])}' of {path} lasts '{printable(duration[:SHOWN])}', "
                    "which is no time in seconds; correct it"
                )
            if text.strip():
                yield Annotation(row.sample / sample_rate_hz, printable(text), lasts_s)


def pulse_samples(path: Path, where: Column, line: Values) -> tuple[int, ...]:
    """Return the rows at which a trigger line has pulses. Raises DeviceRefused where none stands out of its noise."""
    found = find_trigger_pulses(line)
    if found.refused:
        raise DeviceRefused(
            f"column '{printable(where.name[:SHOWN])}' of {path} is no trigger line: {found.refused}; correct it, or "
            "give it another name"
        )
    return found.samples
