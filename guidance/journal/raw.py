"""Every byte of the device's line, as it came and as it was sent: for whoever must find out what went wrong there."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from pathlib import Path

from guidance.common.worker import BackgroundWorker
from guidance.journal.event_log import SYNC_S
from guidance.journal.files import create_private, write_all

RECEIVED_NAME, SENT_NAME = "received.raw", "sent.raw"


class RawLog:
    """Takes bytes from before there is a folder for them: they wait until ``begin``."""

    def __init__(self) -> None:
        self._fds: dict[bool, int] = {}
        self._worker = BackgroundWorker[tuple[bool, bytes]](
            "line to disk", self._take, periodic=self._sync, every_s=SYNC_S, finish=self._finish
        )

    @property
    def fault(self) -> OSError | None:
        """Why nothing more is written; None while all is well."""
        return self._worker.fault

    def begin(self, folder: Path) -> None:
        """Write to ``folder`` from now on, what came before first. Raises OSError."""
        with ExitStack() as opened:
            for sent, name in ((False, RECEIVED_NAME), (True, SENT_NAME)):
                self._fds[sent] = create_private(folder / name)
                opened.callback(os.close, self._fds[sent])
            opened.pop_all()
        self._worker.start()

    def tap(self, data: bytes, *, sent: bool) -> None:
        """Have ``data`` written, which came in or was ``sent``."""
        if self.fault is None and not self._worker.put((sent, data)):
            self._worker.fail(OSError(errno.EBUSY, "the disk does not keep up"))

    def close(self) -> None:
        """Wait until all is written and on the disk."""
        self._worker.close()

    def _take(self, item: tuple[bool, bytes]) -> None:
        sent, data = item
        write_all(self._fds[sent], data)

    def _sync(self) -> None:
        for fd in self._fds.values():
            os.fsync(fd)

    def _finish(self) -> None:
        try:
            if self.fault is None:
                self._sync()
        finally:
            for fd in self._fds.values():
                os.close(fd)
