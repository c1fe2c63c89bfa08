"""The data of an export, with identifiers or without.

Without identifiers, dates are counted from ``ANCHOR`` (times within the procedure stay). Names (of channels too),
record numbers, free text, serial numbers, addresses and the name of the procedure's folder are removed. Measured
values, the program's own words and answers from a fixed choice remain. A person with the original can still recognise
the procedure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from guidance.common.text import clean
from guidance.note.case_sheet import CaseSheet, field_of
from guidance.note.event_query import EventQuery
from guidance.note.field_forms import ChoiceField, NumberField, is_left_out
from guidance.note.fields import SIDES
from guidance.protocol import names

ANCHOR = datetime(1985, 1, 1, tzinfo=UTC)
"""Day on which an anonymous recording begins, by the convention of EDF+."""

_OLDEST = 89.0
"""Years; without identifiers, an older patient has this age: higher ages are rare enough to identify a person."""


def channel_number(index: int) -> str:
    """Return the name of channel ``index`` (from 0) without identifiers."""
    return f"EMG {index + 1}"


@dataclass(frozen=True, slots=True)
class ExportSource:
    """A procedure to export; ``hidden``: without identifiers."""

    folder: Path
    stream: EventQuery
    case: CaseSheet
    hidden: bool

    def at(self, t: float) -> datetime:
        """Return the local time at device time ``t`` in s."""
        return (ANCHOR if self.hidden else self.stream.began) + timedelta(seconds=t)

    def stamp(self, t: float) -> str:
        """Return the local time at device time ``t`` in s, in the form of RFC 3339."""
        return self.at(t).isoformat(timespec="seconds")

    @property
    def is_shipped_protocol(self) -> bool:
        """Whether the protocol comes with the program."""
        return self.stream.start["protocol"] in names()

    @property
    def side(self) -> str | None:
        """The side that was entered last, or else that of the case sheet; None without either."""
        entered = [str(event["fields"]["text"]) for event in self.stream.entries("side") if event["fields"].get("text")]
        known = [side for side in entered if side in SIDES.options]
        return known[-1] if known else self.known("side")

    @property
    def title(self) -> str:
        """The title of the protocol; without identifiers, not that of a site's own protocol: it may name the site."""
        return (
            self.stream.protocol[0]
            if self.is_shipped_protocol or not self.hidden
            else f"{self.stream.protocol[1]}, site protocol"
        )

    @property
    def channels(self) -> list[str]:
        """The names of the channels, as the device has them; without identifiers, numbers: a site may name anything."""
        recorded = self.stream.device.get("channels") or ["EMG"]
        return [channel_number(i) if self.hidden else clean(str(name)) for i, name in enumerate(recorded)]

    def channel(self, name: object) -> str | None:
        """Return the name of ``channels`` for the channel that the record calls ``name``; None for none of them."""
        recorded = self.stream.device.get("channels") or ["EMG"]
        return self.channels[recorded.index(name)] if name in recorded else None

    def known(self, key: str) -> str | None:
        """Return the answer to ``key`` of the case sheet; None if there is none or it may identify a person."""
        answer = self.case.get(key)
        if answer is None or is_left_out(answer):
            return None
        form = field_of(key, "the case sheet").form
        return answer if not self.hidden or isinstance(form, ChoiceField | NumberField) else None

    def muscle(self, key: str) -> str:
        """Return the name of the muscle ``key``; without identifiers, only a name that a protocol has too."""
        return key if not self.hidden or f"botulinum-{key}" in names() else "a muscle"

    @property
    def age_years(self) -> float | None:
        """The patient's age in whole years from the date of birth; None if that is not recorded."""
        born = self.case.get("birth_date")
        if born is None or is_left_out(born):
            return None
        day, birth = self.stream.began.date(), datetime.fromisoformat(born).date()
        age = float(day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day)))
        return min(age, _OLDEST) if self.hidden else age
