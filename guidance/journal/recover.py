"""Recovery of a procedure that was cut off: all that was recorded is kept, and the record gets an end and a seal."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from guidance.common.errors import UserError
from guidance.contracts.events import End, Entry, Record, TimedRecord
from guidance.contracts.record_serializer import RecordSerializer
from guidance.journal.bdf import RECORD_COUNT_BYTES, RecordLayout
from guidance.journal.chain import with_chain
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import NotPlain, open_plain, replace_private
from guidance.journal.locks import lock_now
from guidance.journal.seal import SEAL_NAME, Seal, signal_digest, write_seal
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.verify import RecordState, Verdict, walk

TORN_NAME = "torn.bin"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was recovered: ``lines`` of the journal, and ``signal_s`` seconds of the signal, None if there is no signal.

    ``torn`` bytes of an unfinished line were moved to a file beside the journal.
    """

    lines: int
    torn: int
    signal_s: float | None

    @property
    def sentence(self) -> str:
        """The recovery as part of a sentence."""
        if not self.lines:
            return "nothing had been recorded"
        torn = f"; {self.torn} bytes of an unfinished line are in {TORN_NAME}" if self.torn else ""
        signal = "no signal" if self.signal_s is None else f"{self.signal_s:.1f} s of the signal"
        return f"{self.lines} lines and {signal} were recovered{torn}"


def recover(folder: Path) -> Recovery | None:
    """Recover the record in ``folder``; None if it is complete. Raises UserError if it is in use or broken."""
    try:
        with open_plain(folder / EVENTS_NAME, write=True) as file:
            if not lock_now(file.fileno()):
                raise UserError(f"The procedure {folder.name} is still being recorded; end it first.")
            if (folder / SEAL_NAME).exists():
                return None
            return _recovered(folder, file)
    except OSError as fault:
        raise UserError(f"The procedure {folder.name} cannot be recovered ({fault.strerror}).") from None


def recover_signal(path: Path) -> float | None:
    """Cut the file at ``path`` after its last whole record and correct its header; return its duration in s.

    A file without a whole record is deleted and gives None. Raises OSError.
    """
    with open_plain(path, write=True) as file:
        layout = RecordLayout.read(file)
        records = 0 if layout is None else _whole_records(file, layout)
        if layout is not None and records:
            file.truncate(layout.header_bytes + records * layout.record_bytes)
            file.seek(RECORD_COUNT_BYTES.start)
            file.write(f"{records:<8}".encode())
            file.flush()
            os.fsync(file.fileno())
            return records * layout.duration_s
    path.unlink()
    return None


def _recovered(folder: Path, file: BinaryIO) -> Recovery:
    verdict = walk(file)
    if verdict.state is RecordState.BROKEN:
        raise UserError(f"The procedure {folder.name} cannot be recovered: {verdict.why}; the record is not changed.")
    if verdict.torn:
        file.seek(verdict.end)
        replace_private(folder / TORN_NAME, file.read(verdict.torn))
        file.truncate(verdict.end)
    signal_s = _signal_s(folder)
    recovery = Recovery(verdict.lines, verdict.torn, signal_s)
    if verdict.lines:
        try:
            lines, chain = (verdict.lines, verdict.chain) if verdict.ended else _end_stream(file, verdict, recovery)
        except (ValueError, LookupError, TypeError, RecursionError):
            raise UserError(f"The procedure {folder.name} cannot be recovered: its lines are not events.") from None
        os.fsync(file.fileno())
        digest = None if signal_s is None else signal_digest(folder / SIGNAL_NAME)
        write_seal(folder, Seal(lines, chain, digest))
    return recovery


def _signal_s(folder: Path) -> float | None:
    try:
        return recover_signal(folder / SIGNAL_NAME)
    except (FileNotFoundError, NotPlain):
        return None


def _whole_records(file: BinaryIO, layout: RecordLayout) -> int:
    """Return how many records were written whole: after a power cut the last ones may have a size but no contents."""
    size = file.seek(0, os.SEEK_END)
    records = max(size - layout.header_bytes, 0) // layout.record_bytes
    while records:
        file.seek(layout.header_bytes + records * layout.record_bytes - layout.notes_bytes)
        if file.read(1) == b"+":
            break
        records -= 1
    return records


def _end_stream(file: BinaryIO, verdict: Verdict, recovery: Recovery) -> tuple[int, str]:
    """Write the entry that the stream was recovered, and its end; return the number of lines and the chain."""
    file.seek(0)
    records = [json.loads(line) for line in file.read(verdict.end).splitlines()]
    last, chain = records[-1], verdict.chain
    numbering = RecordSerializer(last["seq"] + 1)
    fields = {"lines": recovery.lines, "torn_bytes": recovery.torn, "signal_s": recovery.signal_s}
    for record in (Entry("recovered", fields), _end_of(records)):
        timed = TimedRecord(last["t"], record)
        line, chain = with_chain(chain, numbering.line(timed, last["mono_ns"]).encode() + b"\n")
        file.write(line)
    file.flush()
    return verdict.lines + 2, chain


def _end_of(records: list[dict[str, Any]]) -> Record:
    """Return the end event, with the counts that ``records`` give."""
    kinds = Counter(record["kind"] for record in records)
    lost = next((record["lost_samples"] for record in reversed(records) if record["kind"] == "signal"), 0)
    arrived = round(records[-1]["t"] * records[0]["device"]["sample_rate_hz"])
    return End("error", kinds["stimulus"], kinds["response"], max(arrived - lost, 0), lost)
