"""Tables of text (CSV): a line of column names with their units, then one row a sample.

Examples of names are ``EMG_uv``, ``EMG (mV)`` and ``EMG[V]``. A column ``time`` or ``t`` (``time_s``, ``time_ms``,
``time [us]``) is the clock. A column ``stim``, else the first called trigger, TTL or the like, is a trigger line: each
departure from its rest is a pulse. A column ``annotation`` holds texts, several of a row apart by `` | ``, and
``annotation (s)`` how long each lasts. Spreadsheets write a line ``sep=;``, decimal commas and an empty last cell.
Blank lines and lines of ``#`` above the names are left out.
"""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import TextIO

import numpy as np

from drivers.base import Channel, DeviceRefused
from drivers.formats.channels import ChannelCandidate, choose_channels
from drivers.formats.loaded import Annotation, FileOptions, LoadedFile, Segment, channel_names
from drivers.formats.table_columns import (
    RowText,
    check_units,
    column,
    column_microvolts,
    pulse_samples,
    role_at,
    table_rate,
    text_annotations,
    trigger_column,
    unused_triggers,
)
from drivers.formats.table_rows import TextTable, cell_number, read_rows
from drivers.formats.text_cells import encoding_of

DELIMITERS = "\t;,"

_END_BYTES = 8
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open a table. Raises OSError, and DeviceRefused naming the row or column that cannot be read."""
    try:
        with path.open(encoding=encoding_of(path), newline="") as file:
            return _load(_opened(path, file), options)
    except UnicodeDecodeError as error:
        raise DeviceRefused(f"{path} is not text throughout; save it again as CSV in UTF-8") from error
    except csv.Error as error:
        raise DeviceRefused(f"{path} is not a well-formed table: {error}; export it again") from error


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
    if names and all(cell_number(name.strip(), delimiter) is not None for name in names):
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
        check_units(path, candidates)
    choice = choose_channels(path, candidates, options)
    played = [signals[i] for i in choice.indices]
    clock, marks = role_at(columns, "time"), trigger_column(columns)
    texts: list[RowText] = []
    read = read_rows(table, {i for i in (*played, clock, marks) if i is not None}, texts)
    times = None if clock is None else read[clock]
    rate_hz = table_rate(path, table.first_row, columns, times, options.sample_rate_hz)
    uv = np.stack([column_microvolts(path, table.first_row, columns[i], read[i]) for i in played], axis=1)
    pulses = () if marks is None else pulse_samples(path, columns[marks], read[marks])
    annotations = [*text_annotations(path, texts, rate_hz), *(Annotation(at / rate_hz, "stim") for at in pulses)]
    return LoadedFile(
        model="CSV recording",
        sample_rate_hz=rate_hz,
        channels=tuple(Channel(names[i]) for i in choice.indices),
        segments=(Segment(0, 0, len(uv)),),
        page_samples=len(uv),
        page=lambda _: (uv, np.zeros(uv.shape, dtype=np.bool_)),
        annotations=tuple(sorted(annotations, key=lambda each: each.onset_s)),
        warnings=choice.notes + unused_triggers(path, columns, marks) + _without_end(path),
    )


def _without_end(path: Path) -> tuple[str, ...]:
    """Return a sentence where the last row has no line end: a file that was cut may lack digits there."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, _END_BYTES), os.SEEK_END)
        end = file.read().strip(b"\0 ")
    return (
        () if end.endswith((b"\n", b"\r")) else (f"the last row of {path} has no line end; the file may be cut short",)
    )
