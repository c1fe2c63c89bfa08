"""Where running procedures let others look on: a socket each, in a folder that is the user's alone."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path

from platformdirs import user_runtime_path

from guidance.common.errors import UserError

SUFFIX = ".watch"


def runtime_folder() -> Path:
    """The folder of the sockets, made if need be. Raises UserError where it is not the user's alone."""
    with warnings.catch_warnings(action="ignore"):  # where the system has no such place, platformdirs warns
        folder = user_runtime_path("needle-guidance", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat(follow_symlinks=False)
    except OSError as fault:
        raise UserError(f"The folder {folder} cannot be used ({fault.strerror}); nobody can look on.") from None
    own = found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077
    if not (stat.S_ISDIR(found.st_mode) and own):
        raise UserError(f"The folder {folder} is open to others; nobody can look on. Make it yours alone: chmod 700.")
    return folder


def socket_path(pid: int) -> Path:
    """The socket of the procedure whose engine is process ``pid``. Raises UserError."""
    return runtime_folder() / f"{pid}{SUFFIX}"


def running() -> list[int]:
    """The engines that may be looked at, by process, the newest last. Raises UserError."""
    found = sorted(runtime_folder().glob(f"*{SUFFIX}"), key=lambda path: path.lstat().st_mtime)
    return [int(path.stem) for path in found if path.stem.isdecimal()]
