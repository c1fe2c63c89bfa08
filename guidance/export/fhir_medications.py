"""What was given, as FHIR medication administrations."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.export.quantities import TOXIN_UNITS, Resource, events, quantity
from guidance.export.source import ExportSource
from guidance.note.case_sheet import MUSCLES
from guidance.note.event_query import Line


def medications(source: ExportSource, patient: str, act: str) -> Iterator[Resource]:
    """Each drug of each aliquot on record, and the units in each muscle that the case sheet names."""
    common = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "subject": {"reference": patient},
        "partOf": [{"reference": act}],
    }
    for line in source.stream.entries("injection"):
        yield from (common | part for part in _aliquot(source, line))
    yield from (common | part for part in _toxin(source))


def _aliquot(source: ExportSource, line: Line) -> Iterator[Resource]:
    known = line["fields"]
    when = {"effectiveDateTime": source.stamp(line["t"]), "identifier": events(line["seq"])}
    volume_ml = known.get("volume_ml")
    if known.get("mg"):
        text = f"{known['drug']} {known['concentration']}, {volume_ml:g} mL"
        for drug, mg in known["mg"].items():
            dosage = {"text": text, "dose": quantity(mg, "mg")}
            yield when | {"medicationCodeableConcept": {"text": drug}, "dosage": dosage}
    elif volume_ml is not None:
        name = source.known("drug") or "not named"
        yield when | {"medicationCodeableConcept": {"text": name}, "dosage": {"dose": quantity(volume_ml, "mL")}}


def _toxin(source: ExportSource) -> Iterator[Resource]:
    """The lot is a medication of its own inside each administration."""
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
        "code": {"text": source.known("product") or "botulinum toxin, product not named"},
        **({"batch": known} if known else {}),
    }
