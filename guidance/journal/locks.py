"""Which process holds a file: a procedure's record is held for as long as its procedure runs."""

from __future__ import annotations

import contextlib
import sys

if sys.platform != "win32":
    import fcntl


def lock(fd: int) -> None:
    """Hold the file for as long as this process lives, once whoever looks at it is done; where locks are not to be had,
    it is done without.
    """
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX)


def lock_now(fd: int) -> bool:
    """Hold the file, unless another process does; whether it is held now."""
    if sys.platform != "win32":
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def in_use(fd: int) -> bool:
    """Whether another process holds the file."""
    if sys.platform != "win32":
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
