"""Corrections of entries. An entry stays on record as it was entered; a later record names it and what holds instead.

A correction is an entry ``correction`` whose field ``corrects`` is the ``seq`` of the corrected record: an entry of the
operator, or an earlier correction. Its field ``now`` has the fields that change, and is None where the record is
withdrawn. A correction that is itself corrected to other fields holds with those; a withdrawn one has no effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

CORRECTION, CORRECTION_REFUSED = "correction", "correction-refused"
CORRECTED, WITHDRAWN = "corrected", "withdrawn"
"""How an entry is marked where it is shown as it was entered."""

EntryFields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EntryNow:
    """The entry ``seq`` as it holds now: ``fields`` is None if it is withdrawn, ``corrected_by`` are the corrections
    that changed it, by their ``seq``, in order.
    """

    seq: int
    t: float
    what: str
    fields: EntryFields | None
    corrected_by: tuple[int, ...] = ()

    @property
    def mark(self) -> str:
        """``corrected``, ``withdrawn``, or empty for an entry that holds as it was entered."""
        if self.fields is None:
            return WITHDRAWN
        return CORRECTED if self.corrected_by else ""


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a correction does to its target: ``now`` is None where it withdraws it; ``by``: it and its corrections."""

    now: EntryFields | None
    by: tuple[int, ...]


def entries_now(entries: Iterable[EntryFields]) -> list[EntryNow]:
    """Return ``entries`` (records with ``seq``, ``t``, ``what``, ``fields``, in order) as they hold now, without the
    corrections. A correction that names no earlier record, or has no proper fields, changes nothing.
    """
    known = list(entries)
    pending: dict[int, list[EntryFields]] = {}
    for entry in known:
        if _is_correction(entry):
            pending.setdefault(entry["fields"]["corrects"], []).append(entry)
    effects: dict[int, _Effect | None] = {}
    for entry in reversed(known):  # what corrects a correction comes after it, so its effect is known here
        if _is_correction(entry):
            effects[entry["seq"]] = _effect(entry, pending.get(entry["seq"], ()), effects)
    return [_now(entry, pending, effects) for entry in known if entry["what"] != CORRECTION]


def corrected_root(seq: int, entries: Iterable[EntryFields]) -> int:
    """Return the ``seq`` of the entry that the record ``seq`` corrects, through any number of corrections."""
    targets = {entry["seq"]: entry["fields"]["corrects"] for entry in entries if _is_correction(entry)}
    while seq in targets:
        seq = targets[seq]
    return seq


def _is_correction(entry: EntryFields) -> bool:
    fields = entry["fields"]
    target = fields.get("corrects")
    is_named = isinstance(target, int) and not isinstance(target, bool) and target < entry["seq"]
    return entry["what"] == CORRECTION and is_named and isinstance(fields.get("now", 0), dict | None)


def _effect(
    correction: EntryFields, corrections: Sequence[EntryFields], effects: dict[int, _Effect | None]
) -> _Effect | None:
    """Return what ``correction`` does after its own ``corrections``; None if it is withdrawn."""
    effect: _Effect | None = _Effect(correction["fields"]["now"], (correction["seq"],))
    by = (correction["seq"],)
    for each in corrections:
        own = effects.get(each["seq"])
        if own is not None:
            by = (*by, *own.by)
            effect = None if own.now is None else _Effect(own.now, by)
    return effect


def _now(entry: EntryFields, pending: dict[int, list[EntryFields]], effects: dict[int, _Effect | None]) -> EntryNow:
    fields: EntryFields | None = entry["fields"]
    by: tuple[int, ...] = ()
    for correction in pending.get(entry["seq"], ()):
        effect = effects.get(correction["seq"])
        if effect is not None:
            fields = None if effect.now is None else entry["fields"] | (fields or {}) | effect.now
            by = (*by, *effect.by)
    return EntryNow(entry["seq"], entry["t"], entry["what"], fields, by)
