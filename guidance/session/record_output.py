"""The way of every record out of the engine: to the loudspeaker, to the record on disk, and to the event stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from guidance.audio.sound import Mute, Sound
from guidance.common.errors import StorageError
from guidance.contracts.events import Cue, Signal, TimedRecord
from guidance.journal.record import ProcedureRecord
from guidance.session.engine_loop import EngineLoop
from guidance.session.event_writer import EventWriter


@dataclass(frozen=True, slots=True)
class SessionOutputs:
    """Destinations of a procedure: the event stream, the record on disk, and the loudspeaker."""

    writer: EventWriter
    record: ProcedureRecord
    sound: Sound | Mute

    def stamp(self, timed: TimedRecord) -> TimedRecord:
        """Play ``timed``, and add what only the sound knows: when a cue leaves the loudspeaker, how often the
        loudspeaker lacked samples.
        """
        record, sounded_ns = timed.record, self.sound.play(timed.record)
        if isinstance(record, Cue):
            return replace(timed, record=replace(record, sounded_ns=sounded_ns))
        if isinstance(record, Signal):
            return replace(timed, record=replace(record, underruns=self.sound.underruns))
        return timed


class RecordOutput:
    """Writer of an engine's records; a fault in storing them becomes an alarm of that engine.

    ``fault_sentence`` describes the latest fault that the operator must know of when the session ends.
    """

    def __init__(self, engine: EngineLoop, outputs: SessionOutputs) -> None:
        """Write the records of ``engine`` to ``outputs``."""
        self._engine, self._outputs = engine, outputs
        self.fault_sentence: str | None = None

    def write(self, records: Iterable[TimedRecord]) -> None:
        """Stamp and write ``records`` in order."""
        for timed in records:
            stamped = self._outputs.stamp(timed)
            self._outputs.record.annotate(stamped)
            try:
                self._outputs.writer.write(stamped)
            except StorageError as fault:
                self._report_write_fault(fault)

    def check_storage(self) -> None:
        """Report a journal that is gone or changed, which ends the stimulation, and faults of the record beside it."""
        if self._engine.journal_ok:
            self._check_journal()
        for cause, text in self._outputs.record.troubles():
            if text and cause != "space" and self._engine.journal_ok:
                self.fault_sentence = text
            self.write(self._engine.update_condition("storage", text, cause, disarm=False))

    def _check_journal(self) -> None:
        journal = self._outputs.record.journal
        try:
            journal.check()
        except OSError as fault:
            text = f"The record {journal.name} is lost: {fault.strerror}. Nothing more is recorded."
            self._report_write_fault(StorageError(text, journal.name))

    def _report_write_fault(self, fault: StorageError) -> None:
        """Raise the storage alarm; the loss of the journal disarms, the loss of the copy of the events does not."""
        is_journal = fault.target == self._outputs.record.journal.name
        if self._engine.journal_ok:  # a fault of the copy does not hide that the journal has failed
            self.fault_sentence = str(fault)
        if is_journal:
            self._engine.journal_failed()
        self.write(self._engine.update_condition("storage", str(fault), fault.target, disarm=is_journal))
