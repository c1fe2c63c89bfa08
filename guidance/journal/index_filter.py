"""Choice of procedures from the index of a store: by words, date, protocol, state and signature."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from guidance.common.errors import UsageError
from guidance.journal.index import IndexedProcedure


@dataclass(frozen=True, slots=True)
class ProcedureFilter:
    """What a procedure must be to be listed; an empty or None field admits all.

    Every word of ``search`` must occur in name, protocol, mode, device, state or time, in any case of letters. The days
    ``since`` and ``until`` are of the procedure's own time zone, both included.
    """

    search: str = ""
    since: date | None = None
    until: date | None = None
    protocol: str | None = None
    state: str | None = None
    signed: bool | None = None

    def __post_init__(self) -> None:
        """Raise UsageError where no procedure can match."""
        if self.since and self.until and self.since > self.until:
            raise UsageError(f"--since {self.since} is after --until {self.until}; exchange them.")

    def of(self, rows: Iterable[IndexedProcedure]) -> list[IndexedProcedure]:
        """Return those of ``rows`` that match, in their order."""
        return [row for row in rows if self.admits(row)]

    def admits(self, row: IndexedProcedure) -> bool:
        """Return whether ``row`` matches; one without a time matches no date."""
        one = row.summary
        return (
            self.protocol in {None, one.protocol}
            and self.state in {None, one.state}
            and self.signed in {None, row.signed}
            and self._is_on_time(one.began)
            and self._has_words(row)
        )

    def _has_words(self, row: IndexedProcedure) -> bool:
        one = row.summary
        text = " ".join(filter(None, (one.name, one.state, one.began, one.protocol, one.mode, one.device))).casefold()
        return all(word in text for word in self.search.casefold().split())

    def _is_on_time(self, began: str | None) -> bool:
        if self.since is None and self.until is None:
            return True
        try:
            day = datetime.fromisoformat(began or "").date()
        except ValueError:
            return False
        return (self.since or day) <= day <= (self.until or day)
