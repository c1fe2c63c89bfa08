"""Files of a store that others may have had their hands in: only plain files are opened, and no link is followed."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_NO_WAIT_NO_LINK = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class NotPlain(OSError):
    """What lies there is a link, a pipe, a folder or a device, and not a plain file."""


def open_plain(path: Path, *, write: bool = False) -> BinaryIO:
    """The plain file at ``path``, to be read, or read and written. Raises OSError, NotPlain for anything else."""
    if path.is_symlink():
        raise NotPlain(None, "it is a symbolic link")
    fd = os.open(path, (os.O_RDWR if write else os.O_RDONLY) | _NO_WAIT_NO_LINK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotPlain(None, "it is no plain file")
    return os.fdopen(fd, "r+b" if write else "rb")


def create_private(path: Path) -> int:
    """A new file for this user's eyes alone, open to be written. Raises OSError where there is one."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def replace_private(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, on the disk and whole, for this user's eyes alone. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)  # a process of the same number may have died here
    fd = create_private(beside)
    try:
        write_all(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)
    beside.replace(path)
    sync_folder(path.parent)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of ``data``. Raises OSError."""
    while data:
        data = data[os.write(fd, data) :]


def sync_folder(folder: Path) -> None:
    """Bring the names in ``folder`` to the disk, where the system knows how to."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def lines_of(file: BinaryIO, max_bytes: int) -> Iterator[bytes]:
    """The lines of ``file`` with their ends; the last may lack it, and one longer than ``max_bytes`` is cut there."""
    while line := file.readline(max_bytes):
        yield line
