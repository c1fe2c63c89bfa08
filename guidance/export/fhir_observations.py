"""Measurements as FHIR observations."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.export.quantities import HEIGHT, WEIGHT, Resource, component, event_identifiers, own_concept, quantity
from guidance.export.source import ExportSource
from guidance.journal.event_reader import EventFields
from guidance.note.localised_sentences import reached
from guidance.note.pulses import LastPlace, estimate_at, last_place, pulses_of


def observations(source: ExportSource, patient: str, device: str, procedure: str) -> Iterator[Resource]:
    """Yield the observations; ``patient``, ``device`` and ``procedure`` are addresses in the bundle."""
    common = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": patient},
        "partOf": [{"reference": procedure}],
    }
    by_device = common | {"device": {"reference": device}}
    for part in (*_weight(source), *_height(source)):
        yield common | part
    place = last_place(source.stream, pulses_of(source.stream))
    if place:
        yield from (by_device | part for part in _at_place(source, place))
    yield from (by_device | part for part in _impedance(source))


def _weight(source: ExportSource) -> Iterator[Resource]:
    known = source.known("weight_kg")
    planned = [event["fields"].get("weight_kg") for event in source.stream.entries("dose-plan")]
    kg = float(known) if known else next((each for each in planned if each is not None), None)
    if kg is not None:
        yield {"code": WEIGHT, "effectiveDateTime": source.stamp(0.0), "valueQuantity": quantity(kg, "kg")}


def _height(source: ExportSource) -> Iterator[Resource]:
    known = source.known("height_cm")
    if known is not None:
        quantity_cm = quantity(float(known), "cm")
        yield {"code": HEIGHT, "effectiveDateTime": source.stamp(0.0), "valueQuantity": quantity_cm}


def _at_place(source: ExportSource, place: LastPlace) -> Iterator[Resource]:
    lowest = place.lowest
    if lowest is None or lowest.current_ma is None:
        return
    when = {"effectiveDateTime": source.stamp(lowest.t), "identifier": event_identifiers(*lowest.seq)}
    parts = [component("pulse-width", "Pulse width", place.width_ms, "ms")]
    if lowest.amplitude_uv is not None:
        parts.append(component("amplitude", "Response, peak to peak", lowest.amplitude_uv, "uV"))
    if lowest.latency_ms is not None:
        parts.append(component("latency", "Onset latency", lowest.latency_ms, "ms"))
    current = quantity(lowest.current_ma, "mA")
    yield when | {
        "code": own_concept("minimum-current", "Minimum current with a response"),
        "valueQuantity": current,
        "component": parts,
    }
    if place.below and reached(source.stream, lowest):
        yield when | {
            "code": own_concept("no-response-below", "No response below"),
            "valueQuantity": current,
            "component": parts[:1],
        }
    yield from _threshold(source, place)


def _threshold(source: ExportSource, place: LastPlace) -> Iterator[Resource]:
    known = estimate_at(source.stream, place.since, place.until)
    if known is not None and known.get("above_ma") is not None:
        yield _threshold_base(source, known) | {"valueQuantity": quantity(known["above_ma"], "mA", ">")}
    if known is None or known["threshold_0p1ms_ma"] is None:
        return
    low, middle, high = known["threshold_0p1ms_ma"]
    yield _threshold_base(source, known) | {
        "valueQuantity": quantity(middle, "mA"),
        "component": [
            component("motor-threshold-low", "Lower end of the 90 % interval", low, "mA"),
            component("motor-threshold-high", "Upper end of the 90 % interval", high, "mA"),
        ],
    }


def _threshold_base(source: ExportSource, known: EventFields) -> Resource:
    return {
        "code": own_concept("motor-threshold", "Motor threshold at 0.1 ms, estimated"),
        "effectiveDateTime": source.stamp(known["t"]),
        "identifier": event_identifiers(known["seq"]),
    }


def _impedance(source: ExportSource) -> Iterator[Resource]:
    known = [event for event in source.stream.of("stimulus") if event["impedance_kohm"] is not None]
    if known:
        yield {
            "code": own_concept("impedance", "Impedance of the needle's circuit, at the last pulse"),
            "effectiveDateTime": source.stamp(known[-1]["t"]),
            "identifier": event_identifiers(known[-1]["seq"]),
            "valueQuantity": quantity(known[-1]["impedance_kohm"], "kOhm"),
        }
