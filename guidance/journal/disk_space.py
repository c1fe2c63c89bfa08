"""How long the disk will last."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

RESERVE_BYTES = 16 << 20
"""Left to the journal: with less than this the signal is recorded no more."""

LOW_MIN, ENOUGH_MIN = 10.0, 12.0

_JOURNAL_BYTES_S = 8_000.0


class DiskSpace:
    """``minutes_left`` on the disk at ``folder``, None while not known; ``low`` once they are few."""

    def __init__(self, folder: Path, bytes_s: float) -> None:
        """``bytes_s`` of the signal will be written a second."""
        self._folder, self._bytes_s = folder, bytes_s + _JOURNAL_BYTES_S
        self.minutes_left: float | None = None
        self.low = False

    def measure(self) -> None:
        """See how much is free, where the system tells. Raises OSError where that is too little to go on."""
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError:
            self.minutes_left = None
            return
        self.minutes_left = max(free - RESERVE_BYTES, 0) / self._bytes_s / 60
        self.low = self.minutes_left < (ENOUGH_MIN if self.low else LOW_MIN)
        if free < RESERVE_BYTES:
            raise OSError(errno.ENOSPC, "the disk is full but for what the journal needs")
