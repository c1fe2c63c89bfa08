"""The event stream of a procedure, read from its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from guidance.common.errors import UserError
from guidance.journal.chain import MAX_LINE_BYTES
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import lines_of, open_plain

EventFields = dict[str, Any]
"""The fields of one event, by name."""


def read_events(folder: Path) -> list[EventFields]:
    """Read the events of the procedure in ``folder``, in order, without an unfinished last line.

    The chain is not checked; ``verify`` does that. Raises UserError if there is no stream, or if a finished line is
    damaged.
    """
    path = folder / EVENTS_NAME
    try:
        with open_plain(path) as file:
            lines = list(lines_of(file, MAX_LINE_BYTES))
    except OSError as fault:
        raise UserError(f"The record {path} cannot be read ({fault.strerror}).") from None
    if lines and not lines[-1].endswith(b"\n") and len(lines[-1]) < MAX_LINE_BYTES:
        lines.pop()
    return [_record(path, number, line) for number, line in enumerate(lines, 1)]


def _record(path: Path, number: int, line: bytes) -> EventFields:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise UserError(
            f"Line {number} of {path} is damaged; 'needle-guidance procedures verify' shows which lines are intact."
        )
    return record
