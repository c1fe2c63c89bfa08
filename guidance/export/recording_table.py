"""A recording as a table, a row for each sample: CSV, which this program reads again, and Parquet."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from drivers.base import Samples
from guidance.common.errors import UsageError
from guidance.journal.files import create_private

TEXTS_APART = " | "

TableText = tuple[str, float | None]
"""A text, and how long it lasts in seconds; None where it marks a moment."""

RecordedPart = tuple[int, Samples]
"""The number of the first sample, and samples (samples, channels) in microvolts."""


def columns_of(names: Sequence[str]) -> list[str]:
    """Return the names of the columns of the channels: the unit stands at the end."""
    return [f"{name} (uV)" for name in names]


def write_recording_csv(
    path: Path,
    names: Sequence[str],
    rate_hz: float,
    parts: Iterator[RecordedPart],
    texts: Mapping[int, Sequence[TableText]],
) -> None:
    """Write times in seconds, microvolts with all their digits, and texts. Raises OSError."""
    heads = _text_heads(texts)
    with os.fdopen(create_private(path), "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["time (s)", *columns_of(names), *heads])
        for first, samples in parts:
            for sample, row in enumerate(samples, first):
                words = _text_cells(texts.get(sample, ()))[: len(heads)]
                table.writerow([f"{sample / rate_hz:.9f}", *(f"{value:.9g}" for value in row), *words])


def write_recording_parquet(
    path: Path,
    names: Sequence[str],
    rate_hz: float,
    parts: Iterator[RecordedPart],
    texts: Mapping[int, Sequence[TableText]],
) -> None:
    """Write sample numbers, times, microvolts as 32-bit floats, and texts.

    Raises OSError, and UsageError if pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UsageError("Parquet needs pyarrow: pip install 'needle-guidance[parquet]', or choose csv.") from None
    fields = [("sample", pa.int64()), ("time (s)", pa.float64())]
    fields += [(name, pa.float32()) for name in columns_of(names)] + [
        (head, pa.string()) for head in _text_heads(texts)
    ]
    schema = pa.schema(fields, metadata={"sample_rate_hz": repr(rate_hz)})
    with ExitStack() as stack:
        file = stack.enter_context(os.fdopen(create_private(path), "wb"))
        writer = stack.enter_context(pq.ParquetWriter(file, schema))
        for first, samples in parts:
            writer.write_table(pa.table(_arrays(pa, first, samples, rate_hz, texts), schema=schema))


def _text_heads(texts: Mapping[int, Sequence[TableText]]) -> list[str]:
    """Return the names of the columns of the texts: that of their durations only where one lasts."""
    lasts = any(lasts_s is not None for each in texts.values() for _, lasts_s in each)
    return ["annotation", "annotation (s)"] if lasts else ["annotation"]


def _text_cells(texts: Sequence[TableText]) -> tuple[str, str]:
    """Return the texts of one row, and their durations in the same order."""
    lasts = ["" if lasts_s is None else f"{lasts_s:.9g}" for _, lasts_s in texts]
    return TEXTS_APART.join(text for text, _ in texts), TEXTS_APART.join(lasts)


def _arrays(
    pa: Any, first: int, samples: Samples, rate_hz: float, texts: Mapping[int, Sequence[TableText]]
) -> list[Any]:
    numbers = np.arange(first, first + len(samples))
    cells = [_text_cells(texts[n]) if n in texts else (None, None) for n in numbers.tolist()]
    columns = [pa.array(samples[:, i], pa.float32(), from_pandas=True) for i in range(samples.shape[1])]
    words = [pa.array([cell[i] for cell in cells], pa.string()) for i in range(len(_text_heads(texts)))]
    return [pa.array(numbers), pa.array(numbers / rate_hz), *columns, *words]
