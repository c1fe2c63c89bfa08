"""Patient and note encrypted where they lie."""

from __future__ import annotations

from pathlib import Path

from guidance.faults import ArgumentFault
from guidance.journal.key import Key, read_sealed, write_sealed
from guidance.journal.note.case import CASE_NAME
from guidance.journal.note.signing import NOTE_NAME
from guidance.journal.private import read_private


def protect(folder: Path, key: Key) -> None:
    """Encrypt what ``folder`` holds of patient and note with ``key``. Raises ArgumentFault where there is none, Fault.

    What is encrypted already must open with the same key: no folder has two.
    """
    found = [name for name in (CASE_NAME, NOTE_NAME) if _is_there(folder, name)]
    if not found:
        raise ArgumentFault(f"{folder.name} names no patient and has no signed note; there is nothing to encrypt.")
    for name in found:
        data = read_sealed(folder, name, key)
        if data is not None and read_private(folder / f"{name}.age") is None:
            write_sealed(folder, name, data, key)


def _is_there(folder: Path, name: str) -> bool:
    return any((folder / f"{name}.{ending}").exists() for ending in ("json", "age"))
