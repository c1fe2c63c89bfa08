"""The time until the disk is full."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

RESERVE_BYTES = 16 << 20
"""Space kept for the journal: with less than this free, the signal is no longer recorded."""

LOW_MIN, ENOUGH_MIN = 10.0, 12.0
"""Minutes at which ``low`` begins and ends; the distance keeps the warning from flickering."""

_JOURNAL_BYTES_S = 8_000.0
"""Estimate of what the journal writes per second, beside the signal."""


class DiskSpace:
    """Free time on the disk at ``folder``: ``minutes_left``, None if not known; ``low`` if few are left."""

    def __init__(self, folder: Path, bytes_s: float) -> None:
        """Expect ``bytes_s`` bytes of signal per second."""
        self._folder, self._bytes_s = folder, bytes_s + _JOURNAL_BYTES_S
        self.minutes_left: float | None = None
        self.low = False

    def measure(self) -> None:
        """Measure the free space. Raises OSError if less than ``RESERVE_BYTES`` is free."""
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError:
            self.minutes_left = None
            return
        self.minutes_left = max(free - RESERVE_BYTES, 0) / self._bytes_s / 60
        self.low = self.minutes_left < (ENOUGH_MIN if self.low else LOW_MIN)
        if free < RESERVE_BYTES:
            raise OSError(errno.ENOSPC, "the disk is full except for what the journal needs")
