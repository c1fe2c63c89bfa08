"""Deletion of procedures: a chained line in the store, the tombstone, records that each one existed."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from guidance.common.errors import UserError
from guidance.journal.chain import MAX_LINE_BYTES, with_chain
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import create_private, lines_of, open_plain, sync_folder
from guidance.journal.locks import in_use, lock
from guidance.journal.verify import RecordState, Verdict, verify, walk

DELETED_NAME = "deleted.jsonl"
_DELETING_PREFIX = ".deleting-"


def delete(folder: Path, now: datetime) -> None:
    """Delete the procedure in ``folder`` and leave a tombstone in its store. Raises UserError.

    The tombstone is written first; the next deletion completes an interrupted one.
    """
    store = folder.parent
    try:
        if _is_running(folder):
            raise UserError(f"The procedure {folder.name} is still being recorded; end it first.")
        _add_tombstone(store, _tombstone(folder, now))
        folder.rename(store / f"{_DELETING_PREFIX}{folder.name}")
        for leftover in store.glob(f"{_DELETING_PREFIX}*"):
            shutil.rmtree(leftover)
        sync_folder(store)
    except OSError as fault:
        raise UserError(f"The procedure {folder.name} cannot be deleted ({fault.strerror}).") from None


def tombstones(store: Path) -> list[dict[str, Any]]:
    """Return the tombstones of ``store``, the oldest first; ``verify_tombstones`` reports damaged lines."""
    try:
        with open_plain(store / DELETED_NAME) as file:
            verdict = [_parsed_tombstone(line) for line in lines_of(file, MAX_LINE_BYTES)]
    except OSError:
        return []
    return [tombstone for tombstone in verdict if tombstone is not None]


def verify_tombstones(store: Path) -> Verdict | None:
    """Verify the tombstones of ``store``; None if there are none."""
    path = store / DELETED_NAME
    if not os.path.lexists(path):
        return None
    try:
        with open_plain(path) as file:
            verdict = walk(file)
    except OSError as fault:
        return Verdict(RecordState.BROKEN, f"{DELETED_NAME} cannot be read ({fault.strerror})")
    if verdict.torn:
        return Verdict(RecordState.BROKEN, f"line {verdict.lines + 1} of {DELETED_NAME} is broken: it is not finished")
    intact = "tombstones are intact" if verdict.lines != 1 else "tombstone is intact"
    return (
        verdict
        if verdict.state is RecordState.BROKEN
        else Verdict(RecordState.WHOLE, f"{verdict.lines} {intact}", verdict.lines)
    )


def _is_running(folder: Path) -> bool:
    try:
        with open_plain(folder / EVENTS_NAME) as file:
            return in_use(file.fileno())
    except OSError:
        return False


def _tombstone(folder: Path, now: datetime) -> dict[str, Any]:
    verdict = verify(folder)
    header = {"name": folder.name, "wall_time": now.isoformat(timespec="seconds")}
    return header | {"lines": verdict.lines, "state": verdict.state.value, "last_chain": verdict.chain}


def _add_tombstone(store: Path, tombstone: dict[str, Any]) -> None:
    """Add ``tombstone`` to the tombstones. Raises OSError; UserError if they are not intact."""
    path = store / DELETED_NAME
    if not os.path.lexists(path):
        os.close(create_private(path))
    with open_plain(path, write=True) as file:
        lock(file.fileno())
        _append(path, file, tombstone)


def _append(path: Path, file: BinaryIO, tombstone: dict[str, Any]) -> None:
    verdict = walk(file)
    if verdict.state is RecordState.BROKEN:
        raise UserError(
            f"{path} is not intact: {verdict.why}. Nothing was deleted; move that file elsewhere and keep it."
        )
    file.truncate(verdict.end)
    file.seek(verdict.end)
    head = {"kind": "deleted", "seq": verdict.lines}
    file.write(with_chain(verdict.chain, json.dumps(head | tombstone, ensure_ascii=False).encode() + b"\n")[0])
    file.flush()
    os.fsync(file.fileno())


def _parsed_tombstone(line: bytes) -> dict[str, Any] | None:
    try:
        verdict = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return verdict if isinstance(verdict, dict) and isinstance(verdict.get("name"), str) else None
