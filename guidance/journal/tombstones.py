"""Procedures are deleted for good; that there was one stays on record, in chained lines of the store's own."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from guidance.common.errors import UserError
from guidance.journal.chain import MOST_LINE_BYTES, chained
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import create_private, lines_of, open_plain, sync_folder
from guidance.journal.locks import in_use, lock
from guidance.journal.verify import RecordState, Verdict, verify, walk

DELETED_NAME = "deleted.jsonl"
_GOING = ".deleting-"


def delete(folder: Path, now: datetime) -> None:
    """Delete the procedure in ``folder``, and leave a tombstone in its store. Raises UserError.

    The tombstone comes first: what was interrupted is finished by the next deletion.
    """
    store = folder.parent
    try:
        if _is_running(folder):
            raise UserError(f"The procedure {folder.name} is still being recorded; end it first.")
        _bury(store, _epitaph(folder, now))
        folder.rename(store / f"{_GOING}{folder.name}")
        for going in store.glob(f"{_GOING}*"):
            shutil.rmtree(going)
        sync_folder(store)
    except OSError as fault:
        raise UserError(f"The procedure {folder.name} cannot be deleted ({fault.strerror}).") from None


def tombstones(store: Path) -> list[dict[str, Any]]:
    """What was deleted from ``store``, the oldest first; lines that are none are left to ``verify_tombstones``."""
    try:
        with open_plain(store / DELETED_NAME) as file:
            found = [_stone(line) for line in lines_of(file, MOST_LINE_BYTES)]
    except OSError:
        return []
    return [stone for stone in found if stone is not None]


def verify_tombstones(store: Path) -> Verdict | None:
    """Whether the tombstones of ``store`` hold, None where there are none."""
    path = store / DELETED_NAME
    if not os.path.lexists(path):
        return None
    try:
        with open_plain(path) as file:
            found = walk(file)
    except OSError as fault:
        return Verdict(RecordState.BROKEN, f"{DELETED_NAME} cannot be read ({fault.strerror})")
    if found.torn:
        return Verdict(RecordState.BROKEN, f"line {found.lines + 1} of {DELETED_NAME} is broken: it has no end")
    word = "tombstones hold" if found.lines != 1 else "tombstone holds"
    return (
        found if found.state is RecordState.BROKEN else Verdict(RecordState.WHOLE, f"{found.lines} {word}", found.lines)
    )


def _is_running(folder: Path) -> bool:
    try:
        with open_plain(folder / EVENTS_NAME) as file:
            return in_use(file.fileno())
    except OSError:
        return False


def _epitaph(folder: Path, now: datetime) -> dict[str, Any]:
    found = verify(folder)
    told = {"name": folder.name, "wall_time": now.isoformat(timespec="seconds")}
    return told | {"lines": found.lines, "state": found.state.value, "last_chain": found.chain}


def _bury(store: Path, epitaph: dict[str, Any]) -> None:
    """Add ``epitaph`` to the tombstones. Raises OSError, UserError where they do not hold."""
    path = store / DELETED_NAME
    if not os.path.lexists(path):
        os.close(create_private(path))
    with open_plain(path, write=True) as file:
        lock(file.fileno())
        _append(path, file, epitaph)


def _append(path: Path, file: BinaryIO, epitaph: dict[str, Any]) -> None:
    found = walk(file)
    if found.state is RecordState.BROKEN:
        raise UserError(f"{path} does not hold: {found.why}. Nothing was deleted; move that file away and keep it.")
    file.truncate(found.end)
    file.seek(found.end)
    head = {"kind": "deleted", "seq": found.lines}
    file.write(chained(found.chain, json.dumps(head | epitaph, ensure_ascii=False).encode() + b"\n")[0])
    file.flush()
    os.fsync(file.fileno())


def _stone(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("name"), str) else None
