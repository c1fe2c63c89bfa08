"""The note as a page of plain values, before any format: sections of sentences, each with its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from guidance.common.text import clean

SHEET = "case sheet"
_MAX_LISTED = 4
"""Events listed one by one; of more, only their number and range."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its origin: events by their ``seq``, or a ``source`` such as the case sheet."""

    text: str
    events: tuple[int, ...] = ()
    source: str = ""

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
class Section:
    """A part of the note."""

    title: str
    items: tuple[NoteItem, ...]


@dataclass(frozen=True, slots=True)
class NotePage:
    """A note.

    ``banners`` are warnings and state, shown first; ``patient`` names the patient on each sheet of paper; ``missing``
    are the required fields without an answer, as (key, label); ``closing`` follows the pictures.
    """

    title: str
    patient: str
    sections: tuple[Section, ...]
    missing: tuple[tuple[str, str], ...] = ()
    banners: tuple[str, ...] = ()
    closing: tuple[Section, ...] = field(default=())


def sentence(text: str, events: Iterable[dict[str, Any]] = (), source: str = "") -> Sentence:
    """Make a sentence from ``text``, free of control characters, that states ``events``."""
    return Sentence(clean(text), tuple(dict.fromkeys(event["seq"] for event in events)), source)


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
    )


def _section(stored: dict[str, Any]) -> Section:
    items = stored["items"]
    return Section(stored["title"], tuple(NoteItem(i["label"], tuple(map(_sentence, i["sentences"]))) for i in items))


def _sentence(stored: dict[str, Any]) -> Sentence:
    return Sentence(stored["text"], tuple(stored["events"]), stored["source"])


def _events(seqs: Sequence[int]) -> str:
    if not seqs:
        return ""
    if len(seqs) == 1:
        return f"event {seqs[0]}"
    if len(seqs) <= _MAX_LISTED:
        return f"events {', '.join(map(str, seqs))}"
    return f"{len(seqs)} events, {min(seqs)} to {max(seqs)}"
