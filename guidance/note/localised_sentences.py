"""Sentences on how the target was found, each from the events it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from drivers.base import Outcome
from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery
from guidance.note.page import Sentence, sentence
from guidance.note.pulses import LastPlace, RecordedPulse, estimate_at, verified_absent

_JUDGED = {
    "expected": "when the target's is expected",
    "direct-muscle": "earlier than the target's is expected",
    "reflex": "when a reflex is expected",
    "other-nerve": "later than the target's is expected",
}
_DOUBTFUL = ("direct-muscle", "reflex", "other-nerve")
_MODES = {
    "auto": "the program chose the currents within its limits",
    "manual": "the operator set the current",
    "listen": "another maker's stimulator was used, its pulses found by their artefact",
}


def technique(stream: EventQuery, pulses: Sequence[RecordedPulse]) -> Iterator[Sentence]:
    """With what the nerve was sought; nothing where no pulse was delivered."""
    delivered = [pulse for pulse in pulses if pulse.outcome == Outcome.DELIVERED]
    if not delivered:
        return
    how = _MODES.get(str(stream.start["mode"]), "")
    yield Sentence(
        f"Stimulation through the needle, the muscle's answer measured by EMG; {how}. "
        f"{_count(len(delivered), 'pulse')}{_span(delivered)}.",
        _seqs(delivered[:1], delivered[-1:]),
    )
    for outcome, text in (
        (Outcome.NOT_DELIVERED, "not delivered"),
        (Outcome.UNCONFIRMED, "unconfirmed: delivered or not"),
    ):
        others = [pulse for pulse in pulses if pulse.outcome == outcome]
        if others:
            yield Sentence(f"{_count(len(others), 'pulse')} {text}.", _seqs(others))


def minimum_current(stream: EventQuery, place: LastPlace | None) -> Iterator[Sentence]:
    """The weakest pulse answered at the needle's last place, and the estimate there."""
    if place is None or place.lowest is None:
        return
    lowest, seconds = place.lowest, place.until - place.since
    size = "" if lowest.amplitude_uv is None else f", answer {lowest.amplitude_uv:.0f} µV"
    latency = "" if lowest.latency_ms is None else f" after {lowest.latency_ms:.1f} ms"
    yield Sentence(
        f"{lowest.current_ma:.2f} mA for {place.width_ms:g} ms: the weakest of the pulses answered in the "
        f"{seconds:.0f} s to {stream.clock(place.until)} (at {stream.clock(lowest.t)}{size}{latency}).",
        lowest.seq,
    )
    doubts = [
        event for event in stream.of("response") if event["seq"] in lowest.seq and event.get("judged") in _DOUBTFUL
    ]
    for event in doubts:
        yield sentence(f"By its latency that answer came {_JUDGED[event['judged']]}.", [event])
    if place.missed:
        strong = _count(len(place.pulses) - len(place.below), "pulse")
        text = (
            f"{len(place.missed)} of {strong} as strong or stronger were not answered then; the needle may have moved."
        )
        yield Sentence(text, _seqs(place.missed))
    known = estimate_at(stream, place.since, place.until)
    if known:
        yield sentence(_estimate(known), [known])


def no_response_below(stream: EventQuery, place: LastPlace | None) -> Iterator[Sentence]:
    """Below which current nothing was answered at the last place, as verified there and as the last pulses show;
    nothing where no weaker pulse was tried.
    """
    if place is None or place.lowest is None:
        return
    verified = verified_absent(stream, place.until)
    if verified and verified["fields"]["absent_ma"] < (place.lowest.current_ma or 0.0):  # or it has been answered since
        yield sentence(_absent(stream, verified, place.until), [verified])
    if not place.below:
        return
    tried = sorted(pulse.current_ma or 0.0 for pulse in place.below)
    span = f"{tried[0]:.2f} mA" if tried[0] == tried[-1] else f"{tried[0]:.2f} to {tried[-1]:.2f} mA"
    yield Sentence(
        f"{place.lowest.current_ma:.2f} mA at {place.width_ms:g} ms: "
        f"none of {_count(len(tried), 'weaker pulse')} ({span}) was answered in that time.",
        _seqs(place.below),
    )


def _absent(stream: EventQuery, verified: EventFields, until: float) -> str:
    fields: dict[str, Any] = verified["fields"]
    tried = _count(fields["pulses_each"], "pulse")
    return (
        f"{fields['absent_ma']:.2f} mA at {fields['width_ms']:g} ms: none of {tried} was answered when that "
        f"was verified at {stream.clock(verified['t'])}, {until - verified['t']:.0f} s before; "
        "the needle may have moved since."
    )


def verifications(stream: EventQuery) -> Iterator[Sentence]:
    """What was verified at the target, each time."""
    for event in stream.entries("verification"):
        fields: dict[str, Any] = event["fields"]
        outcome = "as sought" if fields.get("held") else "NOT as sought"
        present = (
            f"{fields['present_answered']} of {fields['pulses_each']} pulses answered at {fields['present_ma']:.2f} mA"
        )
        absent = f"{fields['absent_answered']} of {fields['pulses_each']} at {fields['absent_ma']:.2f} mA"
        when = f"Verified at {stream.clock(event['t'])}, {outcome}"
        yield sentence(f"{when}: {present}, {absent} ({fields['width_ms']:g} ms).", [event])


def responses_by_latency(stream: EventQuery) -> Iterator[Sentence]:
    """What the answers may have been by their latency, where the protocol's windows tell."""
    judged: dict[str, list[EventFields]] = {}
    for event in stream.of("response"):
        if event["detected"] and event.get("judged") and event["latency_ms"] is not None:
            judged.setdefault(event["judged"], []).append(event)
    for kind, events in judged.items():
        latencies = [event["latency_ms"] for event in events]
        note = f"; the last: {events[-1]['note']}" if events[-1].get("note") else ""
        note += "; the expected latency has no source" if _is_unsourced(stream) else ""
        yield sentence(
            f"{_count(len(events), 'answer')} at {_span_of(latencies)} ms came "
            f"{_JUDGED.get(kind, f'judged {kind}')}{note}.",
            events,
        )


def _span_of(latencies_ms: Sequence[float]) -> str:
    low, high = f"{min(latencies_ms):.1f}", f"{max(latencies_ms):.1f}"
    return low if low == high else f"{low} to {high}"


def _is_unsourced(stream: EventQuery) -> bool:
    return any(str(key).endswith("m_latency_ms") for key in stream.start.get("protocol_unsourced") or ())


def _estimate(known: EventFields) -> str:
    low, middle, high = known["threshold_0p1ms_ma"] or known["threshold_ma"]
    zone = f", zone {known['zone']}" if known["zone"] else ""
    return (
        f"Estimated motor threshold for 0.1 ms then: {middle:.2f} mA, 90 % interval {low:.2f} to {high:.2f} mA{zone}. "
        "A threshold is no measure of distance."
    )


def _span(pulses: Sequence[RecordedPulse]) -> str:
    known = [pulse.current_ma for pulse in pulses if pulse.current_ma is not None]
    widths = sorted({pulse.width_ms for pulse in pulses if pulse.width_ms is not None})
    width = f" for {' and '.join(f'{each:g}' for each in widths)} ms" if widths else ""
    return f", {min(known):.2f} to {max(known):.2f} mA{width}" if known else ", of unknown current"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _seqs(*groups: Sequence[RecordedPulse]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(seq for group in groups for pulse in group for seq in pulse.seq))
