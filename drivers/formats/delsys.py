"""Text exports of Delsys: EMGworks (a column of times before each channel) and Trigno Discover.

Slower channels (acceleration) have fewer rows. A Trigno frame lasts 13.5 ms and has a whole number of samples, which
gives the rate more exactly than the export's digits.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.base import DeviceRefused
from drivers.formats.in_memory import DecodedChannel, load_decoded
from drivers.formats.loaded import FileOptions, LoadedFile, Values, number
from drivers.formats.text_cells import check_widths, numbers_in, read_lines, without_empty_end

_LABEL = re.compile(
    r"Label:\s*(.+?)\s*Sampling frequency:\s*(\S+)\s*Number of points:\s*(\d+).*?Unit:\s*(\S*)\s*Domain", re.IGNORECASE
)
_TIME = re.compile(r"X\s*\[s\]", re.IGNORECASE)
_UNIT = re.compile(r"(.*?)\s*[(\[]([^()\[\]]*)[)\]]\s*")
_RATE = re.compile(r"([\d.]+)\s*Hz")
_FRAME_S = 0.0135
_ROUNDED = 1e-5
"""A stated rate this close to a whole number of samples a frame is that, rounded (a judgement)."""
_DISCOVER_NAMES, _DISCOVER_RATES = 5, 6


@dataclass(frozen=True, slots=True)
class _Column:
    place: int
    name: str
    unit: str
    rate_hz: float | None
    points: int | None = None


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open an export. Raises OSError, and DeviceRefused where it is cut short or lacks a rate."""
    lines, cut = read_lines(path)
    head = next((i for i, line in enumerate(lines) if _TIME.search(line.split(",")[0])), None)
    is_discover = any("Trigno Discover" in line for line in lines[:1])
    if is_discover:
        columns, first = _discover(path, lines)
    elif head is not None:
        columns, first = _emgworks(lines[:head], next(csv.reader([lines[head]]))), head + 1
    else:
        raise DeviceRefused(f"{path} has no line of column names that begins with X[s]; export it again")
    rows = list(csv.reader(line for line in lines[first:] if line.strip()))
    check_widths(path, rows, len(next(csv.reader([lines[head or _DISCOVER_NAMES]]))), first + 1)
    channels, warnings = [], []
    for column in columns:
        values = _values(path, rows, column, first + 1)
        rate_hz = column.rate_hz or _measured_hz(path, rows, column, first + 1)
        if column.points is not None and len(values) < column.points:
            warnings.append(
                f"{path} ends early: {len(values)} of {column.points} samples of '{column.name}' are there, and played"
            )
        if rate_hz:
            channels.append(DecodedChannel(column.name, column.unit, _frame_rate(rate_hz), values))
    if not channels:
        raise DeviceRefused(f"{path} states no rate for its channels; export it with times")
    return load_decoded(path, "Delsys export", channels, options, (), cut + tuple(warnings[:1]))


def _frame_rate(rate_hz: float) -> float:
    exact = round(rate_hz * _FRAME_S) / _FRAME_S
    return exact if abs(exact / rate_hz - 1) < _ROUNDED else rate_hz


def _emgworks(head: Sequence[str], names: Sequence[str]) -> list[_Column]:
    """Return the channels of an EMGworks export, by the lines ``Label:`` above, or by the names alone."""
    labels = [match for line in head if (match := _LABEL.match(line))]
    stated = {match[1]: match for match in labels}
    columns = []
    for place, name in enumerate(names):
        if _TIME.fullmatch(name.strip()) or not name.strip():
            continue
        found, bracketed = stated.get(name.strip()), _UNIT.fullmatch(name.strip())
        if found:
            rate_hz = number(found[2])
            columns.append(_Column(place, name.strip(), found[4], rate_hz, int(found[3])))
        else:
            label, unit = (bracketed[1], bracketed[2]) if bracketed else (name.strip(), "")
            columns.append(_Column(place, label, unit, None))
    return columns


def _discover(path: Path, lines: Sequence[str]) -> tuple[list[_Column], int]:
    """Return the channels of a Trigno Discover export, and its first row of samples. Raises DeviceRefused."""
    table = list(csv.reader(lines[: _DISCOVER_RATES + 1]))
    if len(table) <= _DISCOVER_RATES:
        raise DeviceRefused(f"{path} ends inside its header; export it again")
    rates = table[_DISCOVER_RATES] if _RATE.search(",".join(table[_DISCOVER_RATES])) else []
    return list(_discover_columns(table, rates)), _DISCOVER_RATES + bool(rates)


def _discover_columns(table: Sequence[Sequence[str]], rates: Sequence[str]) -> Iterator[_Column]:
    sensor = ""
    for place, text in enumerate(table[_DISCOVER_NAMES]):
        sensor = (table[3][place].strip() if place < len(table[3]) else "") or sensor
        stated = _RATE.search(rates[place] if place < len(rates) else text)
        bracketed = _UNIT.match(text.strip())
        if "Time Series" in text or not text.strip() or not stated:
            continue
        name, unit = (bracketed[1], bracketed[2]) if bracketed else (text.strip(), "")
        yield _Column(place, f"{sensor}: {name}" if sensor else name, unit, number(stated[1]))


def _values(path: Path, rows: Sequence[Sequence[str]], column: _Column, first_row: int) -> Values:
    cells = [row[column.place] if column.place < len(row) else "" for row in rows]
    values = numbers_in(path, cells, column.name, range(first_row, first_row + len(rows)), comma=False)
    return without_empty_end(values)[: column.points]


def _measured_hz(path: Path, rows: Sequence[Sequence[str]], column: _Column, first_row: int) -> float | None:
    """Return the rate by the column of times before the channel's, None where there is none."""
    if column.place < 1:
        return None
    times = _values(path, rows, _Column(column.place - 1, "X[s]", "s", None), first_row)
    spans = len(times) > 1 and times[-1] > times[0]
    return float((len(times) - 1) / (times[-1] - times[0])) if spans else None
