"""The sockets at which observers connect: one for each running procedure, in a folder that only the user can read."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path

from platformdirs import user_runtime_path

from guidance.common.errors import UserError

SUFFIX = ".watch"


def runtime_folder() -> Path:
    """Return the folder of the sockets, and create it if need be. Raises UserError where others can read it."""
    with warnings.catch_warnings(action="ignore"):  # where the system has no such place, platformdirs warns
        folder = user_runtime_path("needle-guidance", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat(follow_symlinks=False)
    except OSError as fault:
        raise UserError(
            f"The folder {folder} cannot be used ({fault.strerror}); nobody can watch the procedure."
        ) from None
    own = status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & 0o077
    if not (stat.S_ISDIR(status.st_mode) and own):
        raise UserError(
            f"The folder {folder} is open to others; nobody can watch the procedure. Close it to others with chmod 700."
        )
    return folder


def socket_path(pid: int) -> Path:
    """Return the socket of the procedure whose engine is process ``pid``. Raises UserError."""
    return runtime_folder() / f"{pid}{SUFFIX}"


def running() -> list[int]:
    """Return the process ids of the engines that can be observed, the newest last. Raises UserError."""
    sockets = sorted(runtime_folder().glob(f"*{SUFFIX}"), key=lambda path: path.lstat().st_mtime)
    return [int(path.stem) for path in sockets if path.stem.isdecimal()]
