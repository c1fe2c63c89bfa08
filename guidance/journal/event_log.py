"""The event stream on disk, as it is written while a procedure runs."""

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
"""Between two syncs to the disk: what a power cut may cost."""

END = b'{"kind": "end"'
"""How the line begins that closes a stream."""


class Journal:
    """The event stream on disk, for this user's eyes alone: every line is with the system at once, and a background
    worker brings it to the disk within about a second. Each is chained to the one before: ``chain`` is that of the
    last, ``lines`` counts them, and it is ``ended`` once that which closes the stream is written. It is locked while
    open.
    """

    def __init__(self, folder: Path) -> None:
        """Begin the journal of the procedure in ``folder``. Raises UsageError."""
        path = folder / EVENTS_NAME
        self.name = str(path)
        try:
            self._fd = _new_locked_file(path)
        except OSError as fault:
            raise UsageError(f"The journal {path} cannot be begun ({fault.strerror}); name another --store.") from None
        sync_folder(folder)
        sync_folder(folder.parent)
        self.chain, self.lines, self.ended = ORIGIN, 0, False
        self._size = self._synced = 0
        self._worker = BackgroundWorker[None](
            "journal to disk", periodic=self.sync, every_s=SYNC_S, finish=self.sync
        ).start()

    def write(self, line: bytes) -> None:
        """Add ``line`` whole or not at all. Raises OSError, also that of an earlier line which met the disk late."""
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
        """Bring the rest to the disk and let go of the file; a fault of the disk now has nobody left to tell."""
        self._worker.close()
        os.close(self._fd)

    def sync(self) -> None:
        """Bring what is written to the disk. Raises OSError."""
        size = self._size
        if size > self._synced:
            os.fsync(self._fd)
            self._synced = size


def _new_locked_file(path: Path) -> int:
    """A new file at ``path`` that is locked before it goes by that name: nobody takes it for one cut off."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    beside = path.with_name(f".{path.name}")
    fd = create_private(beside)
    lock(fd)
    beside.rename(path)
    return fd
