"""Correction of an entry by two lines: what it should be, then the reason."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.common.text import clean
from guidance.contracts.commands import CorrectEntry
from guidance.contracts.corrections import CORRECTION, WITHDRAWN
from guidance.contracts.snapshot import EventView, TimelineView
from guidance.language import mark, recorded, tr
from guidance.ui.text import clock

WITHDRAW = "x"
"""What the operator writes where the entry did not happen."""
REASONS = (mark("typing error"), mark("entered twice"), mark("did not happen"))


@dataclass(slots=True)
class Correcting:
    """The entry being corrected and what it should be, while the operator writes; ``value`` None withdraws it."""

    seq: int = -1
    name: str = ""
    value: str | None = None

    def choose(self, event: EventView) -> str:
        """Begin with ``event``; return the label of the line that takes what it should be."""
        self.seq, self.value = -1 if event.seq is None else event.seq, None
        self.name = " ".join(
            filter(None, (recorded(clean(event.what).replace("-", " ")), recorded(clean(event.value))))
        )
        return tr(
            "{time} {entry} should be ({key}: did not happen)", time=clock(event.t), entry=self.name, key=WITHDRAW
        )

    def take(self, text: str) -> str:
        """Keep ``text`` as what the entry should be; return the label of the line that takes the reason."""
        self.value = None if text.lower() == WITHDRAW else text
        if self.value is None:
            return tr("Why {entry} did not happen", entry=self.name)
        return tr("Why {entry} should be {value}", entry=self.name, value=clean(text))

    def command(self, reason: str) -> CorrectEntry:
        """Return the correction for ``reason``."""
        return CorrectEntry(self.seq, reason, self.value)


def last_entry(past: TimelineView) -> EventView | None:
    """Return the operator's newest entry that is not withdrawn; None if there is none."""
    entries = (event for event in reversed(past.events) if event.seq is not None and event.what != CORRECTION)
    return next((event for event in entries if event.mark != WITHDRAWN), None)
