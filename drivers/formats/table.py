"""Tables of text (CSV): a line of column names with their units, then one row a sample.

Examples of names are ``EMG_uv``, ``EMG (mV)`` and ``EMG[V]``. A column ``time`` or ``t`` (``time_s``, ``time_ms``,
``time [us]``) is the clock. A column ``stim``, else the first called trigger, TTL or the like, is a trigger line: each
departure from its rest is a pulse. A column ``annotation`` holds texts, several of a row apart by `` | ``. Spreadsheets
write a line ``sep=;``, decimal commas and an empty last cell. Blank lines and
lines of ``#`` above the names are left out.
"""

from __future__ import annotations

import codecs
import csv
import re
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from drivers.base import Channel, ChannelKind, DeviceRefused, OptionRefused, Samples, channel_kind
from drivers.formats.channels import ChannelCandidate, choose_channels
from drivers.formats.loaded import (
    HIGHEST_UV,
    Annotation,
    FileOptions,
    LoadedFile,
    Segment,
    Values,
    channel_names,
    check_sample_rate,
    microvolts_per,
    number,
    printable,
)
from drivers.formats.trigger import find_trigger_pulses

DELIMITERS = "\t;,"
TEXT_COLUMN, TEXTS_APART = "annotation", " | "

_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_BRACKETED = re.compile(r"(.*?)[(\[]([^()\[\]]*)[)\]]", re.DOTALL)
_SUFFIXED = re.compile(r"(.*)_([^_\s]+)", re.DOTALL)
_SHOWN = 40
_HEAD_BYTES = 1 << 16
_SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6}
_PLAIN = re.compile(r"[-+.0-9eE]*")
"""Characters of cells that are numbers, or that float() refuses: the fast path for all but faulty batches."""
_BATCH_ROWS = 4096
_HIGHEST = 1e15
_UNEVEN = 0.6
"""Largest deviation of a step, as a share of the usual step. Times at 4 kHz rounded to 0.1 ms have steps of 0.2 and
0.3 ms; a missing or doubled row deviates by a whole step."""
_ASTRAY = 0.5
"""Largest deviation of a time from the even grid, as a share of the mean step."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name and unit from the header; ``role`` is "time", "stim", "text" or "signal"."""

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
    if key in {"t", "time"}:
        return Column(name, unit, "time")
    if key == TEXT_COLUMN:
        return Column(name, unit, "text")
    return Column(name, unit, "stim" if channel_kind(name) is ChannelKind.TRIGGER else "signal")


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table being read: its columns, its rows, the number of the first row, and its ``delimiter``."""

    path: Path
    columns: tuple[Column, ...]
    rows: Iterator[list[str]]
    first_row: int
    delimiter: str


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open a table. Raises OSError, and DeviceRefused naming the row or column that cannot be read."""
    try:
        with path.open(encoding=encoding_of(path), newline="") as file:
            return _load(_opened(path, file), options)
    except UnicodeDecodeError as error:
        raise DeviceRefused(f"{path} is not text throughout; save it again as CSV in UTF-8") from error
    except csv.Error as error:
        raise DeviceRefused(f"{path} is not a well-formed table: {error}; export it again") from error


def encoding_of(path: Path) -> str:
    """Return the encoding of the text at ``path``: UTF-8, UTF-16 with its mark, else Windows' Latin. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(head)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def is_remark(line: str) -> bool:
    """Return whether a line before the names says nothing about them: it is blank, or begins with ``#``."""
    return not line.strip() or line.startswith("#")


def _opened(path: Path, file: TextIO) -> TextTable:
    """Find the delimiter and read the column names. Raises DeviceRefused where there are none."""
    header, first_row = file.readline(), 2
    while header and is_remark(header):
        header, first_row = file.readline(), first_row + 1
    separator = _SEPARATOR_LINE.fullmatch(header)
    if separator:
        header, first_row = file.readline(), first_row + 1
    delimiter = separator[1] if separator else next((mark for mark in DELIMITERS if mark in header), ",")
    names = next(csv.reader([header], delimiter=delimiter, strict=True), [])
    while names and not names[-1].strip():
        names.pop()
    if names and all(_number(name.strip(), delimiter) is not None for name in names):
        raise DeviceRefused(
            f"{path} has no line of column names: its first line holds numbers; write one above it, such as "
            f"time_s{delimiter}EMG_uv"
        )
    rows = csv.reader(file, delimiter=delimiter, strict=True)
    return TextTable(path, tuple(column(name) for name in names), rows, first_row, delimiter)


def _load(table: TextTable, options: FileOptions) -> LoadedFile:
    path, columns = table.path, table.columns
    signals = [i for i, c in enumerate(columns) if c.role == "signal"]
    names = channel_names([columns[i].name for i in signals])
    candidates = [ChannelCandidate(name, columns[i].unit, 0.0) for name, i in zip(names, signals, strict=True)]
    if not options.named_channels:
        _check_units(path, candidates)
    choice = choose_channels(path, candidates, options)
    played = [signals[i] for i in choice.indices]
    clock = next((i for i, c in enumerate(columns) if c.role == "time"), None)
    marks = _trigger_column(columns)
    texts: list[tuple[int, str]] = []
    read = _read(table, {i for i in (*played, clock, marks) if i is not None}, texts)
    sample_rate_hz = _rate(table, clock, read, options.sample_rate_hz)
    uv = np.stack([_microvolts(table, columns[i], read[i]) for i in played], axis=1)
    return LoadedFile(
        model="CSV recording",
        sample_rate_hz=sample_rate_hz,
        channels=tuple(Channel(names[i]) for i in choice.indices),
        segments=(Segment(0, 0, len(uv)),),
        page_samples=len(uv),
        page=lambda _: (uv, np.zeros(uv.shape, dtype=np.bool_)),
        annotations=_all_annotations(table, marks, read, texts, sample_rate_hz),
        warnings=choice.notes + _unused_triggers(path, columns, marks),
    )


def _all_annotations(
    table: TextTable,
    marks: int | None,
    read: dict[int, Values],
    texts: Sequence[tuple[int, str]],
    sample_rate_hz: float,
) -> tuple[Annotation, ...]:
    """Return the texts of the column ``annotation``, and the pulses of the trigger line ``marks``."""
    written = [
        Annotation(sample / sample_rate_hz, printable(text))
        for sample, cell in texts
        for text in cell.split(TEXTS_APART)
        if text.strip()
    ]
    pulses = () if marks is None else _annotations(table.path, table.columns[marks], read[marks], sample_rate_hz)
    return tuple(sorted([*written, *pulses], key=lambda each: each.onset_s))


def _trigger_column(columns: Sequence[Column]) -> int | None:
    """Return the column of the pulses: ``stim`` itself, else the first trigger line."""
    lines = [i for i, c in enumerate(columns) if c.role == "stim"]
    return next((i for i in lines if columns[i].name.casefold() == "stim"), lines[0] if lines else None)


def _unused_triggers(path: Path, columns: Sequence[Column], marks: int | None) -> tuple[str, ...]:
    unused = [f"'{printable(c.name)}'" for i, c in enumerate(columns) if c.role == "stim" and i != marks]
    if marks is None or not unused:
        return ()
    return (f"the pulses of {path} are read from column '{printable(columns[marks].name)}', not {', '.join(unused)}",)


def _check_units(path: Path, candidates: Sequence[ChannelCandidate]) -> None:
    for candidate in candidates:
        if not candidate.unit:
            raise DeviceRefused(
                f"column '{candidate.name}' of {path} states no unit; write it in the first line, such as "
                f"'{candidate.name}_uv' or '{candidate.name} (mV)', or choose another by --channel"
            )


def _read(table: TextTable, wanted: set[int], texts: list[tuple[int, str]]) -> dict[int, Values]:
    """Return the numbers of the ``wanted`` columns; add the texts of the column ``annotation``, with their samples."""
    text = next((i for i, each in enumerate(table.columns) if each.role == "text"), None)
    cells = {i: array("d") for i in sorted(wanted)}
    checked = _checked(table)
    first = table.first_row
    while batch := list(islice(checked, _BATCH_ROWS)):
        for i, values in cells.items():
            values.extend(_numbers(table, first, table.columns[i], [row[i] for row in batch]))
        if text is not None:
            start = first - table.first_row
            texts += [(start + at, row[text]) for at, row in enumerate(batch) if row[text].strip()]
        first += len(batch)
    if first == table.first_row:
        raise DeviceRefused(f"{table.path} has column names but no samples below them, so there is nothing to play")
    return {i: np.array(values) for i, values in cells.items()}


def _checked(table: TextTable) -> Iterator[list[str]]:
    """Yield the rows; empty cells after the last column are what some programs write at the end of each line."""
    width, blank = len(table.columns), 0
    for row_number, row in enumerate(table.rows, start=table.first_row):
        if not row:
            blank = blank or row_number
            continue
        if not blank and len(row) > width and not any(cell.strip() for cell in row[width:]):
            del row[width:]
        if blank or len(row) != width:
            wrong, cells = (blank, "no") if blank else (row_number, len(row))
            raise DeviceRefused(f"row {wrong} of {table.path} has {cells} cells, not {width}; correct it")
        yield row


def _numbers(table: TextTable, first_row: int, where: Column, cells: list[str]) -> list[float]:
    if _PLAIN.fullmatch("".join(cells)):
        with suppress(ValueError):
            values = [float(cell) for cell in cells]
            if max(map(abs, values)) <= _HIGHEST:
                return values
    commas = next((row for row, cell in enumerate(cells, first_row) if "," in cell), None)
    if commas is not None and any("." in cell for cell in cells):
        raise DeviceRefused(
            f"column '{printable(where.name[:_SHOWN])}' of {table.path} has decimal commas (row {commas}) and decimal "
            "points; export it again with one of them"
        )
    return [_cell(table, row, where, text) for row, text in enumerate(cells, first_row)]


def _cell(table: TextTable, row: int, where: Column, text: str) -> float:
    value = _number(text.strip(), table.delimiter)
    if value is None or abs(value) > _HIGHEST:
        raise DeviceRefused(
            f"row {row} of {table.path} has '{printable(text[:_SHOWN])}' in column "
            f"'{printable(where.name[:_SHOWN])}', which is not a number that can be played; correct it"
        )
    return value


def _number(text: str, delimiter: str) -> float | None:
    """Return the number in ``text``; a comma that does not separate cells is a decimal comma. None where it is none."""
    return number(text.replace(",", ".") if delimiter != "," and "." not in text else text)


def _microvolts(table: TextTable, where: Column, values: Values) -> Samples:
    scale = microvolts_per(where.unit) or 0.0
    beyond = np.flatnonzero(np.abs(values) * scale > HIGHEST_UV)
    if len(beyond):
        raise DeviceRefused(
            f"row {beyond[0] + table.first_row} of {table.path} has {values[beyond[0]]:g} {where.unit} in column "
            f"'{printable(where.name[:_SHOWN])}', which cannot be true; correct the value or the unit"
        )
    return (values * scale).astype(np.float32)


def _rate(table: TextTable, clock: int | None, read: dict[int, Values], stated_hz: float | None) -> float:
    path = table.path
    if clock is not None and stated_hz is not None:
        raise OptionRefused(f"{path} has a column of times, which gives its rate; leave out --sample-rate-hz")
    if stated_hz is not None:
        return check_sample_rate(path, stated_hz)
    if clock is None:
        raise OptionRefused(f"{path} has no column time_s, time_ms, time or t; add one, or give --sample-rate-hz HZ")
    unit = table.columns[clock].unit
    if unit not in _SECONDS:
        raise DeviceRefused(f"{path} gives its times in '{printable(unit[:_SHOWN])}'; give them in s, ms or us")
    return check_sample_rate(path, _even_rate(table, read[clock] * _SECONDS[unit]))


def _even_rate(table: TextTable, times_s: Values) -> float:
    steps = np.diff(times_s)
    if not len(steps):
        raise DeviceRefused(f"{table.path} has one row only, which gives no sampling rate; export more rows")
    usual = np.sort(steps)[(len(steps) - 1) // 2]
    mean = (times_s[-1] - times_s[0]) / len(steps)
    astray = np.abs(times_s[1:] - times_s[0] - mean * np.arange(1, len(times_s))) > _ASTRAY * mean
    uneven = np.flatnonzero((steps <= 0) | (np.abs(steps - usual) > _UNEVEN * usual))
    wrong = uneven if len(uneven) else np.flatnonzero(astray)
    if len(wrong):
        raise DeviceRefused(
            f"the times of {table.path} are not even: row {wrong[0] + 1 + table.first_row} is out of step with the "
            "others; export it with every sample and enough decimals"
        )
    return round(float(1.0 / mean), 6)


def _annotations(path: Path, where: Column, line: Values, sample_rate_hz: float) -> tuple[Annotation, ...]:
    """Return the pulses of a trigger line. Raises DeviceRefused where none stands out of its noise."""
    found = find_trigger_pulses(line)
    if found.refused:
        raise DeviceRefused(
            f"column '{printable(where.name[:_SHOWN])}' of {path} is no trigger line: {found.refused}; correct it, or "
            "give it another name"
        )
    return tuple(Annotation(sample / sample_rate_hz, "stim") for sample in found.samples)
