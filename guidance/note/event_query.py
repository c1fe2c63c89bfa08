"""The event stream of one procedure, with the queries that note and exports need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from guidance.common.errors import UserError
from guidance.common.text import clean
from guidance.contracts.corrections import entries_now
from guidance.contracts.origin import origin_of
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.event_reader import EventFields, read_events
from guidance.note.corrected_entries import corrected_entries
from guidance.note.fields import BIOFEEDBACK, BLOCK, BOTULINUM, PAIN
from guidance.note.record_shape import first_invalid_line
from guidance.protocol import Protocol, ProtocolError, load


@dataclass(frozen=True)
class EventQuery:
    """The events of a procedure in order; the first is its ``start``."""

    events: Sequence[EventFields]

    @property
    def start(self) -> EventFields:
        """The event that opens the stream."""
        return self.events[0]

    @property
    def end(self) -> EventFields | None:
        """The event that closes the stream; None if the record was cut off."""
        return self.events[-1] if self.events[-1]["kind"] == "end" else None

    @property
    def began(self) -> datetime:
        """The local time at device time 0."""
        return datetime.fromisoformat(self.start["wall_time"])

    @property
    def last_t(self) -> float:
        """Device time of the last event, in s."""
        return float(max(event["t"] for event in self.events))

    @property
    def device(self) -> EventFields:
        """Model, serial, address, sample rate and channels."""
        device: EventFields = self.start["device"]
        return device

    @property
    def is_simulated(self) -> bool:
        """Whether the patient was simulated."""
        return origin_of(self.start).simulated is True

    @cached_property
    def protocol(self) -> tuple[str, str, bool]:
        """Title and kind of the protocol, and whether this program has it; if not, its id is the title."""
        if self.known_protocol is not None:
            return self.known_protocol.title, self.known_protocol.kind, True
        name = clean(str(self.start["protocol"]))
        guess = next((kind for kind in (BOTULINUM, PAIN, BIOFEEDBACK) if name.startswith(kind)), BLOCK)
        return name, guess, False

    @cached_property
    def known_protocol(self) -> Protocol | None:
        """The protocol as this program has it today; None if it has none of that name."""
        try:
            return load(clean(str(self.start["protocol"])))
        except ProtocolError:
            return None

    @cached_property
    def _by_kind(self) -> dict[str, list[EventFields]]:
        """The events of each kind: a note asks for them dozens of times."""
        found: dict[str, list[EventFields]] = {}
        for event in self.events:
            found.setdefault(event["kind"], []).append(event)
        return found

    def at(self, t: float) -> datetime:
        """Return the local time at device time ``t`` in s."""
        return self.began + timedelta(seconds=t)

    def clock(self, t: float) -> str:
        """Return the time of day at device time ``t`` in s, as text."""
        return self.at(t).strftime("%H:%M:%S")

    def of(self, kind: str) -> Iterator[EventFields]:
        """Yield the events of this ``kind``."""
        return iter(self._by_kind.get(kind, ()))

    def entries(self, *what: str) -> list[EventFields]:
        """Return the entries of these kinds of ``what`` in order, as they hold after their corrections."""
        return [event for event in self.entries_that_hold if event["what"] in what]

    @cached_property
    def entries_that_hold(self) -> list[EventFields]:
        """All entries in order as they hold after their corrections, without those that were withdrawn."""
        return corrected_entries(list(self.of("entry")))

    @cached_property
    def corrected(self) -> frozenset[int]:
        """The entries that hold otherwise than they were entered, by their ``seq``."""
        return frozenset(each.seq for each in entries_now(self.of("entry")) if each.mark)

    def as_entered(self, seq: int) -> EventFields:
        """Return the entry with the number ``seq`` as it was entered."""
        return next(event for event in self.of("entry") if event["seq"] == seq)


def read_stream(folder: Path) -> EventQuery:
    """Read the event stream of the procedure in ``folder``. Raises UserError if there is none or it is damaged."""
    events = read_events(folder)
    invalid = first_invalid_line(events) if events else 1
    if invalid is not None:
        raise UserError(
            f"Line {invalid} of {folder / EVENTS_NAME} is not an event of a procedure; "
            "'needle-guidance procedures verify' shows which lines are intact."
        )
    return EventQuery(events)
