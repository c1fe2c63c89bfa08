"""Patient and note encrypted where they lie."""

from __future__ import annotations

from pathlib import Path

from guidance.common.errors import UsageError
from guidance.journal.encryption import CASE_NAME, NOTE_NAME, EncryptionKey, read_sealed, seal_plain


def protect(folder: Path, key: EncryptionKey) -> None:
    """Encrypt what ``folder`` holds of patient and note with ``key``. Raises UsageError where there is none, UserError.

    What is encrypted already must open with the same key: no folder has two.
    """
    held = [read_sealed(folder, name, key) for name in (CASE_NAME, NOTE_NAME)]
    if held == [None, None]:
        raise UsageError(f"{folder.name} names no patient and has no signed note; there is nothing to encrypt.")
    seal_plain(folder, key)
