"""Entries as they hold after their corrections, for all that reads the record of a procedure."""

from __future__ import annotations

from collections.abc import Sequence

from guidance.contracts.corrections import CORRECTION, EntryFields, entries_now
from guidance.journal.event_reader import EventFields

_TOTALS = ("total_volume_ml", "total_mg", "fraction", "fraction_at_least")


def corrected_entries(entries: Sequence[EventFields]) -> list[EventFields]:
    """Return ``entries`` in order as they hold now, with the corrections themselves and without what is withdrawn.

    A corrected one has ``corrected_by``, the ``seq`` of its corrections. The last injection has the totals that the
    newest record states, and each states whether an aspiration that holds came before it.
    """
    corrections = [entry for entry in entries if entry["what"] == CORRECTION]
    if not corrections:
        return list(entries)
    by_seq = {entry["seq"]: entry for entry in entries}
    found = [
        by_seq[each.seq] | {"fields": dict(each.fields), "corrected_by": each.corrected_by}
        for each in entries_now(entries)
        if each.fields is not None
    ]
    _follow_aspirations(found)
    _follow_totals(found, corrections)
    return sorted([*found, *corrections], key=lambda entry: entry["seq"])


def _follow_aspirations(entries: Sequence[EventFields]) -> None:
    """State in each injection of ``entries`` whether an aspiration without blood came just before it."""
    aspirated = False
    for entry in entries:
        if entry["what"] == "aspiration":
            aspirated = entry["fields"].get("blood") is False
        elif entry["what"] == "injection" and "aspirated" in entry["fields"]:
            entry["fields"]["aspirated"], aspirated = aspirated, False


def _follow_totals(entries: Sequence[EventFields], corrections: Sequence[EventFields]) -> None:
    """Give the last injection of ``entries`` the totals of a later correction of the dose."""
    last = next((entry for entry in reversed(entries) if entry["what"] == "injection"), None)
    stated = [entry for entry in corrections if "total_volume_ml" in entry["fields"]]
    if last is not None and stated and stated[-1]["seq"] > last["seq"]:
        fields: EntryFields = stated[-1]["fields"]
        last["fields"] |= {name: fields[name] for name in _TOTALS if name in fields}
        last["corrected_by"] = tuple(dict.fromkeys((*last["corrected_by"], stated[-1]["seq"])))
