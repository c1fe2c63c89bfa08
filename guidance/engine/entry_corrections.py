"""Corrections of the operator's entries: what they change in dose, units and side, and the records of that."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.common.text import clean
from guidance.contracts.commands import CorrectEntry
from guidance.contracts.corrections import CORRECTION, CORRECTION_REFUSED, EntryFields, EntryNow
from guidance.contracts.events import Entry, Record
from guidance.dose.text import DoseError
from guidance.dose.toxin_session import ENTRY as TOXIN_UNITS
from guidance.engine.parts import EngineParts
from guidance.engine.timeline import entry_value

_SIDES = ("left", "right", "midline")
_BLOOD = {"blood": True, "yes": True, "no blood": False, "no": False}
MOST_CHARACTERS = 200
"""What a line of the screen takes."""
_DOSES = {"injection", "aspiration"}


class EntryCorrections:
    """Correction of entries: it changes what is counted from now on. Pulses and estimates stay as they are."""

    def __init__(self, parts: EngineParts) -> None:
        """Correct the entries of the engine with ``parts``."""
        self._parts = parts

    def correct(self, request: CorrectEntry) -> Iterator[Record]:
        """Yield the correction and the alarms that begin or end with it; or the refusal, in one sentence."""
        ledger = self._parts.entries
        why = ledger.refusal(request.seq, clean(request.reason))
        if why:
            yield _refused(request, why)
            return
        entry = ledger.root(request.seq)
        try:
            now = None if request.value is None else self._fields(entry, request.value)
        except DoseError as fault:
            yield _refused(request, str(fault))
            return
        fields: EntryFields = {"corrects": request.seq, "entry": entry.what, "now": now}
        after = ledger.now(Entry(CORRECTION, fields))
        holds = next(each for each in after if each.seq == entry.seq)
        totals, follow_up = self._recount(entry.what, after)
        ledger.allow_correction()
        reason = clean(request.reason).strip()
        yield Entry(
            CORRECTION, fields | {"reason": reason, "text": f"{_change(entry, holds)}, reason: {reason}"} | totals
        )
        yield from follow_up

    def _fields(self, entry: EntryNow, value: str) -> EntryFields:
        """Return the fields of ``entry`` that ``value`` changes. Raises DoseError if it is no value of one."""
        text = clean(value).strip()
        if len(text) > MOST_CHARACTERS:
            raise DoseError(f"A correction has at most {MOST_CHARACTERS} characters; nothing was corrected.")
        if entry.what == "injection":
            return self._parts.dose.corrected(text)
        if entry.what == TOXIN_UNITS:
            return self._parts.toxin.corrected(text)
        if entry.what == "aspiration":
            if text.lower() not in _BLOOD:
                raise DoseError(f"{text!r} is no result of an aspiration; write 'blood' or 'no blood'.")
            return {"blood": _BLOOD[text.lower()]}
        if entry.what == "side" and text not in _SIDES:
            raise DoseError(f"{text!r} is no side; write left, right or midline.")
        if not text:
            raise DoseError("A correction needs what the entry should be; nothing was corrected.")
        return {"text": text}

    def _recount(self, what: str, after: list[EntryNow]) -> tuple[EntryFields, Iterator[Record]]:
        """Count the entries ``after`` a correction of ``what``; return the new totals and what follows from them."""
        parts = self._parts
        if what in _DOSES:
            return parts.dose.recount(after), parts.dose.settle()
        if what == TOXIN_UNITS:
            return parts.toxin.recount(after), parts.toxin.settle()
        if what == "side":
            sides = [str(each.fields["text"]) for each in after if each.what == "side" and each.fields]
            parts.stop_moment.record_side(sides[-1] if sides else parts.settings.side)
        return {}, iter(())


def _refused(request: CorrectEntry, why: str) -> Entry:
    return Entry(CORRECTION_REFUSED, {"corrects": request.seq, "why": why})


def _change(before: EntryNow, after: EntryNow) -> str:
    """Return in words what a correction changes."""
    name = after.what.replace("-", " ")
    old, new = (entry_value(each.what, each.fields or {}) for each in (before, after))
    if after.fields is None:
        return f"{name} {old} is withdrawn".replace("  ", " ")
    if before.fields is None:
        return f"{name} {new} holds again".replace("  ", " ")
    return f"{name} {old or 'without words'} is now {new or 'without words'}"
