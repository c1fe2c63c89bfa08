"""Parts of FHIR resources: quantities, concepts, identifiers."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
OWN_SYSTEM = "urn:needle-guidance"
_LOINC = "http://loinc.org"
_ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_OBSERVATION_VALUE = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"

WEIGHT = {"coding": [{"system": _LOINC, "code": "29463-7", "display": "Body weight"}], "text": "Body weight"}
HEIGHT = {"coding": [{"system": _LOINC, "code": "8302-2", "display": "Body height"}], "text": "Body height"}
TEST_DATA = {"system": _ACT_REASON, "code": "HTEST", "display": "test health data"}
ANONYMISED = {"system": _OBSERVATION_VALUE, "code": "ANONYED", "display": "anonymized"}
TOXIN_UNITS = "{U}"
"""Units of a toxin product, which are not units of UCUM."""


def quantity(value: float, code: str, comparator: str | None = None) -> Resource:
    """Return ``value`` in the unit with this UCUM ``code``; with a ``comparator`` such as ``>`` it is a bound."""
    bound = {"comparator": comparator} if comparator else {}
    return {"value": value} | bound | {"unit": code.strip("{}"), "system": UCUM, "code": code}


def own_concept(code: str, text: str) -> Resource:
    """Return a concept of this program's own."""
    return {"coding": [{"system": f"{OWN_SYSTEM}:observation", "code": code, "display": text}], "text": text}


def component(code: str, text: str, value: float, unit: str) -> Resource:
    """Return a component of an observation."""
    return {"code": own_concept(code, text), "valueQuantity": quantity(value, unit)}


def event_identifiers(*seqs: int) -> list[Resource]:
    """Return identifiers of the events that a resource states."""
    return [{"system": f"{OWN_SYSTEM}:event", "value": str(seq)} for seq in seqs]
