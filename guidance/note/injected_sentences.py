"""Sentences on what was injected and on the tissue's reaction, each with the events that it states."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from guidance.dose.formatting import percent
from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery
from guidance.note.page import Sentence, sentence
from guidance.note.pulses import LastPlace, RecordedPulse

COMPLAINTS = ("pain", "paraesthesia")
"""Entries of the operator on what the patient feels."""

_REFUSAL = re.compile(r"^(held|refused): ", re.IGNORECASE)
"""How the dose guard's reason may begin; the sentence states the refusal itself."""


def drug(stream: EventQuery) -> Iterator[Sentence]:
    """Yield each solution, the total dose with its share of the limit, and the limit at the start."""
    injections = _injections(stream)
    named = [event for event in injections if event["fields"].get("drug")]
    for solution in sorted({_solution(event) for event in named}):
        yield sentence(f"{solution}.", [event for event in named if _solution(event) == solution])
    doses = [event for event in injections if event["fields"].get("total_mg")]
    if doses:
        before = any(event["fields"].get("earlier") for event in stream.entries("dose-plan"))
        also = ", earlier doses included" if before else ""
        yield sentence(f"{_total(doses[-1]['fields'])}{also}.", [doses[-1]])
    for event in stream.entries("dose-plan"):
        limits = "; ".join(f"{name}: {limit}" for name, limit in (event["fields"].get("limits") or {}).items())
        if limits:
            yield sentence(f"Limit at the start: {limits}.", [event])
        for text in event["fields"].get("remarks") or ():
            yield sentence(f"{str(text)[:1].upper()}{str(text)[1:]}.", [event])


def volume(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the injected volume by aliquot, and what the dose guard refused."""
    injections = _injections(stream)
    known = [event for event in injections if event["fields"].get("volume_ml") is not None]
    if known:
        total_ml = sum(event["fields"]["volume_ml"] for event in known)
        parts = ", ".join(map(partial(_aliquot, stream), known))
        yield sentence(f"{total_ml:g} mL in {len(known)} {_aliquots(known)}: {parts}.", known)
    unknown = [event for event in injections if event not in known]
    if unknown:
        yield sentence(f"Injection entered without its volume at {_clocks(stream, unknown)}.", unknown)
    yield from _by_dose_guard(stream, injections)


def is_volume_complete(stream: EventQuery) -> bool:
    """Return whether there was an injection and the volume of each is on record."""
    injections = _injections(stream)
    return bool(injections) and all(event["fields"].get("volume_ml") is not None for event in injections)


def epinephrine(stream: EventQuery) -> Iterator[Sentence]:
    """Yield whether the solution that was entered contains epinephrine; nothing if none was entered."""
    for event in stream.entries("dose-plan"):
        solution = str(event["fields"].get("solution", ""))
        _, name, strength = solution.partition("epinephrine")
        contains = f"Epinephrine{strength or ', strength not recorded'}" if name else "None in the solution entered"
        yield sentence(f"{contains} ({solution}).", [event])


def aspiration(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the result of each aspiration, and which aliquots had none before them."""
    done = stream.entries("aspiration")
    bloody = [event for event in done if event["fields"].get("blood")]
    clear = [event for event in done if event["fields"].get("blood") is False]
    if clear:
        yield sentence(f"Aspirated {_times(clear)} without blood at {_clocks(stream, clear)}.", clear)
    if bloody:
        yield sentence(f"BLOOD was aspirated at {_clocks(stream, bloody)}.", bloody)
    unknown = [event for event in done if event not in clear and event not in bloody]
    if unknown:
        yield sentence(f"Aspiration entered without its result at {_clocks(stream, unknown)}.", unknown)
    injections = _injections(stream)
    without = [event for event in injections if event["fields"].get("aspirated") is False]
    if without:
        yield sentence(
            f"No aspiration was entered just before {len(without)} of {len(injections)} {_aliquots(injections)}, at "
            f"{_clocks(stream, without)}.",
            without,
        )


def pain(stream: EventQuery) -> Iterator[Sentence]:
    """Yield when pain or paraesthesia was noted; nothing if none was noted."""
    for what in COMPLAINTS:
        noted = stream.entries(what)
        if noted:
            yield sentence(f"{what.capitalize()} noted at {_clocks(stream, noted)}.", noted)


def twitch_loss(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the alarms on a twitch lost or kept after an injection."""
    for event in stream.of("alarm"):
        if event["code"] == "twitch-loss" and event["active"]:
            yield sentence(f"At {stream.clock(event['t'])}: {event['text']}", [event])


def twitch_after(stream: EventQuery, pulses: Sequence[RecordedPulse], place: LastPlace | None) -> Iterator[Sentence]:
    """Yield how many pulses had a response after the first injection.

    Only pulses of the width at the ``place``, and at least as strong as its weakest with a response, are counted.
    """
    injections = _injections(stream)
    if not injections or place is None or place.lowest is None:
        return
    least_ma = place.lowest.current_ma or 0.0
    fit = [p for p in pulses if p.responded is not None and p.width_ms == place.width_ms and p.t > injections[0]["t"]]
    strong = [pulse for pulse in fit if (pulse.current_ma or 0.0) >= least_ma]
    if strong:
        responded = sum(bool(pulse.responded) for pulse in strong)
        yield Sentence(
            f"After the first injection, {responded} of {len(strong)} {'pulse' if len(strong) == 1 else 'pulses'} of "
            f"{least_ma:.2f} mA or more had a response. Whether the injection abolished the twitch must be stated by "
            "whoever watched it.",
            tuple(seq for pulse in strong for seq in pulse.seq),
        )


def _by_dose_guard(stream: EventQuery, injections: Sequence[EventFields]) -> Iterator[Sentence]:
    """Yield what the dose guard refused, and what was injected against it, with the reason."""
    for event in stream.entries("injection-refused"):
        why = _REFUSAL.sub("", str(event["fields"].get("why")))
        yield sentence(f"Refused by the dose guard at {stream.clock(event['t'])}: {why}", [event])
    for event in injections:
        reason = event["fields"].get("reason")
        if reason:
            yield sentence(f"Injected at {stream.clock(event['t'])} with the reason: {reason}.", [event])


def _injections(stream: EventQuery) -> list[EventFields]:
    return stream.entries("injection")


def _solution(injection: EventFields) -> str:
    fields = injection["fields"]
    return f"{fields['drug']} {fields.get('concentration') or 'of unrecorded concentration'}"


def _total(fields: dict[str, Any]) -> str:
    """Return the total dose by drug, and its share of the limit; "at least" if a part has no limit."""
    total = ", ".join(f"{name} {mg:g} mg" for name, mg in fields["total_mg"].items())
    whole, least = fields.get("fraction"), fields.get("fraction_at_least")
    share = "" if least is None else f", {'' if whole is not None else 'at least '}{percent(least)} of the limit"
    return f"Total: {total}{share}"


def _aliquot(stream: EventQuery, event: EventFields) -> str:
    corrected = " (corrected)" if event["seq"] in stream.corrected else ""
    return f"{event['fields']['volume_ml']:g} mL at {stream.clock(event['t'])}{corrected}"


def _aliquots(events: Sequence[EventFields]) -> str:
    return "aliquot" if len(events) == 1 else "aliquots"


def _times(events: Sequence[EventFields]) -> str:
    return "once" if len(events) == 1 else f"{len(events)} times"


def _clocks(stream: EventQuery, events: Sequence[EventFields]) -> str:
    return ", ".join(stream.clock(event["t"]) for event in events)
