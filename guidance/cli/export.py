"""The command ``procedures export``."""

from __future__ import annotations

from pathlib import Path

import click

from guidance.cli.options import STATUS
from guidance.cli.procedure_access import errors_end_command, folder_of, key_for, on_procedure

FORMATS = ("bdf", "edf", "csv", "parquet", "fhir", "bids")
NAMELESS = {"bdf", "edf", "csv", "parquet"}
"""Formats that contain nothing of the case sheet, and so need no key."""


@click.command("export", epilog=STATUS)
@on_procedure
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="File format.")
@click.option("--to", required=True, metavar="PATH", help="New file to write; with bids, a new folder.")
@click.option(
    "--deidentify", is_flag=True,
    help="Leave out names (of channels too), numbers, serial numbers, addresses and free text; dates begin at "
    "1985-01-01.",
)  # fmt: skip
def export_procedure(
    name: str, *, store: str | None, key_file: str | None, form: str, to: str, deidentify: bool
) -> None:
    """Export a procedure for other programs.

    bdf and edf: the signal, with the pulses as annotations. csv and parquet: a row for each pulse and channel. fhir: a
    FHIR R4 bundle. bids: a data set for research. To write the note itself, use procedures note --to.
    """
    from guidance.export.formats import export
    from guidance.export.source import ExportSource
    from guidance.note.case_sheet import CaseSheet, load_case
    from guidance.note.event_query import read_stream
    from guidance.note.toxin_record import with_recorded_units

    with errors_end_command():
        folder = folder_of(name, store)
        case = CaseSheet() if form in NAMELESS else load_case(folder, key_for(folder, key_file))
        stream = read_stream(folder)
        export(ExportSource(folder, stream, with_recorded_units(case, stream), deidentify), form, Path(to))
    click.echo(f"Written: {to}")
