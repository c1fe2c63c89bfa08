"""The past of a procedure for the screen: a row for every pulse with its response, a line for every event."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from guidance.contracts.corrections import CORRECTION_REFUSED
from guidance.contracts.events import Alarm, Command, End, Entry, Proximity, Response, Stimulus, TimedRecord
from guidance.contracts.snapshot import TRAIL, EventView, TimelineView
from guidance.dose.formatting import percent

MOST_ROWS = 6000
"""Rows: twenty minutes at five pulses a second. Beyond it, every second row of the older half is removed."""
MOST_EVENTS = 500
"""Events that are kept for the screen; the record has them all."""

_NOT_KNOWN = "not known"
_REFUSED = {
    "injection-refused": "not counted, ",
    "toxin-units-refused": "not counted, {text}: ",
    CORRECTION_REFUSED: "not corrected: ",
}
"""How the line of a refused entry begins."""
_DOSES = {
    "aspiration",
    "injection",
    "injection-refused",
    "dose-plan",
    "dose-warning",
    "toxin-units",
    "toxin-units-refused",
    "toxin-plan",
}


class Timeline:
    """The past as a Snapshot carries it, made of every record in order."""

    def __init__(self, channel: str) -> None:
        """Begin empty; of the responses only those of ``channel`` become rows."""
        self._channel = channel
        self._rows = np.zeros(MOST_ROWS, TRAIL)
        self._count = 0
        self._stimulus: Stimulus | None = None
        self._response: Response | None = None
        self._armed = False
        self._events: deque[EventView] = deque(maxlen=MOST_EVENTS)
        self._dropped = 0
        self._thinned = False

    def receive(self, timed: TimedRecord, correctable_seq: int | None = None) -> None:
        """Receive a record; ``correctable_seq`` is the number of an entry that the operator may correct."""
        record = timed.record
        if isinstance(record, Stimulus):
            self._stimulus = record
        elif isinstance(record, Response):
            self._response = record if record.channel == self._channel else self._response
        elif isinstance(record, Proximity):
            self._add_row(timed.t, record)
        elif isinstance(record, Command):
            self._receive_command(timed.t, record)
        elif isinstance(record, Alarm):
            begins = record.text if record.active else f"passed: {record.text}"
            self._add_event(EventView(timed.t, "alarm", f"{record.code}: {begins}", record.priority))
        elif isinstance(record, Entry):
            self._add_entry(timed.t, record, correctable_seq)
        elif isinstance(record, End):
            self._add_event(EventView(timed.t, "end", f"the procedure ends: {record.reason}{_undecided(record)}"))

    def mark(self, marks: Mapping[int, str]) -> None:
        """Mark the entries with the numbers ``marks``, and no others."""
        marked = [
            event if event.seq is None else replace(event, mark=marks.get(event.seq, "")) for event in self._events
        ]
        self._events = deque(marked, maxlen=MOST_EVENTS)

    def past(self) -> TimelineView:
        """Return all so far. Rows once written do not change, so a view that was returned stays as it is."""
        return TimelineView(self._rows[: self._count], tuple(self._events), self._thinned, self._dropped)

    def _add_row(self, t: float, proximity: Proximity) -> None:
        response, stimulus = self._response, self._stimulus
        if response is None or response.sample != proximity.sample:
            return
        self._response = None
        if self._count == MOST_ROWS:
            self._thin()
        known = stimulus if stimulus and stimulus.sample == response.sample else None
        interval = proximity.threshold_0p1ms_ma if proximity.valid else None
        self._rows[self._count] = (
            t,
            _number(known.current_ma if known else None),
            _number(known.impedance_kohm if known else None),
            _number(response.amplitude_uv),
            _number(response.latency_ms),
            response.detected,
            response.contaminated,
            *(interval or (np.nan,) * 3),
        )
        self._count += 1

    def _thin(self) -> None:
        half = MOST_ROWS // 2
        thinned = np.concatenate([self._rows[:half:2], self._rows[half:]])
        self._rows = np.zeros(MOST_ROWS, TRAIL)
        self._rows[: len(thinned)] = thinned
        self._count = len(thinned)
        self._thinned = True

    def _receive_command(self, t: float, command: Command) -> None:
        armed = self._armed if command.enabled is None else command.enabled
        if armed != self._armed or command.why:
            state = "armed" if armed else "off"
            because = f": {command.why}" if command.why else ""
            self._add_event(EventView(t, "stimulator", f"stimulator {state}, by {command.by}{because}"))
        self._armed = armed

    def _add_entry(self, t: float, entry: Entry, seq: int | None) -> None:
        kind = "dose" if entry.what in _DOSES else "note"
        value = entry_value(entry.what, entry.fields) if seq is not None else ""
        self._add_event(EventView(t, kind, entry_words(entry), seq=seq, what=entry.what, value=value))

    def _add_event(self, event: EventView) -> None:
        self._dropped += len(self._events) == MOST_EVENTS
        self._events.append(event)


def entry_value(what: str, fields: dict[str, Any]) -> str:
    """Return what was entered, in words; empty for an entry that states only that something happened."""
    if what == "injection" and fields.get("volume_ml") is not None:
        return f"{fields['volume_ml']:g} mL"
    if what == "aspiration" and "blood" in fields:
        return "blood" if fields["blood"] else "no blood"
    if what == "toxin-units":
        return f"{fields['muscle']} {fields['units']:g}"
    return str(fields.get("text") or "")


def entry_words(entry: Entry) -> str:
    """Return ``entry`` as one line: what happened, and the particulars that a reader of the timeline needs."""
    fields = entry.fields
    if entry.what == "injection" and "volume_ml" in fields:
        return _injection_words(fields)
    if entry.what in _REFUSED:
        return f"{_REFUSED[entry.what].format(text=fields.get('text') or _NOT_KNOWN)}{_why_refused(fields)}"
    if entry.what == "aspiration" and "blood" in fields:
        return "aspirated: BLOOD" if fields["blood"] else "aspirated, no blood"
    if entry.what == "button":
        return f"the amplifier's button: {fields.get('did') or _NOT_KNOWN}"
    text = fields.get("text") or fields.get("phase")
    return f"{entry.what}: {text}" if text else entry.what.replace("-", " ")


def _why_refused(fields: dict[str, Any]) -> str:
    """Return why an entry was refused, to go on in a sentence."""
    why = str(fields.get("why") or "no reason is recorded")
    return why[:1].lower() + why[1:]


def _injection_words(fields: dict[str, Any]) -> str:
    share, reason = fields.get("fraction_at_least"), fields.get("reason")
    at_least = "" if fields.get("fraction") is not None else "at least "
    dose = "" if share is None else f", {at_least}{percent(share)} of the limit"
    because = f", reason: {reason}" if reason else ""
    volume_ml, total_ml = fields["volume_ml"], fields.get("total_volume_ml", fields["volume_ml"])
    return f"injected {volume_ml:g} mL, {total_ml:g} mL in all{dose}{because}"


def _undecided(end: End) -> str:
    """Return, as the end of a sentence, how many sweeps could not tell and why; empty where all could."""
    counts = end.undecided or {}
    count = sum(counts.values())
    reasons = ", ".join(f"{word} {number}" for word, number in counts.items())
    return f"; {count} of {end.responses} sweeps could not tell ({reasons})" if count else ""


def _number(value: float | None) -> float:
    return np.nan if value is None else value
