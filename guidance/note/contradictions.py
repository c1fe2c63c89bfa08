"""What record and case sheet contradict each other in: shown at the top of the note, before it is signed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guidance.common.text import clean
from guidance.note import course_sentences as course
from guidance.note.case_sheet import CaseSheet
from guidance.note.event_query import EventQuery
from guidance.note.field_forms import is_left_out
from guidance.note.injected_sentences import COMPLAINTS
from guidance.note.localised_sentences import reached
from guidance.note.pulses import LastPlace
from guidance.note.toxin_record import unit_contradictions
from guidance.stop_moment.anticoagulants import too_short
from guidance.stop_moment.moment import INTERVAL

_SAME_MA = 0.02
"""Largest difference in mA of two minima that count as one; the step in which a clinician reads a dial, a judgement."""
_CURRENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*mA\b", re.IGNORECASE)
_NONE = re.compile(r"(none|no|nil|negative)\b", re.IGNORECASE)


def contradictions(stream: EventQuery, case: CaseSheet, place: LastPlace | None) -> Iterator[str]:
    """Yield one sentence for each contradiction between the record and the case sheet."""
    yield from _two_weights(stream, case)
    yield from _two_sides(stream, case)
    yield from _two_minima(case, place)
    yield from _beyond_device(stream, case)
    yield from _never_reached(stream, case, place)
    yield from _interval(stream, case)
    yield from unit_contradictions(case, stream)
    yield from _without_injection(stream, case)
    yield from _complaints(stream, case)


def _answer(case: CaseSheet, key: str) -> str | None:
    """Return the answer to ``key``; None if there is none, or it states that something was left out."""
    text = case.get(key)
    return None if text is None or is_left_out(text) else text


def _two_weights(stream: EventQuery, case: CaseSheet) -> Iterator[str]:
    answer = _answer(case, "weight_kg")
    for event in stream.entries("dose-plan"):
        planned = event["fields"].get("weight_kg")
        if answer and planned is not None and float(answer) != planned:
            yield (
                f"TWO WEIGHTS: the dose was calculated for {planned:g} kg, but the case sheet has {float(answer):g} kg."
            )


def _two_sides(stream: EventQuery, case: CaseSheet) -> Iterator[str]:
    on_sheet = _answer(case, "side")
    for event in course.sides(stream)[-1:]:
        entered = clean(str(event["fields"]["text"]))
        if on_sheet and on_sheet != entered:
            yield f"TWO SIDES: {entered} was entered during the procedure, but the case sheet has {on_sheet}."


def _two_minima(case: CaseSheet, place: LastPlace | None) -> Iterator[str]:
    stated = _CURRENT.search(_answer(case, "minimum_current") or "")
    if stated is None or place is None or place.lowest is None or place.lowest.current_ma is None:
        return
    on_sheet = float(stated[1].replace(",", "."))
    if abs(on_sheet - place.lowest.current_ma) > _SAME_MA:
        yield (
            f"TWO MINIMUM CURRENTS: the record has {place.lowest.current_ma:.2f} mA, but the case sheet has "
            f"{on_sheet:.2f} mA."
        )


def _beyond_device(stream: EventQuery, case: CaseSheet) -> Iterator[str]:
    stated, protocol = _CURRENT.search(_answer(case, "minimum_current") or ""), stream.known_protocol
    if stated is None or protocol is None or not protocol.max_current_ma:
        return
    on_sheet = float(stated[1].replace(",", "."))
    if on_sheet > protocol.max_current_ma:
        yield (
            f"MINIMUM CURRENT BEYOND THE LIMIT: the case sheet has {on_sheet:g} mA, but no pulse above "
            f"{protocol.max_current_ma:g} mA can be given."
        )


def _never_reached(stream: EventQuery, case: CaseSheet, place: LastPlace | None) -> Iterator[str]:
    stated = _CURRENT.search(_answer(case, "no_response_below") or "")
    if stated is None or place is None or (place.lowest is not None and reached(stream, place.lowest)):
        return
    why = "no pulse had a response" if place.lowest is None else "the target current was never reached"
    yield f"NO RESPONSE BELOW: the case sheet has {stated[0]}, but at the needle's last position {why}."


def _interval(stream: EventQuery, case: CaseSheet) -> Iterator[str]:
    """Yield where the time since an anticoagulant is shorter than the guideline's: of the stop moment, or as stated."""
    entered = stream.entries(INTERVAL)[-1:]
    for event in entered:
        if event["fields"].get("has_passed") is False:
            yield f"ANTICOAGULANT INTERVAL: {clean(str(event['fields']['text']))}"
    stated, protocol = _answer(case, "coagulation"), stream.known_protocol
    if not entered and stated and protocol is not None:
        short = too_short(stated, protocol.bleeding_depth)
        if short:
            yield f"ANTICOAGULANT INTERVAL: the case sheet has {stated!r}. {short}"


def _without_injection(stream: EventQuery, case: CaseSheet) -> Iterator[str]:
    if stream.entries("injection"):
        return
    volume = _answer(case, "volume_ml")
    if volume is not None:
        dose = "" if stream.entries("dose-plan") else " and no dose calculation"
        yield f"NO INJECTION ON RECORD: the case sheet has {volume} mL, but the record holds no injection{dose}."


def _complaints(stream: EventQuery, case: CaseSheet) -> Iterator[str]:
    stated = _answer(case, "pain")
    for what in COMPLAINTS:
        noted = stream.entries(what)
        if noted and stated and _NONE.match(stated):
            times = ", ".join(stream.clock(event["t"]) for event in noted)
            yield f"{what.upper()} ON RECORD: it was noted at {times}, but the case sheet has {stated!r}."
