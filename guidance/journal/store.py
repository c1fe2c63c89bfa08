"""The store of procedures: one folder for each."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

from guidance.common.errors import UsageError, UserError
from guidance.common.folders import data_folder
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import DISK, Disk, create_private, open_plain
from guidance.journal.locks import in_use
from guidance.journal.seal import SEAL_NAME

_END_S = 5.0
"""Longest wait, in s, for all procedures without a screen to end."""
_STAMP = "%Y%m%dT%H%M%SZ"

_REPORTED_NAME = "told"
_WITHOUT_SCREEN_NAME = "without-screen"
_END_REQUEST_NAME = "end-requested"

PROCEDURE = re.compile(r"([0-9]{8}T[0-9]{6}Z)-.+")
"""Name of a procedure's folder: when it began by the clock of this computer (UTC), and its protocol."""


def default_store() -> Path:
    """Return the store that is used without ``--store``."""
    return data_folder() / "procedures"


def store_option(store: Path) -> str | None:
    """Return the value of ``--store`` that a command needs to find ``store``; None for the default store."""
    place = store.resolve()
    return None if place == default_store().resolve() else str(place)


def new_procedure(store: Path, protocol_id: str, now: datetime, disk: Disk = DISK) -> Path:
    """Create a folder in ``store`` for a procedure that begins ``now``. Raises UsageError if that fails."""
    stamp = _stamp(now)
    try:
        store.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_world_writable(store)
        for attempt in range(100):
            folder = store / f"{stamp}-{protocol_id}{f'-{attempt}' if attempt else ''}"
            try:
                disk.make_folder(folder)
            except FileExistsError:
                continue
            return folder
    except OSError as fault:
        raise UsageError(f"The record cannot be written to {store} ({fault.strerror}); name another --store.") from None
    raise UsageError(f"The store {store} has too many procedures of this second; try again.")


def procedures(store: Path) -> list[Path]:
    """Return the folders of ``store`` with a procedure, the oldest first; no link is followed. Raises UserError."""
    try:
        folders = sorted(store.iterdir()) if store.is_dir() else []
    except OSError as fault:
        raise UserError(f"The store {store} cannot be read ({fault.strerror}); name another --store.") from None
    return [folder for folder in folders if _is_procedure(folder)]


def linked_procedures(store: Path) -> list[Path]:
    """Return the symbolic links in ``store`` that have the name of a procedure; they are never followed."""
    return [path for path in sorted(store.glob("*")) if path.is_symlink() and PROCEDURE.fullmatch(path.name)]


def find_procedure(store: Path, name: str) -> Path:
    """Return the folder of the procedure called ``name``. Raises UsageError if ``store`` has none."""
    if not name or name != Path(name).name or name.startswith(".") or not name.isprintable() or "\\" in name:
        raise UsageError(f"{name!r} is not the name of a procedure; 'procedures list' shows the names.")
    folder = store / name
    if _is_link(folder):
        raise UsageError(f"{name} is a symbolic link in {store}, and links are not followed.")
    if not _is_procedure(folder):
        raise UsageError(f"There is no procedure {name} in {store}; 'procedures list' shows the names.")
    return folder


def clock_warning(store: Path, now: datetime) -> str | None:
    """Return a warning if procedures in ``store`` began later than ``now``, None if none did."""
    newest = max(filter(None, (_began(folder) for folder in procedures(store))), default=None)
    if newest is None or newest <= now:
        return None
    began = f"{newest:%Y-%m-%d %H:%M} UTC"
    return f"This computer's clock may have been set back: a recorded procedure began at {began}. Check date and time."


def unfinished(store: Path) -> list[Path]:
    """Return the procedures in ``store`` that were cut off: without a seal, and no process writes to them."""
    return [folder for folder in procedures(store) if _is_cut_off(folder)]


def unreported_unfinished(store: Path) -> list[Path]:
    """Return those of ``unfinished`` that no start has reported yet."""
    return [folder for folder in unfinished(store) if not (folder / _REPORTED_NAME).exists()]


def mark_reported(folder: Path) -> None:
    """Mark in ``folder`` that its procedure was reported as cut off."""
    with contextlib.suppress(OSError):  # it is reported again next time
        (folder / _REPORTED_NAME).touch(0o600)


def mark_without_screen(folder: Path) -> None:
    """Mark in ``folder`` that its procedure continues without a screen, so that a later start can request its end."""
    with contextlib.suppress(OSError):  # the procedure then ends by itself after a time
        (folder / _WITHOUT_SCREEN_NAME).touch(0o600)


def mark_with_screen(folder: Path) -> None:
    """Remove the mark that the procedure in ``folder`` continues without a screen: another one has attached."""
    with contextlib.suppress(OSError):
        (folder / _WITHOUT_SCREEN_NAME).unlink(missing_ok=True)


def request_end(folder: Path) -> None:
    """Request the end of the procedure that runs in ``folder``. Raises UserError where that is not possible."""
    try:
        os.close(create_private(folder / _END_REQUEST_NAME))
    except FileExistsError:
        return  # requested before
    except OSError as fault:
        raise UserError(f"The end of {folder.name} cannot be requested ({fault.strerror or fault}).") from None


def is_running(folder: Path) -> bool:
    """Return whether a process writes to the record in ``folder``."""
    return _is_in_use(folder)


def end_is_requested(folder: Path) -> bool:
    """Return whether another process has requested the end of the procedure in ``folder``."""
    return os.path.lexists(folder / _END_REQUEST_NAME)


def end_without_screen(store: Path) -> dict[Path, bool]:
    """Request the end of the procedures of ``store`` that continue without a screen, and wait for it.

    Returns their folders, and whether each has ended. The request is a file in the procedure's own folder: whoever may
    write there can end that procedure and nothing else. No process is signalled, because nothing in a store proves
    whose process a number names.
    """
    running = [folder for folder in procedures(store) if _runs_without_screen(folder)]
    for folder in running:
        with contextlib.suppress(UserError):  # the procedure ends by itself after a time
            request_end(folder)
    until = time.monotonic() + _END_S
    while any(map(_is_in_use, running)) and time.monotonic() < until:
        time.sleep(0.02)
    return {folder: not _is_in_use(folder) for folder in running}


def _runs_without_screen(folder: Path) -> bool:
    """Return whether the procedure in ``folder`` is marked so, and a process has locked its journal."""
    try:
        with open_plain(folder / _WITHOUT_SCREEN_NAME):
            return _is_in_use(folder)
    except OSError:
        return False


def _is_in_use(folder: Path) -> bool:
    """Return whether a process has locked the journal in ``folder``."""
    try:
        with open_plain(folder / EVENTS_NAME) as file:
            return in_use(file.fileno())
    except OSError:
        return False


def _is_cut_off(folder: Path) -> bool:
    """Return whether the record in ``folder`` has no seal and no writer; False if this user may not read it."""
    try:
        with open_plain(folder / EVENTS_NAME) as file:
            return not in_use(file.fileno()) and not os.path.lexists(folder / SEAL_NAME)
    except OSError:
        return False


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:  # such as a name that is too long
        return False


def _is_procedure(folder: Path) -> bool:
    return not _is_link(folder) and os.path.lexists(folder / EVENTS_NAME) and not folder.name.startswith(".")


def _refuse_world_writable(store: Path) -> None:
    """Refuse a store that any user may change. Raises UsageError."""
    mode = store.stat().st_mode
    if os.name == "posix" and mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise UsageError(f"Every user may write in {store}; run chmod o-w {store}, or name another --store.")


def _began(folder: Path) -> datetime | None:
    """Return when the procedure in ``folder`` began by its name, None if the name has no time."""
    match = PROCEDURE.fullmatch(folder.name)
    try:
        return datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime(_STAMP)
