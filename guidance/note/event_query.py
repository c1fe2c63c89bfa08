"""The event stream of one procedure, with the questions that note and exports ask of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from guidance.common.errors import UserError
from guidance.common.text import clean
from guidance.contracts.origin import origin_of
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.event_reader import read_events
from guidance.note.fields import BIOFEEDBACK, BLOCK, BOTULINUM, PAIN
from guidance.note.shape import misshapen
from guidance.protocol import ProtocolError, load

Line = dict[str, Any]


@dataclass(frozen=True)
class EventQuery:
    """The records of a procedure, ``lines``, in order; the first is its ``start``."""

    lines: Sequence[Line]

    @property
    def start(self) -> Line:
        """The record that opens the stream."""
        return self.lines[0]

    @property
    def end(self) -> Line | None:
        """The record that closes it; None where the procedure was cut off."""
        return self.lines[-1] if self.lines[-1]["kind"] == "end" else None

    @property
    def began(self) -> datetime:
        """The time on the wall at device time 0."""
        return datetime.fromisoformat(self.start["wall_time"])

    @property
    def last_t(self) -> float:
        """Device time of the last record, in s."""
        return float(max(line["t"] for line in self.lines))

    @property
    def device(self) -> Line:
        """Model, serial, address, sampling rate and channels."""
        device: Line = self.start["device"]
        return device

    @property
    def is_simulated(self) -> bool:
        """Whether there was a simulated patient and no other."""
        return origin_of(self.start).simulated is True

    @cached_property
    def protocol(self) -> tuple[str, str, bool]:
        """Title and kind of the protocol, and whether it is known here still; else its id stands for the title."""
        name = clean(str(self.start["protocol"]))
        try:
            held = load(name)
        except ProtocolError:
            guess = next((kind for kind in (BOTULINUM, PAIN, BIOFEEDBACK) if name.startswith(kind)), BLOCK)
            return name, guess, False
        return held.title, held.kind, True

    def at(self, t: float) -> datetime:
        """The time on the wall at device time ``t`` in s."""
        return self.began + timedelta(seconds=t)

    def clock(self, t: float) -> str:
        """The time of day at device time ``t`` in s."""
        return self.at(t).strftime("%H:%M:%S")

    def of(self, kind: str) -> Iterator[Line]:
        """The records of ``kind``."""
        return (line for line in self.lines if line["kind"] == kind)

    def entries(self, *what: str) -> list[Line]:
        """The entries that say ``what``, in order."""
        return [line for line in self.of("entry") if line["what"] in what]


def read_stream(folder: Path) -> EventQuery:
    """The stream of the procedure in ``folder``. Raises UserError where it is none, or damaged."""
    lines = read_events(folder)
    wrong = misshapen(lines) if lines else 1
    if wrong is not None:
        raise UserError(
            f"Line {wrong} of {folder / EVENTS_NAME} is no record of a procedure; 'needle-guidance procedures verify' "
            "says what still holds."
        )
    return EventQuery(lines)
