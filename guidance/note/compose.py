"""The note composed: the record's sentences and the case sheet's answers, field by field; nothing is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from guidance.common.text import clean
from guidance.note import by_emg_sentences as by_emg
from guidance.note import course_sentences as course
from guidance.note import injected_sentences as injected
from guidance.note import localised_sentences as localised
from guidance.note.answers import is_left_out
from guidance.note.case_sheet import MUSCLES, CaseSheet
from guidance.note.event_query import EventQuery, Line
from guidance.note.fields import BOTULINUM, FIELDS, MUSCLE_FIELDS, SECTIONS, Field
from guidance.note.page import SHEET, NoteItem, NotePage, Section, Sentence, sentence
from guidance.note.pulses import last_place, pulses_of

FoundSentences = Mapping[str, Sequence[Sentence]]

SIMULATION = "SIMULATED PATIENT: no person was treated, and what holds here need not hold for one."
RESEARCH = "Written by research software, not a medical device; whoever signs answers for what it says."
_NOT_TOLD = "Not told."
_PARTIAL = {"volume_ml": injected.is_volume_whole}
"""Fields that the record may tell a part of: answered by it only where this says so."""
_ANSWERED_BY: dict[str, Callable[[Line], bool]] = {
    "drug": lambda line: line["kind"] == "entry" and line["what"] == "injection" and bool(line["fields"].get("drug")),
    "aspiration": lambda line: (
        line["kind"] == "entry" and line["what"] == "aspiration" and line["fields"].get("blood") is not None
    ),
    "twitch_loss": lambda line: line["kind"] == "alarm" and line["code"] == "twitch-loss",
}
"""Fields that the record answers only by such a record; other sentences stand there beside it."""


def compose(stream: EventQuery, case: CaseSheet) -> NotePage:
    """The note of the procedure in ``stream``, with what ``case`` tells."""
    title, kind, _ = stream.protocol
    found = _found(stream)
    shown = [f for f in FIELDS if kind in f.kinds or case.get(f.key) is not None or found.get(f.key)]
    sections = [
        Section(name, tuple(_item(item, found, case) for item in shown if item.section == key))
        for key, name in SECTIONS.items()
    ]
    sections = [_extended(section, stream, case, kind) for section in sections if section.items]
    return NotePage(
        title=f"Procedure note: {title}",
        patient=_patient(case),
        sections=(*sections, _about(stream)),
        missing=tuple(_missing(kind, stream, found, case)),
        banners=tuple(_banners(stream, case)),
    )


def _found(stream: EventQuery) -> FoundSentences:
    """What the record tells, by field."""
    pulses = pulses_of(stream)
    place = last_place(stream, pulses)
    return {
        "weight_kg": [*course.weight(stream)],
        "height_cm": [*course.height(stream)],
        "sex": [*course.sex(stream)],
        "side": [*course.side(stream)],
        "technique": [*localised.technique(stream, pulses), *by_emg.guidance(stream)],
        "minimum_current": [*localised.minimum_current(stream, place)],
        "no_response_below": [*localised.no_response_below(stream, place)],
        "drug": [*injected.drug(stream)],
        "volume_ml": [*injected.volume(stream)],
        "epinephrine": [*injected.epinephrine(stream)],
        "aspiration": [*injected.aspiration(stream)],
        "pain": [*injected.pain(stream)],
        "twitch_loss": [*injected.twitch_loss(stream), *injected.twitch_after(stream, pulses, place)],
    }


def _item(item: Field, found: FoundSentences, case: CaseSheet) -> NoteItem:
    return NoteItem(item.label, (*found.get(item.key, ()), *_told(item.key, case)))


def _told(key: str, case: CaseSheet) -> Iterator[Sentence]:
    answer = case.get(key)
    if answer is not None:
        yield sentence(answer, source=SHEET)


def _missing(kind: str, stream: EventQuery, found: FoundSentences, case: CaseSheet) -> Iterator[tuple[str, str]]:
    for item in FIELDS:
        needed = item.required and kind in item.kinds and case.get(item.key) is None
        if needed and not _is_found(item.key, stream, found):
            yield item.key, item.label
    if kind == BOTULINUM:
        yield from _missing_muscles(case)


def _is_found(key: str, stream: EventQuery, found: FoundSentences) -> bool:
    """Whether the record by itself answers ``key``."""
    if key in _PARTIAL:
        return _PARTIAL[key](stream)
    if key in _ANSWERED_BY and not any(map(_ANSWERED_BY[key], stream.lines)):
        return False
    return bool(found.get(key))


def _missing_muscles(case: CaseSheet) -> Iterator[tuple[str, str]]:
    """What is open of the muscles; nothing more of one whose units were left out for a reason."""
    if not case.muscles:
        yield f"{MUSCLES}.NAME.units", "Muscles: units and the rest for each, NAME being such as fds"
    injected_in = [m for m in case.muscles if not is_left_out(case.get(f"{MUSCLES}.{m}.units") or "")]
    for muscle in injected_in:
        for item in MUSCLE_FIELDS:
            key = f"{MUSCLES}.{muscle}.{item.key}"
            if item.required and case.get(key) is None:
                yield key, f"{muscle}: {item.label}"


def _extended(section: Section, stream: EventQuery, case: CaseSheet, kind: str) -> Section:
    """``section`` with what has no field of its own."""
    more: list[NoteItem] = []
    if section.title == SECTIONS["performance"]:
        more = [NoteItem("Date and time", tuple(course.when(stream))), *_optional("Stimulator", course.hand, stream)]
    elif section.title == SECTIONS["localisation"]:
        more = [*_optional("Verification", localised.verifications, stream)]
        more += _optional("Answers by their latency", localised.answers_judged, stream)
    elif section.title == SECTIONS["injection"] and (kind == BOTULINUM or case.muscles):
        more = [*_muscles(case)]
    elif section.title == SECTIONS["outcome"]:
        more = [*_optional("Alarms", course.alarms, stream), *_optional("Also entered", course.noted, stream)]
    first = more[:1] if section.title == SECTIONS["performance"] else []
    rest = [item for item in more if item not in first]
    return Section(section.title, (*first, *section.items, *rest))


def _optional(label: str, told: Callable[[EventQuery], Iterator[Sentence]], stream: EventQuery) -> list[NoteItem]:
    sentences = tuple(told(stream))
    return [NoteItem(label, sentences)] if sentences else []


def _muscles(case: CaseSheet) -> Iterator[NoteItem]:
    """A line for each muscle, and the units in all."""
    for muscle in case.muscles:
        told = {item.label: case.get(f"{MUSCLES}.{muscle}.{item.key}") for item in MUSCLE_FIELDS}
        name = told.pop("Muscle") or muscle
        words = "; ".join(f"{label}: {answer or _NOT_TOLD.rstrip('.').lower()}" for label, answer in told.items())
        yield NoteItem(f"Muscle {muscle}", (sentence(f"{name}. {words}.", source=SHEET),))
    units = [case.get(f"{MUSCLES}.{muscle}.units") for muscle in case.muscles]
    numbers = [float(each) for each in units if each and not is_left_out(each)]
    if numbers:
        whole = "" if len(numbers) == len(units) else f", of {len(numbers)} of {len(units)} muscles"
        product = case.get("product") or "the product"
        words = f"{sum(numbers):g} units of {product}{whole}; they are not units of any other product."
        yield NoteItem("Units in all", (sentence(words, source=SHEET),))


def _about(stream: EventQuery) -> Section:
    parts = {
        "Protocol": course.protocol,
        "Device": course.device,
        "Signal": course.signal,
    }
    return Section("Record", tuple(item for label, told in parts.items() for item in _optional(label, told, stream)))


def _patient(case: CaseSheet) -> str:
    parts = [case.get("patient"), case.get("birth_date"), case.get("record_number")]
    return ", ".join(part for part in parts if part) or "patient not named"


def _banners(stream: EventQuery, case: CaseSheet) -> Iterator[str]:
    if stream.is_simulated:
        yield SIMULATION
    if stream.end is None:
        yield "THE RECORD OF THIS PROCEDURE WAS CUT OFF; what happened after its last event is not in it."
    for told, planned in _two_weights(stream, case):
        yield f"TWO WEIGHTS: the dose was reckoned with {planned:g} kg, and the case sheet says {told:g} kg."
    for said, entered in _two_sides(stream, case):
        yield f"TWO SIDES: {entered} was entered at the procedure, and the case sheet says {said}."
    yield RESEARCH


def _two_sides(stream: EventQuery, case: CaseSheet) -> Iterator[tuple[str, str]]:
    said = case.get("side")
    for line in course.sides(stream)[-1:]:
        entered = clean(str(line["fields"]["text"]))
        if said and not is_left_out(said) and said != entered:
            yield said, entered


def _two_weights(stream: EventQuery, case: CaseSheet) -> Iterator[tuple[float, float]]:
    answer = case.get("weight_kg")
    for line in stream.entries("dose-plan"):
        planned = line["fields"].get("weight_kg")
        if answer and not is_left_out(answer) and planned is not None and float(answer) != planned:
            yield float(answer), planned
