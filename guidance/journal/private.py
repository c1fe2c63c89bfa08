"""Files in a procedure's folder that are for their owner alone: no link is followed, and none is half written."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from guidance.faults import ArgumentFault, Fault
from guidance.journal.log import EVENTS_NAME

_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_MOST_BYTES = 64 * 2**20


def procedure_folder(store: Path, name: str) -> Path:
    """The folder in ``store`` of the procedure called ``name``. Raises ArgumentFault for what is none of its names."""
    folder = store / name
    is_name = name not in {"", ".", ".."} and not {"/", "\\", "\0"} & set(name) and folder.parent == store
    if not is_name:
        raise ArgumentFault(f"{name!r} is not the name of a procedure; 'needle-guidance procedures list' shows them.")
    try:
        found = stat.S_ISDIR(folder.lstat().st_mode) and stat.S_ISREG((folder / EVENTS_NAME).lstat().st_mode)
    except (OSError, ValueError):
        found = False
    if not found:
        raise ArgumentFault(
            f"There is no procedure {name!r} in {store}; 'needle-guidance procedures list' shows them, --store names "
            "another place."
        )
    return folder


def read_private(path: Path) -> bytes | None:
    """The bytes of ``path``, None where there is no such file. Raises Fault for a link, or what cannot be read."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | _NO_LINK), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
                raise Fault(f"{path} is not a file of this program's making; move it away.")
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise Fault(f"{path} cannot be read ({_why(path, fault)}).") from None


def write_private(path: Path, data: bytes) -> None:
    """Put ``data`` in ``path`` whole or not at all, readable by its owner alone. Raises Fault."""
    if path.is_symlink():
        raise Fault(f"{path} cannot be written ({_LINK}).")
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as fault:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise Fault(f"{path} cannot be written ({fault.strerror}).") from None


_LINK = "it is a link to somewhere else"


def _why(path: Path, fault: OSError) -> str:
    return _LINK if path.is_symlink() else str(fault.strerror)
