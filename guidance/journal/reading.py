"""The event stream of a procedure, read back from its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from guidance.faults import Fault
from guidance.journal.log import EVENTS_NAME


def read_events(folder: Path) -> list[dict[str, Any]]:
    """The records of the procedure in ``folder``, in order; a last line cut off in the middle is left out.

    Raises Fault where there is no stream, or a line before the last is damaged.
    """
    path = folder / EVENTS_NAME
    try:
        *lines, _unended = path.read_bytes().split(b"\n")
    except OSError as fault:
        raise Fault(f"The record {path} cannot be read ({fault.strerror}).") from None
    return [_record(path, number, line) for number, line in enumerate(lines, 1)]


def _record(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise Fault(f"Line {number} of {path} is damaged; 'needle-guidance procedures verify' says what still holds.")
    return record
