"""Access of a command to its procedure: the folder, and the key that decrypts it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guidance.cli.options import KEY, CommandFunction
from guidance.cli.procedures import STORE, chosen, leave, store_of
from guidance.common.errors import UserError

if TYPE_CHECKING:
    from guidance.journal.encryption import EncryptionKey


def on_procedure(command: CommandFunction) -> CommandFunction:
    """Give ``command`` the argument PROCEDURE, and the options that find and decrypt it."""
    return click.argument("name", metavar="PROCEDURE")(STORE(KEY(command)))


@contextmanager
def errors_end_command() -> Iterator[None]:
    """End the command on a UserError, with its sentence and status."""
    try:
        yield
    except UserError as fault:
        leave(fault)


def folder_of(name: str, store: str | None) -> Path:
    """Return the folder of the procedure ``name``. Ends the command where there is none."""
    return chosen(store_of(store), (name,))[0]


def key_for(folder: Path, key_file: str | None) -> EncryptionKey | None:
    """Read the key of ``folder`` from ``key_file``, or prompt for it where it is encrypted. Raises UserError."""
    from guidance.journal.encryption import is_encrypted, key_of_file, key_of_passphrase

    if key_file:
        return key_of_file(Path(key_file))
    if not is_encrypted(folder) or not sys.stdin.isatty():
        return None
    return key_of_passphrase(click.prompt(f"Passphrase of {folder.name}", hide_input=True, err=True))
