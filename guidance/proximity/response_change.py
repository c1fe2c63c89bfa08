"""Another response than before: what has changed, and by how many responses a change is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from guidance.contracts.events import PulseOutcome

USUAL_FROM = 5
"""Responses of one kind before another kind can be recognised (a judgement, unsourced)."""

IN_A_ROW = 3
"""So many responses of another kind in a row are a change: a single one may be stray (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True)
class ResponseChange:
    """A change of the response: in words, its particulars for the record, and the pulses of the new kind so far."""

    text: str
    fields: dict[str, Any] = field(default_factory=dict)
    outcomes: tuple[PulseOutcome, ...] = ()
