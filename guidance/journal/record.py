"""The files of a procedure while it runs: journal, signal, and the bytes of the transport if requested."""

from __future__ import annotations

import contextlib
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from drivers.base import Block, DeviceInfo, Outcome, Pulse
from guidance.common.errors import UsageError
from guidance.contracts.events import Entry, Stimulus, TimedRecord
from guidance.contracts.snapshot import JournalView
from guidance.journal.bdf import pulse_text
from guidance.journal.event_log import Journal
from guidance.journal.files import DISK, Disk
from guidance.journal.raw import RawLog
from guidance.journal.seal import Seal, write_seal
from guidance.journal.signal import Note, SignalFile
from guidance.journal.store import store_option

_RECENT_PULSES = 64
"""Pulses whose offset within a sample is remembered until their events are recorded."""
_ANNOTATED_FIELDS = ("corrects", "volume_ml", "blood", "button")
"""Fields of an entry that are annotated in the signal; never free text, which may name a person."""


class ProcedureRecord:
    """The files of a procedure in ``folder``; no call waits for the disk.

    ``journal`` is written by the owner that numbers the records; signal and annotations are written here.
    """

    def __init__(
        self, folder: Path, info: DeviceInfo, began: datetime, raw: RawLog | None = None, disk: Disk = DISK
    ) -> None:
        """Begin all files of a procedure on device ``info`` that ``began`` then. Raises UsageError."""
        self.folder, self._raw, self._sample_rate_hz = folder, raw, info.sample_rate_hz
        self._store = store_option(folder.parent)
        self._disk = disk
        with ExitStack() as unfinished:
            unfinished.callback(shutil.rmtree, folder, ignore_errors=True)
            self.journal = Journal(folder, disk)
            unfinished.callback(self.journal.close)
            self._begin_signal(info, began, raw)
            unfinished.pop_all()
        self._reported: dict[str, str | None] = {}
        self._offsets: deque[tuple[int, int]] = deque(maxlen=_RECENT_PULSES)

    def _begin_signal(self, info: DeviceInfo, began: datetime, raw: RawLog | None) -> None:
        try:
            self._signal = SignalFile(self.folder, info, began, disk=self._disk)
            self._signal.space.measure()
            if raw:
                raw.begin(self.folder)
            self._signal.start()
        except OSError as fault:
            raise UsageError(
                f"The signal cannot be recorded in {self.folder} ({fault.strerror}); make room, or name another "
                "--store."
            ) from None

    def write_blocks(self, blocks: Sequence[Block]) -> None:
        """Write the signal of ``blocks``."""
        for block in blocks:
            self._offsets.extend((pulse.sample, pulse.offset_ns) for pulse in block.pulses)
            self._signal.put(block)

    def annotate(self, timed: TimedRecord) -> None:
        """Annotate ``timed`` in the signal if it is a pulse or an entry."""
        record = timed.record
        if isinstance(record, Entry):
            self._signal.put(Note(timed.t, _entry_text(record)))
        elif isinstance(record, Stimulus):
            self._signal.put(self._pulse(record))

    def troubles(self) -> Iterator[tuple[str, str | None]]:
        """Yield each trouble that began since the last call, as (cause, text); the text is None for one that ended."""
        for cause, text in self._current_troubles():
            if bool(text) != bool(self._reported.get(cause)):
                self._reported[cause] = text
                yield cause, text

    def view(self, *, failed: bool) -> JournalView:
        """Return the state of the record for a screen; ``failed`` if the journal can no longer be written."""
        minutes_left = None if self._signal.fault else self._signal.space.minutes_left
        state = "failed" if failed else "events-only" if self._signal.fault else "ok"
        return JournalView(state, str(self.folder), minutes_left, self._store)

    def close(self) -> None:
        """Finish the signal, and seal the record if its end was written.

        The journal is still open then; its owner closes it, and the owner of the raw log closes that.
        """
        self._signal.close()
        if self.journal.ended:
            with contextlib.suppress(OSError):  # the next start seals it
                self.journal.sync()
                write_seal(self.folder, Seal(self.journal.lines, self.journal.chain, self._signal.digest), self._disk)

    def _pulse(self, record: Stimulus) -> Note:
        """Return the annotation of a pulse, at the instant within the sample that the device reported."""
        offset_ns = dict(self._offsets).get(record.sample, 0) if record.source == "device" else 0
        outcome = Outcome(record.outcome)
        pulse = Pulse(record.sample, offset_ns, record.current_ma, width_ms=record.width_ms, outcome=outcome)
        return Note(record.sample / self._sample_rate_hz + offset_ns / 1e9, pulse_text(pulse))

    def _current_troubles(self) -> Iterator[tuple[str, str | None]]:
        space = self._signal.space
        yield "space", low_space_words(space.minutes_left or 0.0) if space.low else None
        yield "signal", _stopped("The signal is no longer recorded", self._signal.fault)
        if self._raw:
            yield "line", _stopped("The bytes of the transport are no longer recorded", self._raw.fault)


def low_space_words(minutes: float) -> str:
    """Return the alarm's sentence for a disk that has room for so many ``minutes``, rounded down."""
    whole = int(minutes)
    left = "less than a minute" if whole < 1 else "a minute" if whole == 1 else f"{whole} minutes"
    return f"The disk will be full in {left} at this rate; make room."


def _stopped(what: str, fault: OSError | None) -> str | None:
    return None if fault is None else f"{what} ({fault.strerror}); what was recorded before is kept."


def _entry_text(entry: Entry) -> str:
    changed = entry.fields.get("now")  # of a correction
    fields = entry.fields | changed if isinstance(changed, dict) else entry.fields
    values = {key: fields[key] for key in _ANNOTATED_FIELDS if isinstance(fields.get(key), bool | int | float)}
    return " ".join(["entry", entry.what, *(f"{key}={value:g}" for key, value in values.items())])
