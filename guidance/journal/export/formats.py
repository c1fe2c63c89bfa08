"""Which formats there are, and who writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from guidance.journal.export.bids import write_bids
from guidance.journal.export.fhir import write_fhir
from guidance.journal.export.signal import write_bdf, write_edf
from guidance.journal.export.source import ExportSource
from guidance.journal.export.table import write_csv, write_parquet
from guidance.journal.private import new_file

FORMATS: dict[str, Callable[[ExportSource, Path], None]] = {
    "bdf": write_bdf,
    "edf": write_edf,
    "csv": write_csv,
    "parquet": write_parquet,
    "fhir": write_fhir,
    "bids": write_bids,
}


def export(source: ExportSource, form: str, path: Path) -> None:
    """Write ``source`` to the new ``path`` in one of FORMATS. Raises Fault, ArgumentFault."""
    new_file(path)
    FORMATS[form](source, path)
