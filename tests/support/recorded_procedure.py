"""Procedures recorded as a session records them, from a synthetic stream; complete, or as a power cut leaves them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from guidance.contracts.events import Entry, TimedRecord
from guidance.contracts.origin import RECORDED
from guidance.engine.loop import Engine
from guidance.engine.settings import Mode
from guidance.journal.record import ProcedureRecord
from guidance.journal.store import new_procedure
from guidance.session.event_writer import EventWriter
from tests.support.streams import Stream, evoked, settings

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def record_procedure(
    store: Path, stream: Stream | None = None, *, cut_off: bool = False, now: datetime = NOW, mode: Mode = Mode.MANUAL
) -> Path:
    """Record a procedure on ``stream`` and return its folder; a ``cut_off`` one has neither end nor seal."""
    stream = stream or evoked(300.0, 6)
    folder = new_procedure(store, "generic-block", now)
    with ExitStack() as stack:
        record = ProcedureRecord(folder, stream.info, now)
        writer = EventWriter(record.journal)
        stack.callback(writer.close)
        stack.callback(record.close)
        engine = Engine(settings(mode), stream.info, now.isoformat())
        _write(writer, record, engine.begin(RECORDED))
        for block in stream.blocks(stream.every(40)):
            record.write_blocks([block])
            for timed in engine.step([block]):
                _write(writer, record, timed)
        _write(writer, record, TimedRecord(engine.t, Entry("injection", {"volume_ml": 5.0, "text": "for Mrs Example"})))
        for timed in () if cut_off else engine.end("operator"):
            _write(writer, record, timed)
    return folder


def _write(writer: EventWriter, record: ProcedureRecord, timed: TimedRecord) -> None:
    record.annotate(timed)
    writer.write(timed)
