"""CSV files: a line of column names with their units, then one row a sample.

Examples of names are ``EMG_uv``, ``EMG (mV)`` and ``EMG[V]``. A column ``time`` or ``t`` (``time_s``, ``time_ms``,
``time [us]``) is the clock. In a column ``stim`` every run of values other than 0 is one pulse, at the first of them.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drivers.base import Channel, DeviceRefused, OptionRefused, Samples
from drivers.formats.loaded import (
    HIGHEST_UV,
    Annotation,
    ChannelCandidate,
    FileOptions,
    LoadedFile,
    Segment,
    channel_names,
    check_sample_rate,
    choose_channels,
    microvolts_per,
    number,
    printable,
)

DELIMITERS = "\t;,"

_BRACKETED = re.compile(r"(.*?)[(\[]([^()\[\]]*)[)\]]", re.DOTALL)
_SUFFIXED = re.compile(r"(.*)_([^_\s]+)", re.DOTALL)
_SHOWN = 40
_SECONDS = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}
_PLAIN = re.compile(r"[-+.0-9eE]*")
"""Characters of cells that are numbers, or that float() refuses: the fast path for all but faulty batches."""
_BATCH_ROWS = 4096
_FIRST_ROW = 2
_HIGHEST = 1e15
_UNEVEN = 0.6
"""Largest deviation of a step, as a share of the usual step. Times at 4 kHz rounded to 0.1 ms have steps of 0.2 and
0.3 ms; a missing or doubled row deviates by a whole step."""
_ASTRAY = 0.5
"""Largest deviation of a time from the even grid, as a share of the mean step."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name and unit from the header; ``role`` is "time", "stim" or "signal"."""

    name: str
    unit: str
    role: str


def column(header: str) -> Column:
    """Parse one name of the header line: a unit in brackets, or a unit of volts or seconds after a last ``_``."""
    name, unit = header.strip(), ""
    bracketed, suffixed = _BRACKETED.fullmatch(name), _SUFFIXED.fullmatch(name)
    if bracketed:
        name, unit = bracketed[1].strip(), bracketed[2].strip()
    elif suffixed and (microvolts_per(suffixed[2]) is not None or suffixed[2] in _SECONDS):
        name, unit = suffixed[1], suffixed[2]
    key = name.casefold()
    role = "time" if key in {"t", "time"} else "stim" if key == "stim" else "signal"
    return Column(name, unit, role)


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open a CSV file. Raises OSError, and DeviceRefused naming the row or column that cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            file.seek(0)
            delimiter = next((mark for mark in DELIMITERS if mark in header), ",")
            return _load(path, csv.reader(file, delimiter=delimiter, strict=True), options)
    except UnicodeDecodeError as error:
        raise DeviceRefused(f"{path} is not text in UTF-8 throughout; save it again as CSV in UTF-8") from error
    except csv.Error as error:
        raise DeviceRefused(f"{path} is not a well-formed table: {error}; export it again") from error


def _load(path: Path, rows: Iterator[list[str]], options: FileOptions) -> LoadedFile:
    columns = [column(header) for header in next(rows)]
    signals = [i for i, c in enumerate(columns) if c.role == "signal"]
    names = channel_names([columns[i].name for i in signals])
    candidates = [ChannelCandidate(name, columns[i].unit, 0.0) for name, i in zip(names, signals, strict=True)]
    if options.channel is None:
        _check_units(path, candidates)
    chosen = choose_channels(path, candidates, options.channel)
    played = [signals[i] for i in chosen]
    clock = next((i for i, c in enumerate(columns) if c.role == "time"), None)
    marks = next((i for i, c in enumerate(columns) if c.role == "stim"), None)
    table = _read(path, rows, columns, {i for i in (*played, clock, marks) if i is not None})
    sample_rate_hz = _rate(path, columns, clock, table, options.sample_rate_hz)
    uv = np.stack([_microvolts(path, columns[i], table[i]) for i in played], axis=1)
    return LoadedFile(
        model="CSV recording",
        sample_rate_hz=sample_rate_hz,
        channels=tuple(Channel(names[i]) for i in chosen),
        segments=(Segment(0, 0, len(uv)),),
        page_samples=len(uv),
        page=lambda _: (uv, np.zeros(uv.shape, dtype=np.bool_)),
        annotations=() if marks is None else _annotations(table[marks], sample_rate_hz),
    )


def _check_units(path: Path, candidates: Sequence[ChannelCandidate]) -> None:
    for candidate in candidates:
        if not candidate.unit:
            raise DeviceRefused(
                f"column '{candidate.name}' of {path} states no unit; write it in the first line, such as "
                f"'{candidate.name}_uv' or '{candidate.name} (mV)', or choose another by --channel"
            )


def _read(path: Path, rows: Iterator[list[str]], columns: Sequence[Column], wanted: set[int]) -> dict[int, Values]:
    cells = {i: array("d") for i in sorted(wanted)}
    checked = _checked(path, rows, len(columns))
    first = _FIRST_ROW
    while batch := list(islice(checked, _BATCH_ROWS)):
        for i, values in cells.items():
            values.extend(_numbers(path, first, columns[i], [row[i] for row in batch]))
        first += len(batch)
    if first == _FIRST_ROW:
        raise DeviceRefused(f"{path} has column names but no samples below them, so there is nothing to play")
    return {i: np.array(values) for i, values in cells.items()}


def _checked(path: Path, rows: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    blank = 0
    for row_number, row in enumerate(rows, start=_FIRST_ROW):
        if not row:
            blank = blank or row_number
            continue
        if blank or len(row) != width:
            wrong, cells = (blank, "no") if blank else (row_number, len(row))
            raise DeviceRefused(f"row {wrong} of {path} has {cells} cells, not {width}; correct it")
        yield row


def _numbers(path: Path, first_row: int, where: Column, cells: list[str]) -> list[float]:
    if _PLAIN.fullmatch("".join(cells)):
        with suppress(ValueError):
            values = [float(cell) for cell in cells]
            if max(map(abs, values)) <= _HIGHEST:
                return values
    return [_cell(path, row, where, text) for row, text in enumerate(cells, first_row)]


def _cell(path: Path, row: int, where: Column, text: str) -> float:
    value = number(text.strip())
    if value is None or abs(value) > _HIGHEST:
        raise DeviceRefused(
            f"row {row} of {path} has '{printable(text[:_SHOWN])}' in column '{printable(where.name[:_SHOWN])}', "
            "which is not a number that can be played; correct it"
        )
    return value


def _microvolts(path: Path, where: Column, values: Values) -> Samples:
    scale = microvolts_per(where.unit) or 0.0
    beyond = np.flatnonzero(np.abs(values) * scale > HIGHEST_UV)
    if len(beyond):
        raise DeviceRefused(
            f"row {beyond[0] + _FIRST_ROW} of {path} has {values[beyond[0]]:g} {where.unit} in column "
            f"'{printable(where.name[:_SHOWN])}', which cannot be true; correct the value or the unit"
        )
    return (values * scale).astype(np.float32)


def _rate(
    path: Path, columns: Sequence[Column], clock: int | None, table: dict[int, Values], stated_hz: float | None
) -> float:
    if clock is not None and stated_hz is not None:
        raise OptionRefused(f"{path} has a column of times, which gives its rate; leave out --sample-rate-hz")
    if stated_hz is not None:
        return check_sample_rate(path, stated_hz)
    if clock is None:
        raise OptionRefused(f"{path} has no column time_s, time_ms, time or t; add one, or give --sample-rate-hz HZ")
    unit = columns[clock].unit
    if unit not in _SECONDS:
        raise DeviceRefused(f"{path} gives its times in '{printable(unit[:_SHOWN])}'; give them in s, ms or us")
    return check_sample_rate(path, _even_rate(path, table[clock] * _SECONDS[unit]))


def _even_rate(path: Path, times_s: Values) -> float:
    steps = np.diff(times_s)
    if not len(steps):
        raise DeviceRefused(f"{path} has one row only, which gives no sampling rate; export more rows")
    usual = np.sort(steps)[(len(steps) - 1) // 2]
    mean = (times_s[-1] - times_s[0]) / len(steps)
    astray = np.abs(times_s[1:] - times_s[0] - mean * np.arange(1, len(times_s))) > _ASTRAY * mean
    uneven = np.flatnonzero((steps <= 0) | (np.abs(steps - usual) > _UNEVEN * usual))
    wrong = uneven if len(uneven) else np.flatnonzero(astray)
    if len(wrong):
        raise DeviceRefused(
            f"the times of {path} are not even: row {wrong[0] + 1 + _FIRST_ROW} is out of step with the "
            "others; export it with every sample and enough decimals"
        )
    return round(float(1.0 / mean), 6)


def _annotations(marks: Values, sample_rate_hz: float) -> tuple[Annotation, ...]:
    on = marks != 0
    begins = np.flatnonzero(on & ~np.concatenate(([False], on[:-1])))
    return tuple(Annotation(int(row) / sample_rate_hz, "stim") for row in begins)
