"""Injected drugs as FHIR medication administrations."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.export.quantities import TOXIN_UNITS, Resource, event_identifiers, quantity
from guidance.export.source import ExportSource
from guidance.journal.event_reader import EventFields
from guidance.note.case_sheet import MUSCLES


def medications(source: ExportSource, patient: str, procedure: str) -> Iterator[Resource]:
    """Yield each drug of each recorded aliquot, and the units in each muscle of the case sheet."""
    common = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "subject": {"reference": patient},
        "partOf": [{"reference": procedure}],
    }
    for event in source.stream.entries("injection"):
        yield from (common | part for part in _aliquot(source, event))
    yield from (common | part for part in _toxin(source))


def _aliquot(source: ExportSource, event: EventFields) -> Iterator[Resource]:
    known = event["fields"]
    when = {"effectiveDateTime": source.stamp(event["t"]), "identifier": event_identifiers(event["seq"])}
    volume_ml = known.get("volume_ml")
    if known.get("mg"):
        solution = f"{known.get('drug') or 'drug not recorded'} {known.get('concentration') or ''}".strip()
        text = solution if volume_ml is None else f"{solution}, {volume_ml:g} mL"
        for drug, mg in known["mg"].items():
            dosage = {"text": text, "dose": quantity(mg, "mg")}
            yield when | {"medicationCodeableConcept": {"text": drug}, "dosage": dosage}
    elif volume_ml is not None:
        name = source.known("drug") or "drug not recorded"
        yield when | {"medicationCodeableConcept": {"text": name}, "dosage": {"dose": quantity(volume_ml, "mL")}}


def _toxin(source: ExportSource) -> Iterator[Resource]:
    """Yield the administration in each muscle, with the lot as a contained medication."""
    for muscle in source.case.muscles:
        units = source.known(f"{MUSCLES}.{muscle}.units")
        if units is None:
            continue
        side = source.known(f"{MUSCLES}.{muscle}.side")
        name = source.muscle(muscle)
        site = f"{name}, {side}" if side else name
        yield {
            "contained": [_lot(source)],
            "medicationReference": {"reference": "#product"},
            "effectivePeriod": {"start": source.stamp(0.0), "end": source.stamp(source.stream.last_t)},
            "dosage": {"site": {"text": site}, "dose": quantity(float(units), TOXIN_UNITS)},
        }


def _lot(source: ExportSource) -> Resource:
    batch = {"lotNumber": source.known("lot"), "expirationDate": source.known("expiry")}
    known = {name: value for name, value in batch.items() if value is not None}
    return {
        "resourceType": "Medication",
        "id": "product",
        "code": {"text": source.known("product") or "botulinum toxin, product not recorded"},
        **({"batch": known} if known else {}),
    }
