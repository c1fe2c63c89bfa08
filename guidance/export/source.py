"""What is written out, and what is left out of it so that nobody can be known by it.

Without identifiers: dates become days since ``ANCHOR`` (the time within the procedure stays), names, numbers and free
words go, and so do serial numbers, addresses and the name of the procedure's folder. What is left are measured values,
the words of this program, and answers out of a fixed choice. Whoever has the original can still tell which it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from guidance.note.case_sheet import CaseSheet, field_of
from guidance.note.event_query import EventQuery
from guidance.note.field_forms import ChoiceField, NumberField, is_left_out
from guidance.protocol import names

ANCHOR = datetime(1985, 1, 1, tzinfo=UTC)
"""The first day of an anonymous recording, as EDF+ has it."""

_OLDEST = 89.0
"""Years; whoever is older is of this age in a file without identifiers."""


@dataclass(frozen=True, slots=True)
class ExportSource:
    """A procedure to be written out; ``hidden`` without identifiers."""

    folder: Path
    stream: EventQuery
    case: CaseSheet
    hidden: bool

    def at(self, t: float) -> datetime:
        """The time at device time ``t`` in s."""
        return (ANCHOR if self.hidden else self.stream.began) + timedelta(seconds=t)

    def stamp(self, t: float) -> str:
        """``at`` as RFC 3339 has it."""
        return self.at(t).isoformat(timespec="seconds")

    @property
    def title(self) -> str:
        """What was done; a protocol of the site's own has words that may tell whose site."""
        is_own = self.stream.start["protocol"] in names()
        return self.stream.protocol[0] if is_own or not self.hidden else f"{self.stream.protocol[1]}, site protocol"

    def known(self, key: str) -> str | None:
        """The answer to ``key`` of the case sheet, if there is one that may be told."""
        answer = self.case.get(key)
        if answer is None or is_left_out(answer):
            return None
        form = field_of(key, "the case sheet").form
        return answer if not self.hidden or isinstance(form, ChoiceField | NumberField) else None

    def muscle(self, key: str) -> str:
        """The muscle called ``key`` in the case sheet; without identifiers only one that a protocol is called after."""
        return key if not self.hidden or f"botulinum-{key}" in names() else "a muscle"

    @property
    def age_years(self) -> float | None:
        """The patient's age in whole years, from the date of birth; None where it was not told."""
        born = self.case.get("birth_date")
        if born is None or is_left_out(born):
            return None
        day, birth = self.stream.began.date(), datetime.fromisoformat(born).date()
        age = float(day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day)))
        return min(age, _OLDEST) if self.hidden else age
