"""File locks: the record of a procedure is locked while the procedure runs."""

from __future__ import annotations

import contextlib
import sys

if sys.platform != "win32":
    import fcntl


def lock(fd: int) -> None:
    """Lock the file until this process ends; wait for readers that check the lock. No lock on systems without any."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX)


def lock_now(fd: int) -> bool:
    """Lock the file unless another process has; return whether it is locked now."""
    if sys.platform != "win32":
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def in_use(fd: int) -> bool:
    """Return whether another process has locked the file."""
    if sys.platform != "win32":
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
