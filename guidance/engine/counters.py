"""Counts of a procedure so far, and the newest of what is measured repeatedly."""

from __future__ import annotations

from collections import Counter

from drivers.base import Block
from guidance.contracts.events import Entry, Record, Response, Signal, Stimulus

UNFIT = "unfit"
"""The reason's word where no other stands for it, as for a dead input."""


class Counters:
    """Counts of blocks and records, each counted once; nothing is decided here."""

    def __init__(self) -> None:
        """Begin all counts at 0; ``detections`` are those of the main channel."""
        self.stimuli = self.responses = self.detections = 0
        self.samples = self.lost_samples = self.bad_frames = 0
        self.stimulus: Stimulus | None = None
        self.signal: Signal | None = None
        self.notes: dict[str, str] = {}
        """The newest text of each kind of note that the operator made."""
        self.doubts: Counter[str] = Counter()
        """How often a sweep could not tell, by the reason's word."""

    def count_block(self, block: Block) -> None:
        """Add the samples of ``block``, and the samples and frames lost before it."""
        self.samples += len(block.samples)
        self.lost_samples += block.lost_before
        self.bad_frames += block.bad_frames

    def count(self, record: Record) -> None:
        """Count ``record``, and keep it where it is the newest of its kind."""
        if isinstance(record, Stimulus):
            self.stimuli += 1
            self.stimulus = record
        elif isinstance(record, Response):
            self.responses += 1
            if record.contaminated:
                self.doubts[record.doubt or UNFIT] += 1
        elif isinstance(record, Signal):
            self.signal = record
        elif isinstance(record, Entry):
            self.notes[record.what] = str(record.fields.get("text") or "")

    def totals(self) -> tuple[int, int, int, int, dict[str, int]]:
        """Return pulses, responses, samples, lost samples, and the sweeps that could not tell by their reason."""
        return self.stimuli, self.responses, self.samples, self.lost_samples, dict(self.doubts.most_common())
