"""What a command of the operator changes, and the records of that."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.contracts.commands import (
    Acknowledge,
    Aliquot,
    Arm,
    Aspiration,
    CorrectEntry,
    FrameAck,
    OperatorCommand,
    OperatorNote,
    StopAnswer,
    ToxinAliquot,
    TurnDial,
)
from guidance.contracts.events import Entry, Record, TimedRecord
from guidance.dose.text import DoseError
from guidance.engine.entry_corrections import EntryCorrections
from guidance.engine.parts import EngineParts

_ENTERED = (OperatorNote, Aspiration, Aliquot, ToxinAliquot, StopAnswer)
_REQUESTS = {"search-on", "activation"}
"""Notes that request something of the controller or of the patient; there is nothing in them to correct."""
_ANSWERED_ANEW = {"stop-moment", "anticoagulant-interval", "earlier-dose"}
"""Entries of the stop moment, which a later answer to the same item corrects."""
_BY_PROGRAM = {"injection-refused", "toxin-units-refused", "dose-warning", "stop-moment-refused"}


class OperatorCommands:
    """Execution of the operator's commands."""

    def __init__(self, parts: EngineParts) -> None:
        """Command the stages ``parts``."""
        self._parts, self._corrections = parts, EntryCorrections(parts)

    def execute(self, command: OperatorCommand, now_ns: int) -> Iterator[TimedRecord]:
        """Yield the records of ``command``, given at host time ``now_ns``."""
        parts = self._parts
        for record in self._records(command, now_ns):
            if isinstance(record, Entry) and _is_entered(command, record):
                parts.entries.allow_correction()
            yield TimedRecord(parts.t, record)
            if isinstance(record, Entry):
                yield from parts.timed(parts.needle_monitor.apply_entry(record, parts.t))

    def _records(self, command: OperatorCommand, now_ns: int) -> Iterator[Record]:
        parts = self._parts
        if isinstance(command, FrameAck | Acknowledge):
            yield from parts.health.receive(command, now_ns)
        elif isinstance(command, StopAnswer):
            yield from self._answer(command)
        elif isinstance(command, OperatorNote):
            yield from self._noted(command)
        elif isinstance(command, Arm) and (why := parts.stop_moment.arming_refusal()) and parts.stimulation:
            yield from parts.stimulation.refuse(why)
        elif isinstance(command, Aspiration | Aliquot | ToxinAliquot | CorrectEntry):
            yield from self._dosed(command)
        elif isinstance(command, TurnDial) and parts.external_dial:
            yield parts.external_dial.turn(command.steps)
            parts.pipeline.dial(parts.external_dial.current_ma)
        elif parts.stimulation:
            yield from parts.stimulation.execute(command, parts.t, parts.conditions(now_ns))

    def _dosed(self, command: Aspiration | Aliquot | ToxinAliquot | CorrectEntry) -> Iterator[Record]:
        """Yield the records of what was aspirated or given, or of the correction of an entry."""
        parts = self._parts
        if isinstance(command, CorrectEntry):
            yield from self._corrections.correct(command)
        elif isinstance(command, ToxinAliquot):
            yield from parts.toxin.obey(command)
        else:
            for record in parts.dose.obey(command, parts.t):
                yield from parts.proximity.apply_entry(record) if isinstance(record, Entry) else (record,)

    def _noted(self, note: OperatorNote) -> Iterator[Record]:
        """Yield the records of a ``note``, which may concern the stop moment, the estimate and the controller."""
        parts = self._parts
        if note.what == "side":
            parts.stop_moment.record_side(note.text)
        yield from parts.proximity.apply_entry(self._entry(note))
        if parts.stimulation:
            parts.stimulation.controller.apply_entry(note.what)

    def _answer(self, answer: StopAnswer) -> Iterator[Record]:
        """Yield the records of an ``answer`` of the stop moment; an earlier dose goes to the dose guard too."""
        parts = self._parts
        if answer.item == "other-anaesthetic" and answer.value == "given" and answer.detail.strip():
            try:
                added = tuple(parts.dose.set_earlier(answer.detail))
            except DoseError as fault:
                yield parts.stop_moment.refuse(answer, str(fault))
                return
            yield from added
        elif answer.item == "other-anaesthetic":
            yield from parts.dose.clear_earlier()
        yield from parts.stop_moment.answer(answer)

    def _entry(self, note: OperatorNote) -> Entry:
        """Return the entry of ``note``; for a phase of the needle's EMG it holds what is requested of the patient."""
        guide = self._parts.needle_guide
        requested = guide.requested(note.what) if guide else None
        return requested or Entry(note.what, {"text": note.text} if note.text else {})


def _is_entered(command: OperatorCommand, entry: Entry) -> bool:
    """Return whether ``entry`` states what the operator entered by ``command``, and so may be corrected."""
    return isinstance(command, _ENTERED) and entry.what not in _REQUESTS | _ANSWERED_ANEW | _BY_PROGRAM
