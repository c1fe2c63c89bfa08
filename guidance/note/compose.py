"""The note, composed field by field from the sentences of the record and the answers of the case sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from guidance.note import by_emg_sentences as by_emg
from guidance.note import course_sentences as course
from guidance.note import injected_sentences as injected
from guidance.note import localised_sentences as localised
from guidance.note import stop_sentences as stop
from guidance.note.case_sheet import MUSCLES, CaseSheet
from guidance.note.contradictions import contradictions
from guidance.note.correction_sentences import corrections
from guidance.note.event_query import EventQuery
from guidance.note.field_forms import is_left_out
from guidance.note.fields import BOTULINUM, FIELDS, MUSCLE_FIELDS, SECTIONS, Field
from guidance.note.muscle_table import muscle_table, session_title, total_units
from guidance.note.nerve_disease import stated_disease
from guidance.note.opening import opening
from guidance.note.page import SHEET, NoteItem, NotePage, Section, Sentence, sentence
from guidance.note.pulses import LastPlace, RecordedPulse, last_place, pulses_of
from guidance.note.toxin_record import session_limit, with_recorded_units

RecordSentences = Mapping[str, Sequence[Sentence]]

SIMULATION = "SIMULATED PATIENT: no person was treated; these results need not apply to a person."
RESEARCH = "Written by research software, not a medical device; the signer is responsible for the content."
_PARTIAL = {"volume_ml": injected.is_volume_complete}
"""Fields that the record may fill only in part, each with the test that it fills them whole."""
_RECORDED_BY: dict[str, Callable[[EventQuery], bool]] = {
    "drug": lambda stream: any(event["fields"].get("drug") for event in stream.entries("injection")),
    "aspiration": lambda stream: any(
        event["fields"].get("blood") is not None for event in stream.entries("aspiration")
    ),
    "twitch_loss": lambda stream: any(event["code"] == "twitch-loss" for event in stream.of("alarm")),
    "stop_moment": lambda stream: any(event["fields"].get("item") for event in stream.entries("stop-moment")),
}
"""Fields that only such events fill; other events may add sentences to them but leave them required."""


def compose(stream: EventQuery, case: CaseSheet) -> NotePage:
    """Compose the note of the procedure in ``stream`` with the answers in ``case``."""
    title, kind, _ = stream.protocol
    pulses = pulses_of(stream)
    place = last_place(stream, pulses)
    recorded = _record_sentences(stream, pulses, place, case)
    contradicting = tuple(contradictions(stream, case, place))
    case = with_recorded_units(case, stream)
    shown = [f for f in FIELDS if kind in f.kinds or case.get(f.key) is not None or recorded.get(f.key)]
    sections = [
        Section(name, tuple(_item(item, recorded, case) for item in shown if item.section == key))
        for key, name in SECTIONS.items()
    ]
    sections = [_extended(section, stream, case, kind) for section in sections if section.items]
    return NotePage(
        title=f"Procedure note: {session_title(title, case)}",
        patient=_patient(case),
        sections=(*sections, _about(stream)),
        missing=tuple(_missing(kind, stream, recorded, case)),
        banners=tuple(_banners(stream, contradicting)),
        opening=tuple(opening(stream, case, pulses, place)),
        contradictions=contradicting,
    )


def _record_sentences(
    stream: EventQuery, pulses: tuple[RecordedPulse, ...], place: LastPlace | None, case: CaseSheet
) -> RecordSentences:
    """Return the sentences of the record, by field."""
    return {
        "weight_kg": [*course.weight(stream)],
        "height_cm": [*course.height(stream)],
        "sex": [*course.sex(stream)],
        "side": [*course.side(stream)],
        "stop_moment": [*stop.stop_moment(stream)],
        **{field: [*stop.item_of_field(stream, field)] for field in stop.FIELD_ITEMS},
        "technique": [*localised.technique(stream, pulses), *by_emg.guidance(stream)],
        "minimum_current": [*localised.minimum_current(stream, place)],
        "no_response_below": [*localised.no_response_below(stream, place, stated_disease(case.get("nerve_disease")))],
        "drug": [*injected.drug(stream)],
        "volume_ml": [*injected.volume(stream)],
        "epinephrine": [*injected.epinephrine(stream)],
        "aspiration": [*injected.aspiration(stream)],
        "pain": [*injected.pain(stream)],
        "twitch_loss": [*injected.twitch_loss(stream), *injected.twitch_after(stream, pulses, place)],
    }


def _item(item: Field, recorded: RecordSentences, case: CaseSheet) -> NoteItem:
    return NoteItem(item.label, (*recorded.get(item.key, ()), *_sheet_sentence(item.key, case)))


def _sheet_sentence(key: str, case: CaseSheet) -> Iterator[Sentence]:
    answer = case.get(key)
    if answer is not None:
        yield sentence(answer, source=case.origins.get(key, SHEET))


def _missing(kind: str, stream: EventQuery, recorded: RecordSentences, case: CaseSheet) -> Iterator[tuple[str, str]]:
    for item in FIELDS:
        needed = item.required and kind in item.kinds and case.get(item.key) is None
        if needed and not _is_recorded(item.key, stream, recorded):
            yield item.key, item.label
    if kind == BOTULINUM:
        yield from _missing_muscles(case)


def _is_recorded(key: str, stream: EventQuery, recorded: RecordSentences) -> bool:
    """Return whether the record alone fills the field ``key``."""
    if key in _PARTIAL:
        return _PARTIAL[key](stream)
    if key in _RECORDED_BY and not _RECORDED_BY[key](stream):
        return False
    return bool(recorded.get(key))


def _missing_muscles(case: CaseSheet) -> Iterator[tuple[str, str]]:
    """Yield the missing fields of the muscles; none for a muscle whose units were left out with a reason."""
    if not case.muscles:
        yield f"{MUSCLES}.NAME.units", "Muscles: units and the other fields of each; NAME is a short name such as fds"
    injected_in = [m for m in case.muscles if not is_left_out(case.get(f"{MUSCLES}.{m}.units") or "")]
    for muscle in injected_in:
        for item in MUSCLE_FIELDS:
            key = f"{MUSCLES}.{muscle}.{item.key}"
            if item.required and case.get(key) is None:
                yield key, f"{muscle}: {item.label}"


def _extended(section: Section, stream: EventQuery, case: CaseSheet, kind: str) -> Section:
    """Add to ``section`` the items that are not fields of the note."""
    more: list[NoteItem] = []
    if section.title == SECTIONS["performance"]:
        more = [
            NoteItem("Date and time", tuple(course.when(stream))),
            *_optional("Stimulator", course.stimulator, stream),
        ]
    elif section.title == SECTIONS["localisation"]:
        more = [*_optional("Verification", localised.verifications, stream)]
        more += _optional("Responses by latency", localised.responses_by_latency, stream)
    elif section.title == SECTIONS["injection"] and (kind == BOTULINUM or case.muscles):
        limit = session_limit(case, stream)
        total = total_units(case, limit)
        more = [NoteItem("Total units", (sentence(total, source=SHEET),))] if total else []
        section = replace(section, table=muscle_table(case, limit))
    elif section.title == SECTIONS["outcome"]:
        parts = {"Alarms": course.alarms, "Other entries": course.other_entries, "Corrections": corrections}
        more = [item for label, part in parts.items() for item in _optional(label, part, stream)]
    first = more[:1] if section.title == SECTIONS["performance"] else []
    rest = [item for item in more if item not in first]
    return replace(section, items=(*first, *section.items, *rest))


def _optional(
    label: str, compose_part: Callable[[EventQuery], Iterator[Sentence]], stream: EventQuery
) -> list[NoteItem]:
    sentences = tuple(compose_part(stream))
    return [NoteItem(label, sentences)] if sentences else []


def _about(stream: EventQuery) -> Section:
    parts = {
        "Protocol": course.protocol,
        "Device": course.device,
        "Signal": course.signal,
    }
    items = (item for label, part in parts.items() for item in _optional(label, part, stream))
    return Section("Record", tuple(items), audit=True)


def _patient(case: CaseSheet) -> str:
    parts = [case.get("patient"), case.get("birth_date"), case.get("record_number")]
    return ", ".join(part for part in parts if part) or "patient not named"


def _banners(stream: EventQuery, contradicting: tuple[str, ...]) -> Iterator[str]:
    if stream.is_simulated:
        yield SIMULATION
    if stream.end is None:
        yield "THE RECORD OF THIS PROCEDURE WAS CUT OFF: nothing after its last event was recorded."
    yield from contradicting
    yield RESEARCH
