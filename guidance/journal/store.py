"""Where procedures are kept: a folder each."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path

from guidance.common.errors import UsageError, UserError
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import open_plain
from guidance.journal.locks import in_use
from guidance.journal.seal import SEAL_NAME

_END_S = 5.0
_STAMP = "%Y%m%dT%H%M%SZ"
_PID_BYTES = 32

_REPORTED_NAME = "told"
_WITHOUT_SCREEN_NAME = "without-screen"

PROCEDURE = re.compile(r"([0-9]{8}T[0-9]{6}Z)-.+")
"""How a procedure's folder is called: when it began, by the clock of this computer, and its protocol."""


def default_store() -> Path:
    """The folder of procedures where ``--store`` names none."""
    return user_data_path("needle-guidance") / "procedures"


def store_option(store: Path) -> str | None:
    """What ``--store`` has to say for a command to look in ``store``; None where it looks there anyway."""
    place = store.resolve()
    return None if place == default_store().resolve() else str(place)


def new_procedure(store: Path, protocol_id: str, now: datetime) -> Path:
    """A new folder in ``store`` for a procedure that begins ``now``. Raises UsageError if it cannot be made."""
    stamp = _stamp(now)
    try:
        store.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_world_writable(store)
        for attempt in range(100):
            folder = store / f"{stamp}-{protocol_id}{f'-{attempt}' if attempt else ''}"
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder
    except OSError as fault:
        raise UsageError(f"The record cannot be kept in {store} ({fault.strerror}); name another --store.") from None
    raise UsageError(f"The store {store} already holds too many procedures of this second; try again.")


def procedures(store: Path) -> list[Path]:
    """The folders of ``store`` that hold a procedure, the oldest first; no link is followed. Raises UserError."""
    try:
        folders = sorted(store.iterdir()) if store.is_dir() else []
    except OSError as fault:
        raise UserError(f"The store {store} cannot be read ({fault.strerror}); name another --store.") from None
    return [folder for folder in folders if _is_procedure(folder)]


def linked_procedures(store: Path) -> list[Path]:
    """What lies in ``store`` under a procedure's name and is a symbolic link: it is left alone."""
    return [path for path in sorted(store.glob("*")) if path.is_symlink() and PROCEDURE.fullmatch(path.name)]


def find_procedure(store: Path, name: str) -> Path:
    """The folder of the procedure called ``name``. Raises UsageError where that names none in ``store``."""
    if not name or name != Path(name).name or name.startswith(".") or not name.isprintable() or "\\" in name:
        raise UsageError(f"{name!r} is no name of a procedure; procedures list shows them.")
    folder = store / name
    if _is_link(folder):
        raise UsageError(f"{name} is a symbolic link in {store}; it is left alone.")
    if not _is_procedure(folder):
        raise UsageError(f"There is no procedure {name} in {store}; procedures list shows them.")
    return folder


def clock_warning(store: Path, now: datetime) -> str | None:
    """In words, that the clock says ``now`` and procedures in ``store`` began later; None where none did."""
    newest = max(filter(None, (_began(folder) for folder in procedures(store))), default=None)
    if newest is None or newest <= now:
        return None
    began = f"{newest:%Y-%m-%d %H:%M} UTC"
    return f"This computer's clock may have been set back: a procedure is on record from {began}. Check date and time."


def unfinished(store: Path) -> list[Path]:
    """Procedures in ``store`` that were cut off: their record has no end or no seal, and nothing writes to it."""
    return [folder for folder in procedures(store) if _is_cut_off(folder)]


def unreported_unfinished(store: Path) -> list[Path]:
    """Those of ``unfinished`` that no start has told of before."""
    return [folder for folder in unfinished(store) if not (folder / _REPORTED_NAME).exists()]


def mark_reported(folder: Path) -> None:
    """Note in ``folder`` that its procedure is known to have been cut off."""
    with contextlib.suppress(OSError):  # it is told again next time
        (folder / _REPORTED_NAME).touch(0o600)


def mark_without_screen(folder: Path) -> None:
    """Note in ``folder`` that this process goes on with its procedure though the screen is gone."""
    with contextlib.suppress(OSError):  # then it ends by itself after a while
        (folder / _WITHOUT_SCREEN_NAME).touch(0o600)
        (folder / _WITHOUT_SCREEN_NAME).write_text(str(os.getpid()))


def end_without_screen(store: Path) -> list[Path]:
    """End in order the procedures of ``store`` that go on without their screen; those that were ended."""
    return [
        folder
        for folder in procedures(store)
        if (folder / _WITHOUT_SCREEN_NAME).exists() and _end_process(folder / _WITHOUT_SCREEN_NAME)
    ]


def _end_process(mark: Path) -> bool:
    """Ask the process named in ``mark`` to end, and wait. Whether it was at work: it then holds its journal's lock."""
    journal = mark.with_name(EVENTS_NAME)
    try:
        with open_plain(mark) as file:
            pid = file.read(_PID_BYTES)
    except OSError:
        return False
    if not (_is_locked(journal) and pid.isdigit()):
        return False
    with contextlib.suppress(OSError, OverflowError):
        os.kill(int(pid), signal.SIGTERM)
    until = time.monotonic() + _END_S
    while _is_locked(journal) and time.monotonic() < until:
        time.sleep(0.02)
    return True


def _is_locked(path: Path) -> bool:
    try:
        with open_plain(path) as file:
            return in_use(file.fileno())
    except OSError:
        return False


def _is_cut_off(folder: Path) -> bool:
    """Whether the record in ``folder`` has no seal and no writer; one that may not be read is left to its owner."""
    try:
        with open_plain(folder / EVENTS_NAME) as file:
            return not in_use(file.fileno()) and not os.path.lexists(folder / SEAL_NAME)
    except OSError:
        return False


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:  # such as a name too long to be any
        return False


def _is_procedure(folder: Path) -> bool:
    return not _is_link(folder) and os.path.lexists(folder / EVENTS_NAME) and not folder.name.startswith(".")


def _refuse_world_writable(store: Path) -> None:
    """What anybody may change is no place for a record. Raises UsageError."""
    mode = store.stat().st_mode
    if os.name == "posix" and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise UsageError(f"Everybody may write in {store}; say chmod o-w {store}, or name another --store.")


def _began(folder: Path) -> datetime | None:
    """When the procedure in ``folder`` began, as its name says; None where that says no time."""
    match = PROCEDURE.fullmatch(folder.name)
    try:
        return datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime(_STAMP)
