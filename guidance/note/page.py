"""The note as a page of plain values, before any format: sections of sentences, each with its events.

The page to sign holds what a clinician states. The audit appendix holds the details and the origin of each sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from guidance.common.text import clean

SHEET = "case sheet"
APPENDIX = "Audit appendix"
"""Heading of the part that holds origins and details, and that a print may leave out."""
_MAX_LISTED = 4
"""Events listed one by one; of more, only their number and range."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its origin: events by their ``seq``, or a ``source`` such as the case sheet.

    A ``detail`` stands in the audit appendix alone.
    """

    text: str
    events: tuple[int, ...] = ()
    source: str = ""
    detail: bool = False

    @property
    def origin(self) -> str:
        """The origin as text."""
        return ", ".join(filter(None, [_events(self.events), self.source]))


@dataclass(frozen=True, slots=True)
class NoteItem:
    """A field of the note with its sentences; none if nothing is recorded."""

    label: str
    sentences: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the note: its column headings, and rows of as many cells."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the note; an ``audit`` section stands in the appendix alone."""

    title: str
    items: tuple[NoteItem, ...]
    table: Table | None = None
    audit: bool = False


@dataclass(frozen=True, slots=True)
class NotePage:
    """A note.

    ``banners`` are warnings and state, shown first; ``opening`` sums the procedure up; ``patient`` names the patient on
    each sheet of paper; ``missing`` are the required fields without an answer, as (key, label); ``closing`` is what
    signing adds. ``contradictions`` are among the banners, and stand in the way of signing.
    """

    title: str
    patient: str
    sections: tuple[Section, ...]
    missing: tuple[tuple[str, str], ...] = ()
    banners: tuple[str, ...] = ()
    closing: tuple[Section, ...] = field(default=())
    opening: tuple[Sentence, ...] = ()
    contradictions: tuple[str, ...] = ()

    @property
    def to_sign(self) -> tuple[Section, ...]:
        """The sections that a clinician signs: without details; a field without a sentence stays, as not recorded."""
        return tuple(_without_details(part) for part in (*self.sections, *self.closing) if not part.audit)

    @property
    def appendix(self) -> tuple[Section, ...]:
        """The sections of the audit appendix: each sentence that states events, details, and what is audit alone."""
        kept = (_with_origins(part) for part in (*self.sections, *self.closing))
        return tuple(part for part in kept if part.items)


def sentence(text: str, events: Iterable[dict[str, Any]] = (), source: str = "", *, detail: bool = False) -> Sentence:
    """Make a sentence from ``text``, free of control characters, that states ``events`` and their corrections."""
    seqs = (seq for event in events for seq in (event["seq"], *event.get("corrected_by", ())))
    return Sentence(clean(text), tuple(dict.fromkeys(seqs)), source, detail)


def page_to_values(page: NotePage) -> dict[str, Any]:
    """Return ``page`` as values for JSON, which ``page_from_values`` reads."""
    return asdict(page)


def page_from_values(stored: dict[str, Any]) -> NotePage:
    """Return the page in ``stored``, which ``page_to_values`` made. Raises KeyError, TypeError."""
    return NotePage(
        title=stored["title"],
        patient=stored["patient"],
        sections=tuple(_section(part) for part in stored["sections"]),
        missing=tuple((key, label) for key, label in stored["missing"]),
        banners=tuple(stored["banners"]),
        opening=tuple(map(_sentence, stored.get("opening", ()))),
        contradictions=tuple(stored.get("contradictions", ())),
    )


def _section(stored: dict[str, Any]) -> Section:
    items, table = stored["items"], stored.get("table")
    return Section(
        stored["title"],
        tuple(NoteItem(i["label"], tuple(map(_sentence, i["sentences"]))) for i in items),
        Table(tuple(table["header"]), tuple(map(tuple, table["rows"]))) if table else None,
        audit=stored.get("audit", False),
    )


def _sentence(stored: dict[str, Any]) -> Sentence:
    return Sentence(stored["text"], tuple(stored["events"]), stored["source"], stored.get("detail", False))


def _without_details(part: Section) -> Section:
    """Return ``part`` without details; an item that has nothing else is left out."""
    items = [
        NoteItem(item.label, tuple(each for each in item.sentences if not each.detail))
        for item in part.items
        if not item.sentences or not all(each.detail for each in item.sentences)
    ]
    return replace(part, items=tuple(items))


def _with_origins(part: Section) -> Section:
    """Return ``part`` with the sentences that the appendix holds, and without its table."""
    items = [
        NoteItem(item.label, tuple(each for each in item.sentences if part.audit or each.detail or each.events))
        for item in part.items
    ]
    return replace(part, items=tuple(item for item in items if item.sentences), table=None)


def _events(seqs: Sequence[int]) -> str:
    if not seqs:
        return ""
    if len(seqs) == 1:
        return f"event {seqs[0]}"
    if len(seqs) <= _MAX_LISTED:
        return f"events {', '.join(map(str, seqs))}"
    return f"{len(seqs)} events, {min(seqs)} to {max(seqs)}"
