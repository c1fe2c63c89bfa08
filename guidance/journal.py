"""Where procedures are kept: a folder each, with the event stream as it was written while the procedure ran."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path

from guidance.faults import ArgumentFault

if sys.platform != "win32":
    import fcntl

EVENTS_NAME = "events.jsonl"
SYNC_S = 1.0
_END_S = 5.0

_TOLD_NAME = "told"
_ALONE_NAME = "without-screen"
_TAIL_BYTES = 4096


def default_store() -> Path:
    """The folder of procedures where ``--store`` names none."""
    return user_data_path("needle-guidance") / "procedures"


def new_procedure(store: Path, protocol_id: str, now: datetime) -> Path:
    """A new folder in ``store`` for a procedure that begins ``now``. Raises ArgumentFault if it cannot be made."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    try:
        store.mkdir(mode=0o700, parents=True, exist_ok=True)
        for attempt in range(100):
            folder = store / f"{stamp}-{protocol_id}{f'-{attempt}' if attempt else ''}"
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder
    except OSError as fault:
        raise ArgumentFault(f"The record cannot be kept in {store} ({fault.strerror}); name another --store.") from None
    raise ArgumentFault(f"The store {store} already holds too many procedures of this second; try again.")


class Journal:
    """The event stream on disk, for this user's eyes alone: every line is with the system at once, and on the disk
    about a second later, which a thread sees to. It is locked while it is open.
    """

    def __init__(self, folder: Path) -> None:
        """Begin the journal of the procedure in ``folder``. Raises ArgumentFault."""
        path = folder / EVENTS_NAME
        self.name = str(path)
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as fault:
            raise ArgumentFault(
                f"The journal {path} cannot be begun ({fault.strerror}); name another --store."
            ) from None
        _lock(self._fd)
        self._size = self._synced = 0
        self._fault: OSError | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._sync_often, name="journal to disk", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Add ``line`` whole or not at all. Raises OSError, also that of an earlier line which met the disk late."""
        if self._fault is not None:
            raise self._fault
        try:
            written = os.write(self._fd, line)
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size)
            raise
        self._size += len(line)

    def close(self) -> None:
        """Bring the rest to the disk and let go of the file; a fault of the disk now has nobody left to tell."""
        self._closing.set()
        self._thread.join()
        os.close(self._fd)

    def _sync_often(self) -> None:
        try:
            while not self._closing.wait(SYNC_S):
                self._sync()
            self._sync()
        except OSError as fault:
            self._fault = fault

    def _sync(self) -> None:
        size = self._size
        if size > self._synced:
            os.fsync(self._fd)
            self._synced = size


def unfinished(store: Path) -> list[Path]:
    """Procedures in ``store`` that were cut off: their stream has no ``end``, and nothing writes to it any more."""
    if not store.is_dir():
        return []
    return [path.parent for path in sorted(store.glob(f"*/{EVENTS_NAME}")) if _is_cut_off(path)]


def newly_unfinished(store: Path) -> list[Path]:
    """Those of ``unfinished`` that no start has told of before."""
    return [folder for folder in unfinished(store) if not (folder / _TOLD_NAME).exists()]


def mark_told(folder: Path) -> None:
    """Note in ``folder`` that its procedure is known to have been cut off."""
    with contextlib.suppress(OSError):  # it is told again next time
        (folder / _TOLD_NAME).touch(0o600)


def mark_alone(folder: Path) -> None:
    """Note in ``folder`` that this process goes on with its procedure though the screen is gone."""
    with contextlib.suppress(OSError):  # then it ends by itself after a while
        (folder / _ALONE_NAME).touch(0o600)
        (folder / _ALONE_NAME).write_text(str(os.getpid()))


def end_alone(store: Path) -> list[Path]:
    """End in order the procedures of ``store`` that go on without their screen; those that were ended."""
    return [path.parent for path in sorted(store.glob(f"*/{_ALONE_NAME}")) if _ended(path)]


def _ended(mark: Path) -> bool:
    """Ask the process named in ``mark`` to end, and wait. Whether it was at work: it then holds its journal's lock."""
    journal, pid = mark.with_name(EVENTS_NAME), mark.read_text()
    if not (_is_held(journal) and pid.isdigit()):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(pid), signal.SIGTERM)
    until = time.monotonic() + _END_S
    while _is_held(journal) and time.monotonic() < until:
        time.sleep(0.02)
    return True


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _in_use(file.fileno())
    except OSError:
        return False


def _is_cut_off(path: Path) -> bool:
    """Whether the journal at ``path`` has no end and no writer; one that may not be read is left to its owner."""
    try:
        with path.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - _TAIL_BYTES, 0))
            lines = file.read().splitlines()
            has_end = bool(lines) and b'"kind": "end"' in lines[-1]
            return not has_end and not _in_use(file.fileno())
    except OSError:
        return False


def _lock(fd: int) -> None:
    """Hold the file for as long as this process lives; where locks are not to be had, it is done without."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _in_use(fd: int) -> bool:
    """Whether another process holds the file."""
    if sys.platform != "win32":
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
