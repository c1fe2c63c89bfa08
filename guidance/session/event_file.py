"""The file or pipe that ``--events`` names: readable for this user alone, and nothing else is overwritten."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from guidance.common.errors import UsageError

_STREAM_BEGINS = b'{"kind": "start", "seq": 0,'
"""How every event stream begins; only a file that begins so, or an empty one, is written anew."""

_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def open_event_file(path: str) -> int:
    """Open a new file at ``path``, an earlier copy of events, or a pipe; return the descriptor to write to.

    The directory may be one where others write, such as /tmp: no link is followed, except to a pipe or a device, which
    hold nothing that could be lost. Raises UsageError.
    """
    try:
        try:
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        except FileExistsError:
            return _open_pipe(path) if _is_pipe_or_device(Path(path).stat().st_mode) else _open_earlier_copy(path)
    except OSError as fault:
        raise UsageError(
            f"Events cannot be written to {path} ({fault.strerror}); name a new file in a folder you may write to."
        ) from None


def _is_pipe_or_device(mode: int) -> bool:
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


def _open_pipe(path: str) -> int:
    fd = os.open(path, os.O_WRONLY | _BINARY)
    if _is_pipe_or_device(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise OSError(None, "it changed meanwhile")


def _open_earlier_copy(path: str) -> int:
    """Empty the file at ``path`` if it is an earlier copy of events, or empty. Raises OSError."""
    if Path(path).is_symlink():
        raise OSError(None, "it is a symbolic link")
    fd = os.open(path, os.O_RDWR | _NO_LINK | _BINARY)
    try:
        status = os.fstat(fd)
        own = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and status.st_nlink == 1)
        beginning = os.read(fd, len(_STREAM_BEGINS))
        if not (stat.S_ISREG(status.st_mode) and own and beginning in {b"", _STREAM_BEGINS}):
            raise OSError(None, "it exists already, and is no earlier copy of events that is yours alone")
        if hasattr(os, "fchmod"):
            os.fchmod(fd, 0o600)
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
    except OSError:
        os.close(fd)
        raise
    return fd
