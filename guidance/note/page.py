"""The note as a page of plain values, before any format: sections of sentences, each with the events it came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from guidance.common.text import clean

SHEET = "case sheet"
_MOST_LISTED = 4


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and where it came from: events by their ``seq``, the case sheet, or the signature."""

    text: str
    events: tuple[int, ...] = ()
    source: str = ""

    @property
    def origin(self) -> str:
        """Where it came from, in words."""
        return ", ".join(filter(None, [_events(self.events), self.source]))


@dataclass(frozen=True, slots=True)
class NoteItem:
    """A field of the note with what is told of it; no sentence where nothing is."""

    label: str
    sentences: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the note."""

    title: str
    items: tuple[NoteItem, ...]


@dataclass(frozen=True, slots=True)
class NotePage:
    """A note. ``banners`` are what nobody may overlook; ``patient`` names the patient on each sheet of paper;
    ``missing`` are the required fields without an answer, as (key, label).
    """

    title: str
    patient: str
    sections: tuple[Section, ...]
    missing: tuple[tuple[str, str], ...] = ()
    banners: tuple[str, ...] = ()
    closing: tuple[Section, ...] = field(default=())


def sentence(text: str, lines: Iterable[dict[str, Any]] = (), source: str = "") -> Sentence:
    """A sentence made harmless, from the records ``lines``."""
    return Sentence(clean(text), tuple(line["seq"] for line in lines), source)


def plain(page: NotePage) -> dict[str, Any]:
    """``page`` as JSON takes it; ``page_of`` undoes it."""
    return asdict(page)


def page_of(held: dict[str, Any]) -> NotePage:
    """The page that ``plain`` made ``held`` of. Raises KeyError and TypeError."""
    return NotePage(
        title=held["title"],
        patient=held["patient"],
        sections=tuple(_section(part) for part in held["sections"]),
        missing=tuple((key, label) for key, label in held["missing"]),
        banners=tuple(held["banners"]),
    )


def _section(held: dict[str, Any]) -> Section:
    items = held["items"]
    return Section(held["title"], tuple(NoteItem(i["label"], tuple(map(_sentence, i["sentences"]))) for i in items))


def _sentence(held: dict[str, Any]) -> Sentence:
    return Sentence(held["text"], tuple(held["events"]), held["source"])


def _events(seqs: Sequence[int]) -> str:
    if not seqs:
        return ""
    if len(seqs) == 1:
        return f"event {seqs[0]}"
    if len(seqs) <= _MOST_LISTED:
        return f"events {', '.join(map(str, seqs))}"
    return f"{len(seqs)} events, {min(seqs)} to {max(seqs)}"
