"""The responses as a table in CSV or Parquet: a row for each pulse and channel, units in the names of columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guidance.common.errors import UsageError
from guidance.common.text import clean
from guidance.export.source import ExportSource
from guidance.journal.event_reader import EventFields
from guidance.journal.private_files import write_private

TableRow = dict[str, Any]

_PULSE = ("sample", "current_ma", "requested_ma", "width_ms", "impedance_kohm", "source", "outcome")
_RESPONSE = (
    "channel", "detected", "p_value", "amplitude_uv", "amplitude_sd_uv", "latency_ms", "contaminated", "judged",
    "late_detected", "late_p_value", "late_amplitude_uv", "late_latency_ms",
)  # fmt: skip
_ESTIMATE = ("threshold_low_ma", "threshold_ma", "threshold_high_ma", "zone", "valid")
COLUMNS = ("t_s", *_PULSE, *_RESPONSE, *_ESTIMATE)
_TEXT_COLUMNS = {"source", "outcome", "channel", "judged", "zone"}
_BOOLEAN_COLUMNS = {"detected", "contaminated", "late_detected", "valid"}
_FORMULA = ("=", "+", "-", "@")


def rows_of(source: ExportSource) -> Iterator[TableRow]:
    """Yield the rows in the order of the pulses. Unknown values are None; ``threshold...`` is the estimate then."""
    stream = source.stream
    sample_rate_hz = float(stream.device["sample_rate_hz"])
    responses: dict[int, list[EventFields]] = {}
    for event in stream.of("response"):
        responses.setdefault(event["sample"], []).append(event)
    estimates = {event["sample"]: event for event in stream.of("proximity")}
    for pulse in stream.of("stimulus"):
        sample = pulse["sample"]
        common = {"t_s": sample / sample_rate_hz} | {name: pulse.get(name) for name in _PULSE}
        for response in responses.get(sample, [{}]):
            known = {name: response.get(name) for name in _RESPONSE}
            known["channel"] = source.channel(known["channel"])
            yield common | known | _estimate(estimates.get(sample))


def write_csv(source: ExportSource, path: Path) -> None:
    """Write the table to ``path`` as CSV in UTF-8. Raises UserError."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for row in rows_of(source):
        table.writerow(cell(row[name]) for name in COLUMNS)
    write_private(path, out.getvalue().encode())


def write_parquet(source: ExportSource, path: Path) -> None:
    """Write the table to ``path`` as Parquet. Raises UsageError if pyarrow is not installed, UserError."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UsageError("Parquet needs pyarrow: pip install 'needle-guidance[parquet]', or choose csv.") from None
    schema = pa.schema([(name, _parquet_type(pa, name)) for name in COLUMNS])
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows_of(source)), schema=schema), out)
    write_private(path, out.getvalue())


def _parquet_type(pa: Any, name: str) -> Any:
    if name in _TEXT_COLUMNS:
        return pa.string()
    return pa.bool_() if name in _BOOLEAN_COLUMNS else pa.int64() if name == "sample" else pa.float64()


def _estimate(event: EventFields | None) -> TableRow:
    if event is None:
        return dict.fromkeys(_ESTIMATE)
    low, middle, high = event["threshold_ma"] or (None, None, None)
    values = (low, middle, high, event["zone"], event["valid"])
    return dict(zip(_ESTIMATE, values, strict=True))


def cell(value: object) -> object:
    """Return ``value`` for a spreadsheet: no text is a formula."""
    if isinstance(value, str):
        text = clean(value)
        return f"'{text}" if text.startswith(_FORMULA) else text
    return str(value).lower() if isinstance(value, bool) else value
