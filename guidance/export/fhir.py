"""A procedure as a FHIR R4 bundle: patient, performer, device, procedure, observations and medications.

Units are those of UCUM, codes those of LOINC (free of charge, loinc.org/license) and SNOMED CT (``body_sites``), where
one was read in an official publication. All other concepts are this program's own, with text, and claim no code.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

from guidance.export.body_sites import TARGET_EXTENSION, body_structures, procedure_code, site_words
from guidance.export.fhir_medications import medications
from guidance.export.fhir_observations import observations
from guidance.export.quantities import ANONYMISED, OWN_SYSTEM, TEST_DATA, Resource
from guidance.export.source import ExportSource
from guidance.journal.private_files import write_private

_STATUS = {"operator": "completed", "duration": "completed"}


def bundle(source: ExportSource) -> Resource:
    """Return the bundle as values for JSON."""
    patient, device, procedure = (_address() for _ in range(3))
    people = list(_performers(source))
    entries = [(patient, _patient(source)), (device, _device(source)), *people]
    sites = [(_address(), site) for site in body_structures(source, patient)]
    at, by = [address for address, _ in sites], [address for address, _ in people]
    entries += [*sites, (procedure, _procedure(source, patient, device, by, at))]
    parts = [*observations(source, patient, device, procedure), *medications(source, patient, procedure)]
    entries += [(_address(), part) for part in parts]
    security = [*([TEST_DATA] if source.stream.is_simulated else []), *([ANONYMISED] if source.hidden else [])]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        **({"meta": {"security": security}} if security else {}),
        "timestamp": source.stamp(source.stream.last_t),
        "entry": [{"fullUrl": address, "resource": resource} for address, resource in entries],
    }


def write_fhir(source: ExportSource, path: Path) -> None:
    """Write the bundle to ``path`` as JSON. Raises UserError."""
    write_private(path, json.dumps(bundle(source), ensure_ascii=False, indent=1, allow_nan=False).encode())


def _address() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


def _patient(source: ExportSource) -> Resource:
    parts = {
        "name": [{"text": name}] if (name := source.known("patient")) else None,
        "identifier": [{"system": f"{OWN_SYSTEM}:record-number", "value": number}]
        if (number := source.known("record_number"))
        else None,
        "birthDate": source.known("birth_date"),
        "gender": source.known("sex"),
    }
    return {"resourceType": "Patient", **_known(parts)}


def _performers(source: ExportSource) -> Iterator[tuple[str, Resource]]:
    name = source.known("performer")
    if name:
        yield _address(), {"resourceType": "Practitioner", "name": [{"text": name}]}


def _device(source: ExportSource) -> Resource:
    known = source.stream.device
    parts = {
        "deviceName": [{"name": str(known["model"]), "type": "model-name"}] if known.get("model") else None,
        "serialNumber": str(known["serial"]) if known.get("serial") and not source.hidden else None,
        "version": [{"value": str(source.stream.start["program"])}],
    }
    return {"resourceType": "Device", **_known(parts)}


def _procedure(source: ExportSource, patient: str, device: str, performers: list[str], sites: list[str]) -> Resource:
    end = source.stream.end
    parts = {
        "identifier": None if source.hidden else [{"system": f"{OWN_SYSTEM}:procedure", "value": source.folder.name}],
        "performer": [{"actor": {"reference": address}} for address in performers] or None,
        "extension": [{"url": TARGET_EXTENSION, "valueReference": {"reference": site}} for site in sites] or None,
        "bodySite": [{"text": words}] if (words := site_words(source)) else None,
        "complication": [{"text": text}] if (text := source.known("complications")) else None,
    }
    return {
        "resourceType": "Procedure",
        "status": _STATUS.get(end["reason"], "stopped") if end else "stopped",
        "code": procedure_code(source),
        "subject": {"reference": patient},
        "performedPeriod": {"start": source.stamp(0.0), "end": source.stamp(source.stream.last_t)},
        "usedReference": [{"reference": device}],
        **_known(parts),
    }


def _known(parts: Resource) -> Resource:
    return {name: value for name, value in parts.items() if value is not None}
