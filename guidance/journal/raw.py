"""Every byte of the device's line, as it came and as it was sent: for whoever must find out what went wrong there."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from guidance.journal.behind import Behind
from guidance.journal.files import create_private, write_all

RECEIVED_NAME, SENT_NAME = "received.raw", "sent.raw"


class RawLog(Behind[tuple[bool, bytes]]):
    """Takes bytes from before there is a folder for them: they wait until ``begin``."""

    def __init__(self) -> None:
        super().__init__("line to disk")
        self._fds: dict[bool, int] = {}

    def begin(self, folder: Path) -> None:
        """Write to ``folder`` from now on, what came before first. Raises OSError."""
        with ExitStack() as made:
            for sent, name in ((False, RECEIVED_NAME), (True, SENT_NAME)):
                self._fds[sent] = create_private(folder / name)
                made.callback(os.close, self._fds[sent])
            made.pop_all()
        self.start()

    def tap(self, data: bytes, *, sent: bool) -> None:
        """Have ``data`` written, which came in or was ``sent``."""
        self.put((sent, data))

    def _take(self, item: tuple[bool, bytes]) -> None:
        sent, data = item
        write_all(self._fds[sent], data)

    def _now_and_then(self) -> None:
        for fd in self._fds.values():
            os.fsync(fd)

    def _finish(self) -> None:
        try:
            if self.fault is None:
                self._now_and_then()
        finally:
            for fd in self._fds.values():
                os.close(fd)
