"""Patient and note on disk: small files for their owner alone, whose faults are told in a sentence."""

from __future__ import annotations

from pathlib import Path

from guidance.common.errors import UsageError, UserError
from guidance.journal.files import open_plain, replace_private

_MAX_BYTES = 64 * 2**20


def read_private(path: Path) -> bytes | None:
    """The bytes of ``path``, None where there is nothing. Raises UserError for a link, or what cannot be read."""
    try:
        with open_plain(path) as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise UserError(f"{path} cannot be read ({fault.strerror}).") from None
    if len(data) > _MAX_BYTES:
        raise UserError(f"{path} is too large to be of this program's making; move it away.")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` whole or not at all, for its owner alone. Raises UserError."""
    try:
        if path.is_symlink():
            raise UserError(f"{path} cannot be written (it is a symbolic link).")
        replace_private(path, data)
    except OSError as fault:
        raise UserError(f"{path} cannot be written ({fault.strerror}).") from None


def refuse_existing(path: Path) -> None:
    """See that nothing is at ``path`` yet. Raises UsageError."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} is there already; nothing is written over. Name another --to.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}; make it first.")
