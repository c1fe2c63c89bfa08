"""Small files that only their owner may read, with errors as sentences."""

from __future__ import annotations

from pathlib import Path

from guidance.common.errors import UsageError, UserError
from guidance.journal.files import open_plain, replace_private

_MAX_BYTES = 64 * 2**20
"""Larger than any note; a larger file is not of this program and is not loaded."""


def read_private(path: Path) -> bytes | None:
    """Read the bytes of ``path``; None if there is no file. Raises UserError for a link or an unreadable file."""
    try:
        with open_plain(path) as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise UserError(f"{path} cannot be read ({fault.strerror}).") from None
    if len(data) > _MAX_BYTES:
        raise UserError(f"{path} is too large to be a file of this program; move it away.")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` whole or not at all, readable for its owner alone. Raises UserError."""
    try:
        if path.is_symlink():
            raise UserError(f"{path} cannot be written (it is a symbolic link).")
        replace_private(path, data)
    except OSError as fault:
        raise UserError(f"{path} cannot be written ({fault.strerror}).") from None


def refuse_existing(path: Path, option: str = "--to") -> None:
    """Check that a new file can be created at ``path``. Raises UsageError if it exists or its folder does not."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} exists already and is not overwritten; name another file with {option}.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}; create it first.")
