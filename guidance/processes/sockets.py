"""The sockets of a running procedure, in a folder that only the user can read: observers connect at one, and at another
a screen that takes the procedure over.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

from platformdirs import user_runtime_path

from guidance.common.errors import UserError
from guidance.common.folders import state_folder

SUFFIX, SCREEN_SUFFIX = ".watch", ".screen"

_ACCEPT_S = 0.2


class Listener:
    """A socket at which processes of this user connect."""

    def __init__(self, path: Path, most_waiting: int) -> None:
        """Create the socket ``path`` for this user alone. Raises OSError."""
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            path.unlink(missing_ok=True)
            self._socket.bind(str(path))
            path.chmod(0o600)
            self._socket.listen(most_waiting)
            self._socket.settimeout(_ACCEPT_S)
        except OSError:
            self._socket.close()
            raise

    def accept(self) -> Connection | None:
        """Accept the next process; returns None after ``_ACCEPT_S`` without one, and once the socket is closed."""
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return None
        connection.setblocking(True)
        return Connection(connection.detach())

    def close(self) -> None:
        """Close the socket and remove it."""
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink()


def connect(path: Path) -> Connection | None:
    """Connect to the engine at socket ``path``; returns None where it is gone, and then removes the socket."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    return Connection(connection.detach())


def runtime_folder() -> tuple[Path, str | None]:
    """Return the folder of the sockets, created if need be, and why it is not the system's own (None: it is).

    Where another user has taken or opened the system's folder, the user's own state folder serves instead. Raises
    UserError where neither is private.
    """
    fault: str | None = None
    for folder_of in (_system_folder, _home_folder):
        try:
            return _private_folder(folder_of()), fault
        except OSError as problem:
            fault = fault or _sentence(problem)
    raise UserError(f"{fault} Nobody can watch the procedure.")


def folder_notice() -> str | None:
    """Return the notice for the operator that the sockets are not in the system's own folder; None where they are."""
    try:
        _, fault = runtime_folder()
    except UserError as nowhere:
        return str(nowhere)
    return fault and f"{fault} The procedure can be watched all the same."


def socket_path(pid: int, suffix: str = SUFFIX) -> Path:
    """Return the socket of the procedure whose engine is process ``pid``. Raises UserError."""
    return runtime_folder()[0] / f"{pid}{suffix}"


def running(suffix: str = SUFFIX) -> dict[int, Path]:
    """Return the sockets of the engines that can be observed (``SUFFIX``) or taken over (``SCREEN_SUFFIX``) by process
    id, the newest last. Raises UserError.

    Both folders are searched: an engine may have begun while the system's was not private.
    """
    folders = {runtime_folder()[0]} | set(_private_home_folder())
    sockets = [path for folder in folders for path in folder.glob(f"*{suffix}") if path.stem.isdecimal()]
    return {int(path.stem): path for path in sorted(sockets, key=lambda path: path.lstat().st_mtime)}


def remove_left_behind() -> None:
    """Remove the sockets of engines that were killed: no process has their id any more. Raises UserError."""
    for pid, path in [*running().items(), *running(SCREEN_SUFFIX).items()]:
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            with contextlib.suppress(OSError):
                path.unlink()
        except OSError:
            continue  # a process of another user has the id now


def _system_folder() -> Path:
    with warnings.catch_warnings(action="ignore"):  # where the system has no such place, platformdirs warns
        return user_runtime_path("needle-guidance", appauthor=False)


def _home_folder() -> Path:
    return state_folder() / "run"


def _private_home_folder() -> list[Path]:
    """Return the folder in the user's home if it is there and private."""
    folder = _home_folder()
    try:
        return [_private_folder(folder)] if folder.is_dir() else []
    except OSError:
        return []


def _private_folder(folder: Path) -> Path:
    """Return ``folder``, created if need be. Raises OSError where it is not a folder of this user alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat(follow_symlinks=False)
    own = sys.platform == "win32" or (status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & 0o077)
    if not (stat.S_ISDIR(status.st_mode) and own):
        raise PermissionError(None, "it is open to others; close it with chmod 700", str(folder))
    return folder


def _sentence(problem: OSError) -> str:
    """Describe why a folder is not used; platformdirs gives its own sentence and no name."""
    if problem.filename is None:
        return f"The system's folder for sockets is not used: {problem}."
    return f"The folder {problem.filename} is not used ({problem.strerror})."
