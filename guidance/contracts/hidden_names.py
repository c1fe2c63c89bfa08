"""A Snapshot without what may name the patient, for a screen that others can see."""

from __future__ import annotations

from dataclasses import replace

from guidance.contracts.snapshot import EventView, Snapshot

HIDDEN = "name hidden"


def without_names(snapshot: Snapshot) -> Snapshot:
    """Return ``snapshot`` with the patient's name hidden, and the words of the operator's notes, which may hold it."""
    events = tuple(map(_without_words, snapshot.past.events))
    patient = None if snapshot.patient is None else HIDDEN
    return replace(snapshot, patient=patient, past=replace(snapshot.past, events=events))


def _without_words(event: EventView) -> EventView:
    what, separator, _ = event.text.partition(": ")
    hidden = replace(event, value="")
    return replace(hidden, text=f"{what}: (hidden)") if separator and event.kind == "note" else hidden
