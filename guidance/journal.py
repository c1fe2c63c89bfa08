"""Where procedures are kept: a folder each, with the event stream as it was written while the procedure ran."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path

from guidance.faults import ArgumentFault

EVENTS_NAME = "events.jsonl"


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
    """Procedures in ``store`` whose event stream does not end with an ``end`` record: they were cut off."""
    if not store.is_dir():
        return []
    return [path.parent for path in sorted(store.glob(f"*/{EVENTS_NAME}")) if not _ended(path)]


def _ended(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(os.fstat(file.fileno()).st_size - 4096, 0))
        lines = file.read().splitlines()
    return bool(lines) and b'"kind": "end"' in lines[-1]
