"""The formats of an export and their writers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from guidance.export.bids import write_bids
from guidance.export.fhir import write_fhir
from guidance.export.signal import write_bdf, write_edf
from guidance.export.source import ExportSource
from guidance.export.table import write_csv, write_parquet
from guidance.journal.private_files import refuse_existing

FORMATS: dict[str, Callable[[ExportSource, Path], None]] = {
    "bdf": write_bdf,
    "edf": write_edf,
    "csv": write_csv,
    "parquet": write_parquet,
    "fhir": write_fhir,
    "bids": write_bids,
}


def export(source: ExportSource, form: str, path: Path) -> None:
    """Write ``source`` to the new ``path`` in the format ``form`` of FORMATS. Raises UserError, UsageError."""
    refuse_existing(path)
    FORMATS[form](source, path)
