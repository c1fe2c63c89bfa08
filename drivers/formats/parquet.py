"""Parquet tables, read by pyarrow (Apache 2.0), the extra ``parquet``: columns as in a table of text.

A column ``sample`` has the number of each sample: a jump is a gap. An empty cell is a missing value. What ``convert``
writes states its rate beside the columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from drivers.base import DeviceRefused
from drivers.formats.channels import ChannelCandidate
from drivers.formats.in_memory import DecodedChannel, contiguous_parts, load_decoded
from drivers.formats.loaded import FileOptions, LoadedFile, Segment, Values, check_sample_rate, number
from drivers.formats.table_columns import (
    Column,
    RowText,
    check_units,
    clock_rate,
    column,
    role_at,
    table_rate,
    text_annotations,
)

MAGIC = b"PAR1"

_RATE_KEY = b"sample_rate_hz"
_NUMBERS = "sample"
_AGREES = 1e-4
"""A stated rate and that of the times agree within this share, or half a sample: times are rounded (a judgement)."""


def load(path: Path, options: FileOptions) -> LoadedFile:
    """Open a table. Raises OSError, OptionRefused, and DeviceRefused where it is damaged or pyarrow is missing."""
    table = _read(path)
    if not table.num_rows:
        raise DeviceRefused(f"{path} has columns but no rows, so there is nothing to play")
    columns = [Column(name, "", "number") if name == _NUMBERS else column(name) for name in table.column_names]
    numbers = _numbers(path, table)
    segments = () if numbers is None else contiguous_parts(numbers)
    rate_hz = _rate(path, table, columns, numbers, options.sample_rate_hz)
    if not options.named_channels:
        check_units(path, [ChannelCandidate(each.name, each.unit, 0.0) for each in columns if each.role == "signal"])
    channels = list(_channels(path, table, columns, segments, rate_hz))
    places = range(table.num_rows) if numbers is None else (numbers - numbers[0]).astype(int).tolist()
    texts = list(_texts(table, columns, places))
    return load_decoded(path, "Parquet recording", channels, options, list(text_annotations(path, texts, rate_hz)))


def _read(path: Path) -> Any:
    """Return the table. Raises DeviceRefused."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise DeviceRefused(
            f"{path} is a Parquet file, which needs pyarrow; install needle-guidance[parquet]"
        ) from None
    try:
        with path.open("rb") as file:
            return pq.read_table(file)
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError) as error:
        raise DeviceRefused(f"{path} is damaged or cut short ({type(error).__name__}); copy it again") from error


def _numbers(path: Path, table: Any) -> Values | None:
    """Return the numbers of the samples (rows,); None without such a column. Raises DeviceRefused out of order."""
    if _NUMBERS not in table.column_names:
        return None
    numbers = _values(table, table.column_names.index(_NUMBERS))
    if numbers is None or not np.isfinite(numbers).all() or (np.diff(numbers) < 1).any():
        raise DeviceRefused(f"the numbers of the samples in {path} do not rise from row to row; export it again")
    return numbers


def _values(table: Any, at: int) -> Values | None:
    """Return one column as numbers (rows,), NaN where a cell is empty; None where it holds no numbers."""
    try:
        values: Values = table.column(at).cast("float64").to_numpy()
    except (ValueError, TypeError, NotImplementedError):
        return None
    return values


def _rate(path: Path, table: Any, columns: Sequence[Column], numbers: Values | None, option_hz: float | None) -> float:
    text = (table.schema.metadata or {}).get(_RATE_KEY, b"").decode("utf-8", "replace")
    stated_hz, at = number(text), role_at(columns, "time")
    times = None if at is None else _values(table, at)
    if stated_hz is None or option_hz is not None:
        if times is not None and option_hz is None and numbers is not None:
            return clock_rate(path, 1, columns[at or 0], times, numbers)
        return table_rate(path, 1, columns, times, option_hz)
    if times is not None and len(times) > 1:
        measured_hz = clock_rate(path, 1, columns[at or 0], times, numbers)
        if abs(measured_hz / stated_hz - 1) > max(_AGREES, 0.5 / len(times)):
            raise DeviceRefused(
                f"{path} states {stated_hz:g} Hz, but its times give {measured_hz:g} Hz; export it again"
            )
    return check_sample_rate(path, stated_hz)


def _channels(
    path: Path, table: Any, columns: Sequence[Column], segments: tuple[Segment, ...], rate_hz: float
) -> Iterator[DecodedChannel]:
    for at, where in enumerate(columns):
        if where.role in {"signal", "stim"}:
            values = _values(table, at)
            if values is None:
                raise DeviceRefused(f"column '{where.name}' of {path} holds no numbers; leave it out of the table")
            yield DecodedChannel(where.name, where.unit, rate_hz, values, segments=segments)


def _texts(table: Any, columns: Sequence[Column], places: Sequence[int]) -> Iterator[RowText]:
    """Yield the texts; ``places`` are the samples of the rows in the time of the recording."""
    words, lasts = role_at(columns, "text"), role_at(columns, "lasting")
    if words is None:
        return
    durations = [None] * table.num_rows if lasts is None else table.column(lasts).to_pylist()
    for at, text, duration in zip(places, table.column(words).to_pylist(), durations, strict=True):
        if text:
            yield RowText(at, str(text), "" if duration is None else str(duration))
