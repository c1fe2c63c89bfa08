"""Sentences of the note on the stop moment: what was confirmed, what was not done and why."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.common.text import clean
from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery
from guidance.note.page import Sentence, sentence

_ENTRY, _INTERVAL = "stop-moment", "anticoagulant-interval"
FIELD_ITEMS = {
    "consent": "consent",
    "allergies": "allergy",
    "coagulation": "anticoagulant",
    "evaluation": "baseline",
    "iv_access": "access",
    "monitors": "monitoring",
}
"""Field of the note by the item of the stop moment that fills it."""
_LEADS = {"evaluation": "neurological baseline at the limb: "}
"""What stands before an answer that the name of its field does not explain."""
STATED = (_ENTRY, f"{_ENTRY}-refused", _INTERVAL, "earlier-dose")
"""Entries that these sentences state, or that change nothing."""


def stop_moment(stream: EventQuery) -> Iterator[Sentence]:
    """Yield when the stop moment was held and what was not done, or that it was left out."""
    events = [event for event in stream.of("entry") if event["what"] == _ENTRY]
    left_out = [event for event in events if event["fields"].get("left_out")]
    for event in left_out[-1:]:
        yield sentence(f"Left out: {clean(str(event['fields']['left_out']))}.", [event])
    newest = _newest(stream)
    if not newest:
        return
    done = [key.replace("-", " ") for key, event in newest.items() if event["fields"].get("answer") != "not done"]
    last = max(event["t"] for event in newest.values())
    yield sentence(f"Completed at {stream.clock(last)}: {', '.join(done)}.", list(newest.values()))
    for key, event in newest.items():
        if event["fields"].get("answer") == "not done":
            reason = clean(str(event["fields"].get("reason") or "no reason is recorded"))
            yield sentence(f"Not done: {key.replace('-', ' ')} ({reason}).", [event])


def item_of_field(stream: EventQuery, field: str) -> Iterator[Sentence]:
    """Yield what the stop moment recorded for a ``field`` of the note."""
    event = _newest(stream).get(FIELD_ITEMS[field])
    if event is None:
        return
    fields = event["fields"]
    detail = clean(str(fields.get("reason") or fields.get("detail") or ""))
    answer = f"{_LEADS.get(field, '')}{fields['answer']}"
    answer = f"{answer[:1].upper()}{answer[1:]}"
    yield sentence(f"{answer}{f': {detail}' if detail else ''}, at {stream.clock(event['t'])}.", [event])
    if field == "coagulation":
        intervals = [entry for entry in stream.of("entry") if entry["what"] == _INTERVAL]
        yield from (sentence(clean(str(entry["fields"]["text"])), [entry]) for entry in intervals[-1:])


def _newest(stream: EventQuery) -> dict[str, EventFields]:
    """Return the newest entry of each item, in the order of the items."""
    events = [event for event in stream.of("entry") if event["what"] == _ENTRY and event["fields"].get("item")]
    return {str(event["fields"]["item"]): event for event in events}
