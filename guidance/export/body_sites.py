"""Where a procedure was done, as FHIR body structures with their side.

The codes are those of SNOMED CT's Global Patient Set, which may be exchanged and redistributed under CC BY 4.0
(docs.snomed.org, GPS implementation guide). Only codes that were read in an official publication stand here: Left,
Right and both sides in HL7's value set of laterality (hl7.org/fhir/uv/lab-report, laterality-uv-lab), the nerve block
in the minutes of SNOMED International's anaesthesia group of 2023-07-25. Nerves and muscles are in words.
"""

from __future__ import annotations

from collections.abc import Iterator

from guidance.citations import ProtocolError
from guidance.export.quantities import Resource
from guidance.export.source import ExportSource
from guidance.note.case_sheet import MUSCLES
from guidance.protocol.library import load_sheet

SNOMED = "http://snomed.info/sct"
TARGET_EXTENSION = "http://hl7.org/fhir/StructureDefinition/procedure-targetBodyStructure"
_SIDES = {
    "left": ("7771000", "Left"),
    "right": ("24028007", "Right"),
    "both sides": ("51440002", "Right and left"),
}
_NERVE_BLOCK = {"system": SNOMED, "code": "56333001", "display": "Nerve block"}


def procedure_code(source: ExportSource) -> Resource:
    """Return the procedure's title, with the code of a nerve block where an anaesthetic blocks a nerve."""
    protocol = source.stream.known_protocol
    is_block = protocol is not None and protocol.kind == "block" and not protocol.agents
    return {**({"coding": [_NERVE_BLOCK]} if is_block else {}), "text": source.title}


def body_structures(source: ExportSource, patient: str) -> Iterator[Resource]:
    """Yield the structure of each target: the nerve of a block, or each muscle of a toxin session, with its side."""
    muscles = source.case.muscles
    for muscle in muscles:
        yield _structure(source.muscle(muscle), source.known(f"{MUSCLES}.{muscle}.side"), patient)
    nerve = None if muscles else _nerve(source)
    if nerve or (source.side and not muscles):
        yield _structure(nerve or "site of the procedure", source.side, patient)


def site_words(source: ExportSource) -> str | None:
    """Return nerve and side in words; None if neither is known."""
    return " ".join(filter(None, [source.side, _nerve(source)])) or None


def _nerve(source: ExportSource) -> str | None:
    """Return the nerve of a protocol that comes with the program; a site's own may name the site."""
    if not source.is_shipped_protocol and source.hidden:
        return None
    try:
        return load_sheet(str(source.stream.start["protocol"])).sheet.target.nerve.value
    except ProtocolError:
        return None


def _structure(name: str, side: str | None, patient: str) -> Resource:
    code = _SIDES.get(side or "")
    side_concept: Resource = {"text": side}
    if code:
        side_concept["coding"] = [{"system": SNOMED, "code": code[0], "display": code[1]}]
    return {
        "resourceType": "BodyStructure",
        "location": {"text": name},
        **({"locationQualifier": [side_concept]} if side else {}),
        "patient": {"reference": patient},
    }
