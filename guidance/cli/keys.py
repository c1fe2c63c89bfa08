"""Where a command finds the procedure it is about, and the key that opens it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guidance.cli.options import Command
from guidance.faults import Fault

if TYPE_CHECKING:
    from guidance.journal.key import Key

STORE = click.option("--store", metavar="DIR", help="Where procedures are kept.")
KEY = click.option(
    "--key", "key_file", metavar="FILE", envvar="NEEDLE_GUIDANCE_KEY",
    help="File with the age key, or the passphrase, of patient and note; NEEDLE_GUIDANCE_KEY may name it too. Without "
    "it the passphrase is asked for.",
)  # fmt: skip


def on_procedure(command: Command) -> Command:
    """Give ``command`` the procedure's NAME, and the options that find and open it."""
    return click.argument("name")(STORE(KEY(command)))


@contextmanager
def told() -> Iterator[None]:
    """A Fault within ends the command with its sentence and status."""
    try:
        yield
    except Fault as fault:
        click.echo(f"needle-guidance: {' '.join(str(fault).split())}", err=True)
        sys.exit(fault.status)


def folder_of(name: str, store: str | None) -> Path:
    """The folder of the procedure ``name``. Raises Fault."""
    from guidance.journal.private import procedure_folder
    from guidance.journal.store import default_store

    return procedure_folder(Path(store) if store else default_store(), name)


def key_for(folder: Path, key_file: str | None) -> Key | None:
    """The key of what ``folder`` holds; asked for where it is encrypted and no file is named. Raises Fault."""
    from guidance.journal.key import is_sealed, of_file, of_phrase

    if key_file:
        return of_file(Path(key_file))
    if not is_sealed(folder) or not sys.stdin.isatty():
        return None
    return of_phrase(click.prompt(f"Passphrase of {folder.name}", hide_input=True, err=True))
