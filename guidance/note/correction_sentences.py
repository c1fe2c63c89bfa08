"""Sentences on corrections of entries: what changed, when and why; the original stands in the appendix."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.contracts.corrections import CORRECTION, entries_now
from guidance.note.event_query import EventQuery
from guidance.note.page import Sentence, sentence

_STATED = ("volume_ml", "blood", "muscle", "units", "text")
"""Fields of an entry that the operator entered."""


def corrections(stream: EventQuery) -> Iterator[Sentence]:
    """Yield each correction, and for the appendix each corrected entry as it was entered and as it holds."""
    for event in stream.entries(CORRECTION):
        text = str(event["fields"].get("text") or "an entry").rstrip(".")
        yield sentence(f"Corrected at {stream.clock(event['t'])}: {text}.", [event])
    for each in entries_now(stream.of("entry")):
        if each.mark:
            entered = stream.as_entered(each.seq)
            what = f"Event {each.seq}, {each.what} at {stream.clock(each.t)}, was entered as"
            now = "it is withdrawn" if each.fields is None else f"it holds as {_words(each.fields)}"
            text = f"{what} {_words(entered['fields'])}; {now}."
            yield sentence(text, [entered, *map(stream.as_entered, each.corrected_by)], detail=True)


def _words(fields: dict[str, object]) -> str:
    """Return the values of ``fields`` that state what was entered, without the totals that follow from it."""
    shown = {
        key: fields[key] for key in ("volume_ml", "blood", "muscle", "units", "text") if fields.get(key) is not None
    }
    return ", ".join(f"{key.removesuffix('_ml')} {_value(key, value)}" for key, value in shown.items()) or "done"


def _value(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    number = f"{value:g}" if isinstance(value, float | int) else str(value)
    return f"{number} mL" if key.endswith("_ml") else number
