"""The event stream on disk, written while a procedure runs."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from guidance.common.errors import UsageError
from guidance.common.worker import BackgroundWorker
from guidance.journal.chain import ORIGIN, with_chain
from guidance.journal.files import create_private, sync_folder, write_all
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

    def __init__(self, folder: Path) -> None:
        """Begin the journal of the procedure in ``folder``. Raises UsageError if the file cannot be created."""
        path = folder / EVENTS_NAME
        self.name = str(path)
        try:
            self._fd = _new_locked_file(path)
        except OSError as fault:
            raise UsageError(
                f"The journal {path} cannot be created ({fault.strerror}); name another --store."
            ) from None
        sync_folder(folder)
        sync_folder(folder.parent)
        self.chain, self.lines, self.ended = ORIGIN, 0, False
        self._size = self._synced = 0
        self._worker = BackgroundWorker[None](
            "journal to disk", periodic=self.sync, every_s=SYNC_S, finish=self.sync
        ).start()

    def write(self, line: bytes) -> None:
        """Write ``line`` whole or not at all. Raises OSError, also for an earlier line that did not reach the disk."""
        if self._worker.fault is not None:
            raise self._worker.fault
        written, chain = with_chain(self.chain, line)
        try:
            write_all(self._fd, written)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size)
            raise
        self.chain = chain
        self.lines += 1
        self.ended = line.startswith(END)
        self._size += len(written)

    def close(self) -> None:
        """Sync the rest to the disk and release the file. An error of the disk is not reported any more."""
        self._worker.close()
        os.close(self._fd)

    def sync(self) -> None:
        """Sync the written lines to the disk. Raises OSError."""
        size = self._size
        if size > self._synced:
            os.fsync(self._fd)
            self._synced = size


def _new_locked_file(path: Path) -> int:
    """Create a file that is locked before it has the name ``path``, so that it never looks like a cut-off one."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    beside = path.with_name(f".{path.name}")
    fd = create_private(beside)
    lock(fd)
    beside.rename(path)
    return fd
