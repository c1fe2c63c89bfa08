"""The entries of a procedure by their number in the stream, and what holds of each after its corrections."""

from __future__ import annotations

from guidance.contracts.corrections import CORRECTION, EntryFields, EntryNow, corrected_root, entries_now
from guidance.contracts.events import Entry, TimedRecord


class EntryLedger:
    """Counter of the records, which gives each entry its ``seq``. A ``start`` opens every stream and is number 0."""

    def __init__(self) -> None:
        """Begin after the record ``start``."""
        self.next_seq = 1
        self._entries: list[EntryFields] = []
        self._correctable: set[int] = set()

    def receive(self, timed: TimedRecord) -> int:
        """Count a record and keep it if it is an entry; return its ``seq``."""
        seq, record = self.next_seq, timed.record
        self.next_seq += 1
        if isinstance(record, Entry):
            self._entries.append({"seq": seq, "t": timed.t, "what": record.what, "fields": record.fields})
        return seq

    def allow_correction(self) -> None:
        """Note that the next record is an entry of the operator, which may be corrected."""
        self._correctable.add(self.next_seq)

    def is_correctable(self, seq: int) -> bool:
        """Return whether the record ``seq`` is an entry of the operator."""
        return seq in self._correctable

    def refusal(self, seq: int, reason: str) -> str:
        """Return why the record ``seq`` cannot be corrected with ``reason``; empty if it can."""
        if not 0 <= seq < self.next_seq:
            return f"There is no record {seq}; nothing was corrected."
        if seq not in self._correctable:
            return f"Record {seq} is no entry of the operator; nothing was corrected."
        return "" if reason.strip() else f"The correction of record {seq} needs a reason; nothing was corrected."

    def root(self, seq: int) -> EntryNow:
        """Return, as it holds now, the entry that a correction of the record ``seq`` changes."""
        found = corrected_root(seq, self._entries)
        return next(each for each in self.now() if each.seq == found)

    def now(self, correction: Entry | None = None) -> list[EntryNow]:
        """Return all entries as they hold now; with a ``correction``, as they hold once it is recorded next."""
        added = (
            [{"seq": self.next_seq, "t": 0.0, "what": CORRECTION, "fields": correction.fields}] if correction else []
        )
        return entries_now([*self._entries, *added])

    def marks(self) -> dict[int, str]:
        """Return how each corrected or withdrawn entry is marked, by its ``seq``."""
        return {each.seq: each.mark for each in self.now() if each.mark}
