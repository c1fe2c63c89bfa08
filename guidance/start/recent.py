"""What was chosen last, for the next time: protocol, device, solution. Nothing about a patient is kept."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

from guidance.common.errors import UserError
from guidance.common.folders import state_folder
from guidance.journal.private_files import read_private, write_private

KEPT = ("protocol_id", "address", "solution", "file")
"""Parameters whose values are kept."""
_MOST = 5


def recent_path() -> Path:
    """Return the file that holds the recent choices."""
    return state_folder() / "recent.json"


def recent_choices() -> dict[str, list[str]]:
    """Return the recent values by parameter, the newest first; none where the file cannot be read."""
    try:
        stored = json.loads(read_private(recent_path()) or b"{}")
        return {key: [str(value) for value in stored.get(key, [])][:_MOST] for key in KEPT}
    except (UserError, ValueError, AttributeError, TypeError):
        return {key: [] for key in KEPT}


def keep_recent(answers: Mapping[str, str]) -> None:
    """Add ``answers`` to the recent choices; where they cannot be written, the next time begins without them."""
    known = recent_choices()
    for key in KEPT:
        if value := answers.get(key):
            known[key] = [value, *(old for old in known[key] if old != value)][:_MOST]
    path = recent_path()
    with contextlib.suppress(UserError, OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, json.dumps(known).encode())
