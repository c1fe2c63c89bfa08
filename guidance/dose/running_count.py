"""What was injected and aspirated so far, counted from the entries: it can be counted anew after a correction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from guidance.contracts.corrections import EntryNow


@dataclass(slots=True)
class RunningCount:
    """The volumes in mL injected in all and since the last aspiration, and the device times in s of what was done.

    ``aspirated``: the next aliquot follows an aspiration without blood; ``blood``: the last aspiration had blood.
    """

    injected_ml: float = 0.0
    since_aspiration_ml: float = 0.0
    aspirated: bool = False
    blood: bool = False
    first_t: float | None = None
    last_t: float | None = None
    aspirated_t: float | None = None

    def aspirate(self, t: float, *, blood: bool) -> None:
        """Count an aspiration at ``t``."""
        self.blood, self.aspirated = blood, not blood
        self.since_aspiration_ml, self.aspirated_t = 0.0, t

    def inject(self, volume_ml: float, t: float) -> None:
        """Count an aliquot at ``t``."""
        self.injected_ml += volume_ml
        self.since_aspiration_ml += volume_ml
        self.aspirated, self.last_t = False, t
        self.first_t = t if self.first_t is None else self.first_t


def count_of(entries: Iterable[EntryNow]) -> RunningCount:
    """Return the count of ``entries`` as they hold now; an injection without its volume adds nothing."""
    count = RunningCount()
    for entry in entries:
        fields = entry.fields or {}
        if entry.what == "aspiration" and "blood" in fields:
            count.aspirate(entry.t, blood=bool(fields["blood"]))
        elif entry.what == "injection" and fields.get("volume_ml") is not None:
            count.inject(float(fields["volume_ml"]), entry.t)
    return count
