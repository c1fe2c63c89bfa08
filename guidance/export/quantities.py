"""The pieces that FHIR resources are made of."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
OWN_SYSTEM = "urn:needle-guidance"
_LOINC = "http://loinc.org"
_ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_OBSERVATION_VALUE = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"

WEIGHT = {"coding": [{"system": _LOINC, "code": "29463-7", "display": "Body weight"}], "text": "Body weight"}
TEST_DATA = {"system": _ACT_REASON, "code": "HTEST", "display": "test health data"}
ANONYMISED = {"system": _OBSERVATION_VALUE, "code": "ANONYED", "display": "anonymized"}
TOXIN_UNITS = "{U}"
"""Units of the product, which are no units of UCUM's."""


def quantity(value: float, code: str) -> Resource:
    """``value`` in the unit that UCUM calls ``code``."""
    return {"value": value, "unit": code.strip("{}"), "system": UCUM, "code": code}


def own_concept(code: str, text: str) -> Resource:
    """A concept of this program's own."""
    return {"coding": [{"system": f"{OWN_SYSTEM}:observation", "code": code, "display": text}], "text": text}


def component(code: str, text: str, value: float, unit: str) -> Resource:
    """A part of an observation."""
    return {"code": own_concept(code, text), "valueQuantity": quantity(value, unit)}


def event_identifiers(*seqs: int) -> list[Resource]:
    """The records of the event stream that a resource rests on."""
    return [{"system": f"{OWN_SYSTEM}:event", "value": str(seq)} for seq in seqs]
