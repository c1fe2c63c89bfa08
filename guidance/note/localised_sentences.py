"""Sentences on how the target was localised by stimulation, each with the events that it states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from drivers.base import Outcome
from guidance.journal.event_reader import EventFields
from guidance.note.event_query import EventQuery
from guidance.note.nerve_disease import after
from guidance.note.page import SHEET, Sentence, sentence
from guidance.note.pulses import LastPlace, RecordedPulse, estimate_at, verified_absent

_LATENCY = {
    "expected": "as expected for the target muscle",
    "direct-muscle": "shorter than expected for the target muscle",
    "reflex": "as expected for a reflex",
    "other-nerve": "longer than expected for the target muscle",
}
_DOUBTFUL = ("direct-muscle", "reflex", "other-nerve")
_MODES = {
    "auto": "the program chose the currents within its limits",
    "manual": "the operator set the current",
    "listen": "a separate stimulator gave the pulses, and the program detected them by their artefact",
}


def technique(stream: EventQuery, pulses: Sequence[RecordedPulse]) -> Iterator[Sentence]:
    """Yield how the nerve was stimulated, and the pulses that were not delivered; nothing without a delivered pulse."""
    delivered = [pulse for pulse in pulses if pulse.outcome == Outcome.DELIVERED]
    if not delivered:
        return
    mode = _MODES.get(str(stream.start["mode"]))
    how = f"; {mode}" if mode else ""
    yield Sentence(
        f"Stimulation through the needle, response of the muscle measured by EMG{how}. "
        f"{_count(len(delivered), 'pulse')}{_span(delivered)}.",
        _seqs(delivered[:1], delivered[-1:]),
    )
    for outcome, text in (
        (Outcome.NOT_DELIVERED, "not delivered"),
        (Outcome.UNCONFIRMED, "not confirmed as delivered"),
    ):
        others = [pulse for pulse in pulses if pulse.outcome == outcome]
        if others:
            yield Sentence(f"{_count(len(others), 'pulse')} {text}.", _seqs(others))


def minimum_current(stream: EventQuery, place: LastPlace | None) -> Iterator[Sentence]:
    """Yield the lowest current that evoked a response at the needle's last place, and the estimated threshold there."""
    if place is None or place.lowest is None:
        return
    lowest, seconds = place.lowest, place.until - place.since
    size = "" if lowest.amplitude_uv is None else f"; response {lowest.amplitude_uv:.0f} µV"
    latency = "" if lowest.latency_ms is None else f", latency {lowest.latency_ms:.1f} ms"
    yield Sentence(f"{lowest.current_ma:.2f} mA at {place.width_ms:g} ms.", lowest.seq)
    yield Sentence(
        f"Lowest current that evoked a response in the {seconds:.0f} s up to {stream.clock(place.until)}, at "
        f"{stream.clock(lowest.t)}{size}{latency}.",
        lowest.seq,
        detail=True,
    )
    for event in stream.of("response"):
        if event["seq"] in lowest.seq and event.get("judged") in _DOUBTFUL:
            yield sentence(f"The latency of this response is {_LATENCY[event['judged']]}.", [event])
    if place.missed:
        yield Sentence(
            f"{len(place.missed)} of {_count(len(place.pulses) - len(place.below), 'pulse')} at or above this current "
            "had no response in that time; the needle may have moved.",
            _seqs(place.missed),
            detail=True,
        )
    known = estimate_at(stream, place.since, place.until)
    if known:
        yield sentence(_estimate(known), [known], detail=True)


def no_response_below(stream: EventQuery, place: LastPlace | None, disease: str | None = None) -> Iterator[Sentence]:
    """Yield at which lower current there was no response at the last place: by a verification, else by the last pulses.

    Nothing if the target was never reached there, or no weaker pulse was given. A nerve ``disease`` changes what it
    means.
    """
    if place is None or place.lowest is None or not reached(stream, place.lowest):
        return
    found = tuple(_absent(stream, place))
    yield from found
    if disease and found:
        yield sentence(after(disease), source=SHEET)


def _absent(stream: EventQuery, place: LastPlace) -> Iterator[Sentence]:
    if place.lowest is None:
        return
    verified = verified_absent(stream, place.until)
    if verified and verified["fields"]["absent_ma"] < (place.lowest.current_ma or 0.0):  # no response to it since
        fields: dict[str, Any] = verified["fields"]
        pulses = _count(fields["pulses_each"], "pulse")
        yield sentence(
            f"No response to {pulses} at {fields['absent_ma']:.2f} mA, {fields['width_ms']:g} ms.", [verified]
        )
        yield sentence(
            f"Verified at {stream.clock(verified['t'])}, {place.until - verified['t']:.0f} s before the end of the "
            "search; the needle may have moved since.",
            [verified],
            detail=True,
        )
    if place.below:
        tried = sorted(pulse.current_ma or 0.0 for pulse in place.below)
        span = f"{tried[0]:.2f} mA" if tried[0] == tried[-1] else f"{tried[0]:.2f} to {tried[-1]:.2f} mA"
        yield Sentence(
            f"No response to {_count(len(tried), 'pulse')} at {span}, {place.width_ms:g} ms.",
            _seqs(place.below),
            detail=bool(verified),
        )


def reached(stream: EventQuery, lowest: RecordedPulse) -> bool:
    """Return whether the target current was reached; True where the protocol, and so its target, is not known."""
    known = stream.known_protocol
    return known is None or (lowest.current_ma or 0.0) <= known.target_ma


def verifications(stream: EventQuery) -> Iterator[Sentence]:
    """Yield the result of each verification at the target."""
    for event in stream.entries("verification"):
        fields: dict[str, Any] = event["fields"]
        result = "criterion met" if fields.get("held") else "criterion NOT met"
        pulses = fields["pulses_each"]
        present = f"{fields['present_answered']} of {pulses} pulses had a response at {fields['present_ma']:.2f} mA"
        absent = f"{fields['absent_answered']} of {pulses} at {fields['absent_ma']:.2f} mA"
        when = f"Verified at {stream.clock(event['t'])}, {result}"
        yield sentence(f"{when}: {present}, {absent} ({fields['width_ms']:g} ms).", [event], detail=True)


def responses_by_latency(stream: EventQuery) -> Iterator[Sentence]:
    """Yield how many responses had which latency, if the protocol's windows classify latencies."""
    by_class: dict[str, list[EventFields]] = {}
    for event in stream.of("response"):
        if event["detected"] and event.get("judged") and event["latency_ms"] is not None:
            by_class.setdefault(event["judged"], []).append(event)
    unsourced = "; the expected latency has no source" if _is_unsourced(stream) else ""
    for name, events in by_class.items():
        latencies_ms = [event["latency_ms"] for event in events]
        note = f"; the last: {events[-1]['note']}" if events[-1].get("note") else ""
        yield sentence(
            f"{_count(len(events), 'response')} at {_span_of(latencies_ms)} ms, latency "
            f"{_LATENCY.get(name, f'classified as {name}')}{note}{unsourced}.",
            events,
            detail=True,
        )


def _span_of(latencies_ms: Sequence[float]) -> str:
    low, high = f"{min(latencies_ms):.1f}", f"{max(latencies_ms):.1f}"
    return low if low == high else f"{low} to {high}"


def _is_unsourced(stream: EventQuery) -> bool:
    return any(str(key).endswith("m_latency_ms") for key in stream.start.get("protocol_unsourced") or ())


def _estimate(known: EventFields) -> str:
    if known.get("above_ma") is not None:
        return f"Motor threshold estimated at that time: above {known['above_ma']:g} mA, the highest current allowed."
    at_0p1ms = known["threshold_0p1ms_ma"]
    width = " for 0.1 ms" if at_0p1ms else ""
    low, middle, high = at_0p1ms or known["threshold_ma"]
    zone = f", zone {known['zone']}" if known["zone"] else ""
    return (
        f"Motor threshold{width} estimated at that time: {middle:.2f} mA, 90 % interval {low:.2f} to {high:.2f} "
        f"mA{zone}. A threshold does not measure distance."
    )


def _span(pulses: Sequence[RecordedPulse]) -> str:
    known = [pulse.current_ma for pulse in pulses if pulse.current_ma is not None]
    widths = sorted({pulse.width_ms for pulse in pulses if pulse.width_ms is not None})
    width = f" for {' and '.join(f'{each:g}' for each in widths)} ms" if widths else ""
    return f", {min(known):.2f} to {max(known):.2f} mA{width}" if known else " of unknown current"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _seqs(*groups: Sequence[RecordedPulse]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(seq for group in groups for pulse in group for seq in pulse.seq))
