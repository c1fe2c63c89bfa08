"""Summary of a procedure: when it began, with which protocol and device, how long it lasted, and its state."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from guidance.common.text import one_line
from guidance.journal.chain import MAX_LINE_BYTES
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.event_reader import EventFields
from guidance.journal.files import open_plain
from guidance.journal.locks import in_use
from guidance.journal.seal import SEAL_NAME


@dataclass(frozen=True, slots=True)
class Summary:
    """Fields of the first and last line; None if not recorded.

    ``state`` is ``finished``, ``running``, ``cut off`` or ``unreadable``; it is not verified.
    """

    name: str
    state: str
    began: str | None = None
    protocol: str | None = None
    mode: str | None = None
    device: str | None = None
    lasted_s: float | None = None
    reason: str | None = None
    stimuli: int | None = None
    megabytes: float = 0.0


def summarise(folder: Path) -> Summary:
    """Summarise the procedure in ``folder``. Raises nothing, whatever the folder contains."""
    try:
        with open_plain(folder / EVENTS_NAME) as file:
            running = in_use(file.fileno())
            first, last = _first_and_last(file)
    except OSError:
        return Summary(folder.name, "unreadable", megabytes=_megabytes(folder))
    finished = last.get("kind") == "end" and os.path.lexists(folder / SEAL_NAME)
    device = first.get("device")
    return Summary(
        name=folder.name,
        state="running" if running else "finished" if finished else "cut off",
        began=_text(first.get("wall_time")),
        protocol=_text(first.get("protocol")),
        mode=_text(first.get("mode")),
        device=_text(" ".join(str(device.get(key)) for key in ("model", "serial")))
        if isinstance(device, dict)
        else None,
        lasted_s=_number(last.get("t")),
        reason=_text(last.get("reason")),
        stimuli=last.get("stimuli") if isinstance(last.get("stimuli"), int) else None,
        megabytes=_megabytes(folder),
    )


def files_of(folder: Path) -> dict[str, int]:
    """Return the files in ``folder`` with their sizes in bytes; none if it cannot be read."""
    try:
        return {path.name: path.lstat().st_size for path in sorted(folder.iterdir())}
    except OSError:
        return {}


def entries(events: list[EventFields]) -> list[EventFields]:
    """Return the entries of operator and program."""
    return [event for event in events if event.get("kind") == "entry"]


def alarm_counts(events: list[EventFields]) -> dict[str, int]:
    """Return how often each alarm was raised, by code."""
    raised = [event for event in events if event.get("kind") == "alarm" and event.get("active")]
    return dict(Counter(str(event.get("code")) for event in raised))


def _first_and_last(file: BinaryIO) -> tuple[EventFields, EventFields]:
    first = file.readline(MAX_LINE_BYTES)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - MAX_LINE_BYTES, 0))
    whole = [line for line in file.read().split(b"\n")[:-1] if line]
    return _event(first), _event(whole[-1]) if whole else {}


def _event(line: bytes) -> EventFields:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _text(value: object) -> str | None:
    return one_line(value)[:80] if isinstance(value, str) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _megabytes(folder: Path) -> float:
    return sum(files_of(folder).values()) / 1e6
