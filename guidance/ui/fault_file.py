"""The file that takes the traceback of a display fault: beside the record, never on the terminal."""

from __future__ import annotations

import logging
import os
from collections import deque
from contextlib import suppress
from pathlib import Path

NAME = "screen-fault.txt"
LOGGER = "guidance.ui.fault"
_MOST_WAITING = 100
"""Most faults kept in memory, of some 2 kB each: an observer never has a folder to write them to."""


class FaultFile(logging.Handler):
    """A log handler that appends every fault to a file in the record's folder; until ``keep_in`` sets the folder, the
    newest faults wait in memory.
    """

    def __init__(self) -> None:
        super().__init__()
        self._folder: Path | None = None
        self._waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        self.setFormatter(logging.Formatter("%(asctime)s %(message)s"))

    @property
    def path(self) -> Path | None:
        """The file; None while it does not exist."""
        path = self._folder / NAME if self._folder else None
        return path if path and path.exists() else None

    def keep_in(self, folder: Path) -> None:
        """Write the waiting faults, and all later ones, to the file in ``folder``."""
        self._folder = folder
        self._write()

    def emit(self, record: logging.LogRecord) -> None:
        """Write ``record`` and its traceback, as soon as a folder is set."""
        self._waiting.append(self.format(record))
        self._write()

    def _write(self) -> None:
        """Write the waiting faults; if the disk fails, they stay on the screen, and the engine raises an alarm."""
        if self._folder is None or not self._waiting:
            return
        with suppress(OSError), open(self._folder / NAME, "a", encoding="utf-8", opener=_private) as file:
            while self._waiting:
                file.write(f"{self._waiting.popleft()}\n")


def _private(path: str, flags: int) -> int:
    """Open the file for its owner only: the text of a fault may name a patient."""
    return os.open(path, flags, 0o600)
