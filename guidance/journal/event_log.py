"""The event stream on disk, written while a procedure runs."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from guidance.common.errors import UsageError
from guidance.journal.chain import ORIGIN, with_chain
from guidance.journal.files import DISK, HANGS_S, Disk
from guidance.journal.locks import lock

EVENTS_NAME = "events.jsonl"
SYNC_S = 0.5
"""Time between two syncs to the disk: a power cut may cost the events of this time."""

END = b'{"kind": "end"'
"""Start of the line that closes a stream."""


class Journal:
    """The event stream on disk, readable for this user alone and locked while open.

    Each line is written to the system at once, and a background worker syncs it to the disk within about a second.
    ``lines`` counts the lines, ``chain`` is the chain of the last one, and ``ended`` is True once the line that closes
    the stream is written.
    """

    def __init__(self, folder: Path, disk: Disk = DISK) -> None:
        """Begin the journal of the procedure in ``folder``. Raises UsageError if the file cannot be created."""
        self._path, self._disk = folder / EVENTS_NAME, disk
        self.name = str(self._path)
        self._worker = disk.worker("journal to disk", periodic=self.sync, every_s=SYNC_S, finish=self.sync).watched(
            HANGS_S
        )
        self.chain, self.lines, self.ended = ORIGIN, 0, False
        self._size = self._synced = 0
        self._changed: OSError | None = None
        try:
            self._fd = _new_locked_file(self._path, disk)
            self._start()
        except OSError as fault:
            raise UsageError(
                f"The journal {self._path} cannot be created ({fault.strerror}); name another --store."
            ) from None

    def write(self, line: bytes) -> None:
        """Write ``line`` whole or not at all. Raises OSError, also for an earlier line that did not reach the disk."""
        fault = self._changed or self._worker.fault
        if fault is not None:
            raise fault
        written, chain = with_chain(self.chain, line)
        try:
            self._disk.write(self._fd, written)
        except BaseException as error:
            with contextlib.suppress(OSError):
                self._disk.truncate(self._fd, self._size)
            if isinstance(error, MemoryError):  # a later line must not follow the one that is missing
                raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from None
            raise
        self.chain = chain
        self.lines += 1
        self.ended = line.startswith(END)
        self._size += len(written)

    def check(self) -> None:
        """Check that the file is still there, holds what was written, and is synced; else nothing more is written.

        Raises OSError.
        """
        if self._worker.fault is not None:
            raise self._worker.fault
        size = self._disk.size(self._path, self._fd)
        if size is None:
            self._changed = OSError(errno.ENOENT, "it was deleted, moved or replaced while it was written")
        elif size != self._size:
            self._changed = OSError(errno.EIO, f"it has {size} bytes, and {self._size} were written: it was changed")
        if self._changed:
            raise self._changed

    def close(self) -> None:
        """Sync the rest to the disk and release the file. An error of the disk is not reported any more."""
        self._worker.close()
        if not self._worker.hangs:  # else the descriptor is in use
            os.close(self._fd)

    def _start(self) -> None:
        """Sync the name to the disk and start the worker. Raises OSError."""
        try:
            self._disk.sync_folder(self._path.parent)
            self._disk.sync_folder(self._path.parent.parent)
            self._worker.start()
        except BaseException:
            os.close(self._fd)
            raise

    def sync(self) -> None:
        """Sync the written lines to the disk. Raises OSError."""
        size = self._size
        if size > self._synced:
            self._disk.sync(self._fd)
            self._synced = size


def _new_locked_file(path: Path, disk: Disk) -> int:
    """Create a file that is locked before it has the name ``path``, so that it never looks like a cut-off one."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    beside = path.with_name(f".{path.name}")
    fd = disk.create(beside)
    lock(fd)
    try:
        disk.rename(beside, path)
    except BaseException:
        os.close(fd)
        raise
    return fd
