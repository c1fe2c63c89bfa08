"""Sentences on what was injected and how the tissue took it, each from the events it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from guidance.dose.formatting import percent
from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery
from guidance.note.page import Sentence, sentence
from guidance.note.pulses import LastPlace, RecordedPulse

COMPLAINTS = ("pain", "paraesthesia")
"""What the operator notes that the patient feels."""


def drug(stream: EventQuery) -> Iterator[Sentence]:
    """The solution, each aliquot's and the whole dose, and what of the limit that is."""
    injections = _injections(stream)
    named = [event for event in injections if event["fields"].get("drug")]
    for solution in sorted({_solution(event) for event in named}):
        yield sentence(f"{solution}.", [event for event in named if _solution(event) == solution])
    doses = [event for event in injections if event["fields"].get("total_mg")]
    if doses:
        before = any(event["fields"].get("earlier") for event in stream.entries("dose-plan"))
        also = "; doses given before are counted in" if before else ""
        yield sentence(f"{_total(doses[-1]['fields'])}{also}.", [doses[-1]])
    for event in stream.entries("dose-plan"):
        limits = "; ".join(f"{name}: {words}" for name, words in (event["fields"].get("limits") or {}).items())
        if limits:
            yield sentence(f"Limit when it began: {limits}.", [event])


def volume(stream: EventQuery) -> Iterator[Sentence]:
    """What was injected, aliquot by aliquot."""
    injections = _injections(stream)
    known = [event for event in injections if event["fields"].get("volume_ml") is not None]
    if known:
        total_ml = sum(event["fields"]["volume_ml"] for event in known)
        parts = ", ".join(f"{event['fields']['volume_ml']:g} mL at {stream.clock(event['t'])}" for event in known)
        yield sentence(f"{total_ml:g} mL in {len(known)} {_aliquots(known)}: {parts}.", known)
    unknown = [event for event in injections if event not in known]
    if unknown:
        times = ", ".join(stream.clock(event["t"]) for event in unknown)
        yield sentence(f"An injection of unrecorded volume was noted at {times}.", unknown)
    yield from _by_dose_guard(stream, injections)


def is_volume_whole(stream: EventQuery) -> bool:
    """Whether the volume of every injection is in the record, and there was one."""
    injections = _injections(stream)
    return bool(injections) and all(event["fields"].get("volume_ml") is not None for event in injections)


def epinephrine(stream: EventQuery) -> Iterator[Sentence]:
    """Whether the solution as it was entered holds epinephrine; nothing where none was entered."""
    for event in stream.entries("dose-plan"):
        solution = str(event["fields"].get("solution", ""))
        _, has_epinephrine, strength = solution.partition("epinephrine")
        words = (
            f"Epinephrine{strength or ', strength not told'}"
            if has_epinephrine
            else "None in the solution as it was entered"
        )
        yield sentence(f"{words} ({solution}).", [event])


def aspiration(stream: EventQuery) -> Iterator[Sentence]:
    """Each aspiration's outcome, and which aliquots went without one."""
    done = stream.entries("aspiration")
    bloody = [event for event in done if event["fields"].get("blood")]
    clear = [event for event in done if event["fields"].get("blood") is False]
    if clear:
        yield sentence(f"Aspirated {_times(clear)} without blood, at {_clocks(stream, clear)}.", clear)
    if bloody:
        yield sentence(f"BLOOD was aspirated at {_clocks(stream, bloody)}.", bloody)
    without_result = [event for event in done if event not in clear and event not in bloody]
    if without_result:
        yield sentence(
            f"An aspiration was entered without its result, at {_clocks(stream, without_result)}.", without_result
        )
    injections = _injections(stream)
    without = [event for event in injections if event["fields"].get("aspirated") is False]
    if without:
        yield sentence(
            f"{len(without)} of {len(injections)} {_aliquots(injections)} went in without an aspiration entered just "
            f"before: at {_clocks(stream, without)}.",
            without,
        )


def pain(stream: EventQuery) -> Iterator[Sentence]:
    """Each time that pain or paraesthesia was noted; that none was noted says nothing."""
    for what in COMPLAINTS:
        noted = stream.entries(what)
        if noted:
            yield sentence(f"{what.capitalize()} noted at {_clocks(stream, noted)}.", noted)


def twitch_loss(stream: EventQuery) -> Iterator[Sentence]:
    """What the alarm of the twitch said after an injection."""
    for event in stream.of("alarm"):
        if event["code"] == "twitch-loss" and event["active"]:
            yield sentence(f"At {stream.clock(event['t'])}: {event['text']}", [event])


def twitch_after(stream: EventQuery, pulses: Sequence[RecordedPulse], place: LastPlace | None) -> Iterator[Sentence]:
    """How many pulses were answered after the first injection, of those as strong as were answered before it."""
    injections = _injections(stream)
    if not injections or place is None or place.lowest is None:
        return
    least_ma = place.lowest.current_ma or 0.0
    fit = [p for p in pulses if p.responded is not None and p.width_ms == place.width_ms and p.t > injections[0]["t"]]
    strong = [pulse for pulse in fit if (pulse.current_ma or 0.0) >= least_ma]
    if strong:
        responded = sum(bool(pulse.responded) for pulse in strong)
        yield Sentence(
            f"After the first injection {responded} of {len(strong)} pulses of {least_ma:.2f} mA or more had a "
            "response. Whether the twitch went with the injection is for whoever saw it to say.",
            tuple(seq for pulse in strong for seq in pulse.seq),
        )


def _by_dose_guard(stream: EventQuery, injections: Sequence[EventFields]) -> Iterator[Sentence]:
    """What the dose guard held back, and what was given against it, with the reason."""
    for event in stream.entries("injection-refused"):
        why = str(event["fields"].get("why")).removeprefix("Held: ")
        yield sentence(f"Held at {stream.clock(event['t'])}: {why}", [event])
    for event in injections:
        if event["fields"].get("reason"):
            yield sentence(
                f"Given at {stream.clock(event['t'])} with the reason: {event['fields']['reason']}.", [event]
            )


def _injections(stream: EventQuery) -> list[EventFields]:
    return stream.entries("injection")


def _solution(injection: EventFields) -> str:
    fields = injection["fields"]
    return f"{fields['drug']} {fields.get('concentration') or 'of unrecorded concentration'}"


def _total(fields: dict[str, Any]) -> str:
    total = ", ".join(f"{name} {mg:g} mg" for name, mg in fields["total_mg"].items())
    whole, least = fields.get("fraction"), fields.get("fraction_at_least")
    share = "" if least is None else f", {'' if whole is not None else 'at least '}{percent(least)} of the limit"
    return f"In all {total}{share}"


def _aliquots(events: Sequence[EventFields]) -> str:
    return "aliquot" if len(events) == 1 else "aliquots"


def _times(events: Sequence[EventFields]) -> str:
    return "once" if len(events) == 1 else f"{len(events)} times"


def _clocks(stream: EventQuery, events: Sequence[EventFields]) -> str:
    return ", ".join(stream.clock(event["t"]) for event in events)
