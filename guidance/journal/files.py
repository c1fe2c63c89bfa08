"""Files of a store that others may have changed: only plain files are opened, and no link is followed.

``Disk`` is the file system as the record of a procedure uses it: every call that may fail is a method, so that tests
can let each of them fail in its turn.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from guidance.common.worker import BackgroundWorker

_NO_WAIT_NO_LINK = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

HANGS_S = 5.0
"""A write or sync that takes longer counts as hanging: a slow stick takes some seconds (a judgement, unsourced)."""


class NotPlain(OSError):
    """The path leads to a link, pipe, folder or device instead of a plain file."""


def open_plain(path: Path, *, write: bool = False) -> BinaryIO:
    """Open the plain file at ``path`` to read, or to read and write. Raises OSError; NotPlain for anything else."""
    if path.is_symlink():
        raise NotPlain(None, "it is a symbolic link")
    fd = os.open(path, (os.O_RDWR if write else os.O_RDONLY) | _NO_WAIT_NO_LINK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotPlain(None, "it is not a plain file")
    return os.fdopen(fd, "r+b" if write else "rb")


def create_private(path: Path) -> int:
    """Create a file that only this user may read; return its descriptor. Raises OSError if it exists."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of ``data`` to the descriptor ``fd``. Raises OSError."""
    while data:
        data = data[os.write(fd, data) :]


def sync_folder(folder: Path) -> None:
    """Sync the names in ``folder`` to the disk, if the system can."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def lines_of(file: BinaryIO, max_bytes: int) -> Iterator[bytes]:
    """Yield the lines of ``file`` with their newlines; the last may lack it, a longer one is cut at ``max_bytes``."""
    while line := file.readline(max_bytes):
        yield line


class Disk:
    """The file system of this computer. Every method raises OSError; ``worker`` is the kind of thread that writes."""

    worker: type[BackgroundWorker[Any]] = BackgroundWorker

    def make_folder(self, path: Path) -> None:
        """Create the folder ``path``, for this user alone."""
        path.mkdir(mode=0o700)

    def create(self, path: Path) -> int:
        """Create a file that only this user may read; return its descriptor."""
        return create_private(path)

    def write(self, fd: int, data: bytes) -> None:
        """Write all of ``data``."""
        write_all(fd, data)

    def sync(self, fd: int) -> None:
        """Wait until what was written is on the disk."""
        os.fsync(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file to ``size`` bytes."""
        os.ftruncate(fd, size)

    def rename(self, path: Path, to: Path) -> None:
        """Give the file at ``path`` the name ``to``, whatever had that name before."""
        path.replace(to)

    def sync_folder(self, folder: Path) -> None:
        """Sync the names in ``folder`` to the disk, if the system can."""
        sync_folder(folder)

    def size(self, path: Path, fd: int) -> int | None:
        """Return the bytes of the open file ``fd``; None where ``path`` does not lead to it any more."""
        try:
            found, opened = path.stat(), os.fstat(fd)
        except FileNotFoundError:
            return None
        return opened.st_size if (found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino) else None


DISK = Disk()


def replace_private(path: Path, data: bytes, disk: Disk = DISK) -> None:
    """Write ``data`` to ``path`` whole and synced, readable for this user alone. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)  # left by a process of the same number that died
    fd = disk.create(beside)
    try:
        try:
            disk.write(fd, data)
            disk.sync(fd)
        finally:
            os.close(fd)
        disk.rename(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)  # a part of it would take room on a full disk
        raise
    disk.sync_folder(path.parent)
