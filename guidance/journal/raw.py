"""Every byte that came from the device and was sent to it, to find faults of the transport."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from pathlib import Path

from guidance.journal.event_log import SYNC_S
from guidance.journal.files import DISK, HANGS_S, Disk

RECEIVED_NAME, SENT_NAME = "received.raw", "sent.raw"


class RawLog:
    """A log of received and sent bytes. Bytes before ``begin`` wait until there is a folder for them."""

    def __init__(self, disk: Disk = DISK) -> None:
        self._disk = disk
        self._fds: dict[bool, int] = {}
        self._worker = disk.worker(
            "line to disk", self._take, periodic=self._sync, every_s=SYNC_S, finish=self._finish
        ).watched(HANGS_S)

    @property
    def fault(self) -> OSError | None:
        """Why no more bytes are written; None if there is no error."""
        return self._worker.fault

    def begin(self, folder: Path) -> None:
        """Write to ``folder`` from now on, waiting bytes first. Raises OSError."""
        with ExitStack() as opened:
            for sent, name in ((False, RECEIVED_NAME), (True, SENT_NAME)):
                self._fds[sent] = self._disk.create(folder / name)
                opened.callback(os.close, self._fds[sent])
            opened.pop_all()
        self._worker.start()

    def tap(self, data: bytes, *, sent: bool) -> None:
        """Queue ``data``, received or ``sent``, for writing."""
        if self.fault is None and not self._worker.put((sent, data)):
            self._worker.fail(OSError(errno.EBUSY, "the disk does not keep up"))

    def close(self) -> None:
        """Wait until all bytes are on the disk."""
        self._worker.close()

    def _take(self, item: tuple[bool, bytes]) -> None:
        sent, data = item
        self._disk.write(self._fds[sent], data)

    def _sync(self) -> None:
        for fd in self._fds.values():
            self._disk.sync(fd)

    def _finish(self) -> None:
        try:
            if self.fault is None:
                self._sync()
        finally:
            for fd in self._fds.values():
                os.close(fd)
