"""The worklist on the command line: its entries listed, and one of them as the begin of a procedure."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from guidance.cli.options import STATUS
from guidance.cli.procedure_access import errors_end_command
from guidance.common.errors import UsageError

if TYPE_CHECKING:
    from guidance.note.worklist import WorklistEntry


@click.command("worklist", epilog=STATUS)
@click.argument("file")
def worklist(file: str) -> None:
    """List the entries of a worklist: a FHIR Bundle of ServiceRequest and Patient, or CSV.

    run --worklist FILE --entry N begins a procedure with an entry: its patient, side, protocol and case label.
    """
    from guidance.common.text import clean
    from guidance.note.worklist import read_worklist

    with errors_end_command():
        for number, entry in enumerate(read_worklist(Path(file), datetime.now().astimezone()), 1):
            click.echo(clean(f"{number}  {entry.line}"))
            for fault in entry.faults:
                click.echo(clean(f"{number}  NOT USED: {fault}"))


def with_worklist(context: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return ``options`` with the entry of ``--worklist``: protocol and case label where no option names them.

    The entry's case sheet is the option ``worklist_case``, None without a worklist. Raises a usage error.
    """
    if options["worklist"] is None:
        if options["entry"] is not None:
            raise click.UsageError("--entry names an entry of --worklist; give both.")
        return options | {"worklist_case": None}
    if options["case_file"] is not None:
        raise click.UsageError("--worklist and --case both name a patient; give one.")
    entry = _entry(options)
    for fault in entry.faults:
        click.echo(f"needle-guidance: Not used of the worklist: {fault}", err=True)
    named = context.get_parameter_source("protocol_id") is not ParameterSource.DEFAULT
    if not named and entry.protocol_id is None:
        raise click.UsageError(f"Entry {options['entry']} of the worklist names no protocol; name one with --protocol.")
    return options | {
        "protocol_id": options["protocol_id"] if named else entry.protocol_id,
        "label": options["label"] or entry.label,
        "worklist_case": entry.case,
    }


def _entry(options: dict[str, Any]) -> WorklistEntry:
    from guidance.note.worklist import worklist_entry

    if options["entry"] is None:
        raise click.UsageError("Name the entry of the worklist with --entry; procedures worklist FILE lists them.")
    try:
        return worklist_entry(Path(options["worklist"]), options["entry"], datetime.now().astimezone())
    except UsageError as fault:
        raise click.UsageError(str(fault)) from None
