"""Where procedures are kept: a folder each."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path

from guidance.faults import ArgumentFault
from guidance.journal.locks import in_use
from guidance.journal.log import EVENTS_NAME

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
            return in_use(file.fileno())
    except OSError:
        return False


def _is_cut_off(path: Path) -> bool:
    """Whether the journal at ``path`` has no end and no writer; one that may not be read is left to its owner."""
    try:
        with path.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - _TAIL_BYTES, 0))
            lines = file.read().splitlines()
            has_end = bool(lines) and b'"kind": "end"' in lines[-1]
            return not has_end and not in_use(file.fileno())
    except OSError:
        return False
