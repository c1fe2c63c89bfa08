"""A procedure that was cut off, brought in order: what was recorded stays, and its record gets an end and a seal."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from guidance.common.errors import UserError
from guidance.contracts.events import End, Entry, Record, RecordSerializer, TimedRecord
from guidance.journal.bdf import RECORD_COUNT_BYTES, RecordLayout
from guidance.journal.chain import with_chain
from guidance.journal.event_log import EVENTS_NAME
from guidance.journal.files import NotPlain, open_plain, replace_private
from guidance.journal.locks import lock_now
from guidance.journal.seal import SEAL_NAME, Seal, put_seal, signal_digest
from guidance.journal.signal import SIGNAL_NAME
from guidance.journal.verify import RecordState, Verdict, walk

TORN_NAME = "torn.bin"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What there was: ``lines`` of the journal, ``torn`` bytes of one that was not finished, kept beside it, and
    ``signal_s`` seconds of the signal, None where there is none.
    """

    lines: int
    torn: int
    signal_s: float | None

    @property
    def sentence(self) -> str:
        """It in words."""
        if not self.lines:
            return "nothing had been recorded"
        torn = f"; {self.torn} bytes of a line that was not finished are in {TORN_NAME}" if self.torn else ""
        signal = "no signal" if self.signal_s is None else f"{self.signal_s:.1f} s of the signal"
        return f"{self.lines} lines and {signal} were recovered{torn}"


def recover(folder: Path) -> Recovery | None:
    """Put the record in ``folder`` in order; None where it is already. Raises UserError if it is in use or broken."""
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
    """Cut off what is no whole record of the file at ``path``, and count the rest; how many seconds those are.

    None where there is not one, and then no file either. Raises OSError.
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
        raise UserError(f"The procedure {folder.name} cannot be recovered: {verdict.why}; it is left as it is.")
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
            raise UserError(f"The procedure {folder.name} cannot be recovered: its lines are no records.") from None
        os.fsync(file.fileno())
        digest = None if signal_s is None else signal_digest(folder / SIGNAL_NAME)
        put_seal(folder, Seal(lines, chain, digest))
    return recovery


def _signal_s(folder: Path) -> float | None:
    try:
        return recover_signal(folder / SIGNAL_NAME)
    except (FileNotFoundError, NotPlain):
        return None


def _whole_records(file: BinaryIO, layout: RecordLayout) -> int:
    """How many records from the first on were written whole: after a power cut the last may be there in name only."""
    size = file.seek(0, os.SEEK_END)
    records = max(size - layout.header_bytes, 0) // layout.record_bytes
    while records:
        file.seek(layout.header_bytes + records * layout.record_bytes - layout.notes_bytes)
        if file.read(1) == b"+":
            break
        records -= 1
    return records


def _end_stream(file: BinaryIO, verdict: Verdict, recovery: Recovery) -> tuple[int, str]:
    """Add what closes the stream: an entry that it was recovered, and its end; the lines then, and the chain."""
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
    """The end as far as ``records`` tell of it."""
    kinds = Counter(record["kind"] for record in records)
    lost = next((record["lost_samples"] for record in reversed(records) if record["kind"] == "signal"), 0)
    arrived = round(records[-1]["t"] * records[0]["device"]["sample_rate_hz"])
    return End("error", kinds["stimulus"], kinds["response"], max(arrived - lost, 0), lost)
