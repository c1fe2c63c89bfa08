"""The units of toxin that were entered at the bedside, as answers of the case sheet and as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from guidance.citations import ProtocolError
from guidance.common.text import clean
from guidance.dose.formatting import percent
from guidance.dose.site import table_here
from guidance.dose.text import DoseError
from guidance.dose.toxin_session import ENTRY, PLAN
from guidance.journal.event_reader import EventFields
from guidance.note.case_sheet import MUSCLES, CaseSheet
from guidance.note.event_query import EventQuery
from guidance.note.field_forms import is_left_out
from guidance.protocol.library import load_sheet
from guidance.protocol.sheet import BotulinumProtocol

_SAME_UNITS = 1e-6


@dataclass(frozen=True, slots=True)
class RecordedMuscle:
    """A muscle, the units entered for it in all, and the events that state them."""

    name: str
    units: float
    events: tuple[EventFields, ...]


def recorded_muscles(stream: EventQuery) -> dict[str, RecordedMuscle]:
    """Return the muscles with units on record, by their keys, in the order of their first entry."""
    found: dict[str, RecordedMuscle] = {}
    for event in stream.entries(ENTRY):
        fields = event["fields"]
        key, earlier = str(fields["muscle"]), found.get(str(fields["muscle"]))
        before = earlier or RecordedMuscle(clean(str(fields["name"])), 0.0, ())
        found[key] = replace(before, units=before.units + float(fields["units"]), events=(*before.events, event))
    return found


def with_recorded_units(case: CaseSheet, stream: EventQuery) -> CaseSheet:
    """Return ``case`` with product, muscles and units from the record where the case sheet has no answer of its own."""
    answers = dict(case.answers)
    for event in stream.entries(PLAN)[-1:]:
        answers.setdefault("product", str(event["fields"]["product"]))
    for recorded, muscle in recorded_muscles(stream).items():
        key = _key_on_sheet(case, recorded, muscle.name) or recorded
        answers.setdefault(f"{MUSCLES}.{key}.name", muscle.name)
        answers.setdefault(f"{MUSCLES}.{key}.units", f"{muscle.units:g}")
    return replace(case, answers=answers)


def unit_contradictions(case: CaseSheet, stream: EventQuery) -> Iterator[str]:
    """Yield a sentence for each muscle whose units differ between record and case sheet, or that the record lacks.

    A record without any units holds none to compare: they were entered in the case sheet only.
    """
    recorded = recorded_muscles(stream)
    keys = {key: _key_on_sheet(case, key, muscle.name) for key, muscle in recorded.items()}
    for key, muscle in recorded.items():
        stated = _units(case, keys[key])
        if stated is not None and abs(stated - muscle.units) > _SAME_UNITS:
            yield f"TWO DOSES: the record has {muscle.units:g} U in {muscle.name}, but the case sheet has {stated:g} U."
    for key in case.muscles if recorded else ():
        stated = _units(case, key)
        if stated is not None and key not in keys.values():
            name = case.get(f"{MUSCLES}.{key}.name") or key
            yield f"UNITS NOT ON RECORD: the case sheet has {stated:g} U in {name}, but the record holds none there."


def _key_on_sheet(case: CaseSheet, key: str, name: str) -> str | None:
    """Return how the case sheet calls a muscle of the record: by the same key, or by the same name; None if not at all.

    A muscle that stood under two keys would count twice.
    """
    if key in case.muscles:
        return key
    named = (each for each in case.muscles if (case.get(f"{MUSCLES}.{each}.name") or "").casefold() == name.casefold())
    return next(named, None)


def _units(case: CaseSheet, key: str | None) -> float | None:
    stated = case.get(f"{MUSCLES}.{key}.units") if key else None
    return None if stated is None or is_left_out(stated) else float(stated)


def session_limit(case: CaseSheet, stream: EventQuery) -> tuple[float, str] | None:
    """Return the most units of the session's product and what it is given for; None where no source gives a limit.

    The record's limit counts before the drug table's of today.
    """
    for event in stream.entries(PLAN)[-1:]:
        most = event["fields"].get("most_units")
        return None if most is None else (float(most), str(event["fields"]["indication"]))
    product = case.get("product")
    try:
        sheet = load_sheet(clean(str(stream.start["protocol"]))).sheet
        if product is None or not isinstance(sheet, BotulinumProtocol):
            return None
        table = table_here().table
        most = table.session_limit(table.find_toxin(product)[0], sheet.indication)
    except (ProtocolError, DoseError):
        return None
    return None if most is None else (most, sheet.indication)


def share_words(units: float, limit: tuple[float, str] | None) -> str:
    """Return the share of the session's limit that ``units`` are, after a comma; empty without a limit."""
    return "" if limit is None else f", {percent(units / limit[0])} of the limit for {limit[1]}, {limit[0]:g} U"
