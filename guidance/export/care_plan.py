"""A patient's plan and its sessions as a FHIR R4 bundle: CarePlan, EpisodeOfCare, goals, scores, procedures, doses.

Scores and kinds of session are this program's own concepts, with text, and claim no code. Without identifiers, names
and free text are left out, and dates count from ``ANCHOR``.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from guidance.export.quantities import ANONYMISED, OWN_SYSTEM, TEST_DATA, TOXIN_UNITS, Resource, own_concept, quantity
from guidance.export.source import ANCHOR
from guidance.journal.private_files import write_private
from guidance.note.field_forms import is_left_out
from guidance.treatment.overview import given_words
from guidance.treatment.plan import TreatmentPlan
from guidance.treatment.sessions import CaseSession, CaseSessions
from guidance.treatment.sheet import PlanTarget, target_name

_UNITS = {"mas": "{grade}", "tardieu": "deg", "nrs": "{score}", "range": "deg", "gas": "{score}"}
"""Codes of UCUM for the numbers of the scales; those in braces are annotations, which have no unit."""
_PATIENT = {"patient": "name", "birth_date": "birthDate", "sex": "gender"}


@dataclass(frozen=True, slots=True)
class CareSource:
    """A plan and its sessions to export; ``hidden``: without identifiers."""

    plan: TreatmentPlan
    case: CaseSessions
    hidden: bool = False

    @property
    def first_day(self) -> date:
        """The first day of the plan, its scores and its sessions."""
        days = [
            self.plan.since.date(),
            *(v.day for v in self.plan.visits),
            *(s.began.date() for s in self.case.sessions),
        ]
        return min(days)

    def day(self, day: date) -> str:
        """Return ``day`` in the form of FHIR; without identifiers, counted from ``ANCHOR``."""
        return (ANCHOR.date() + (day - self.first_day) if self.hidden else day).isoformat()

    def at(self, when: datetime) -> str:
        """Return ``when`` in the form of FHIR; without identifiers, only its day."""
        return self.day(when.date()) if self.hidden else when.isoformat(timespec="seconds")

    def words(self, key: str) -> str | None:
        """Return the answer of the sheet to ``key``; None where there is none, or where free text is left out."""
        text = self.plan.sheet.answers.get(key)
        return None if text is None or self.hidden or is_left_out(text) else text


def care_bundle(source: CareSource) -> Resource:
    """Return the bundle as values for JSON."""
    patient, condition, goal, care, episode = (_address() for _ in range(5))
    sessions = [(_address(), session) for session in source.case.sessions]
    entries = [
        (patient, _patient(source)),
        (condition, _condition(source, patient)),
        (goal, _goal(source, patient, condition)),
        (care, _care_plan(source, {"patient": patient, "condition": condition, "goal": goal}, sessions)),
        (episode, _episode(source, patient, condition)),
        *((address, _procedure(source, session, patient, care)) for address, session in sessions),
    ]
    parts = [*_scores(source, patient, care), *(m for a, s in sessions for m in _doses(source, s, patient, a))]
    entries += [(_address(), part) for part in parts]
    security = [*([TEST_DATA] if source.case.simulated else []), *([ANONYMISED] if source.hidden else [])]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        **({"meta": {"security": security}} if security else {}),
        "entry": [{"fullUrl": address, "resource": resource} for address, resource in entries],
    }


def write_care_plan(source: CareSource, path: Path) -> None:
    """Write the bundle to ``path`` as JSON. Raises UserError."""
    write_private(path, json.dumps(care_bundle(source), ensure_ascii=False, indent=1, allow_nan=False).encode())


def _address() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


def _patient(source: CareSource) -> Resource:
    answers = {} if source.hidden else source.plan.people.answers
    known = {key: text for key, text in answers.items() if not is_left_out(text)}
    parts: Resource = {_PATIENT[key]: text for key, text in known.items() if key in _PATIENT}
    if "name" in parts:
        parts["name"] = [{"text": parts["name"]}]
    if "record_number" in known:
        parts["identifier"] = [{"system": f"{OWN_SYSTEM}:record-number", "value": known["record_number"]}]
    return {"resourceType": "Patient", **parts}


def _condition(source: CareSource, patient: str) -> Resource:
    text = source.words("problem") or source.plan.sheet.answers.get("indication") or "problem left out"
    return {"resourceType": "Condition", "code": {"text": text}, "subject": {"reference": patient}}


def _goal(source: CareSource, patient: str, condition: str) -> Resource:
    review = source.plan.sheet.answers["review"]
    due = {} if is_left_out(review) else {"target": [{"dueDate": source.day(date.fromisoformat(review))}]}
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": source.words("goal") or "goal left out"},
        "subject": {"reference": patient},
        "addresses": [{"reference": condition}],
        **due,
    }


def _care_plan(source: CareSource, at: Mapping[str, str], sessions: list[tuple[str, CaseSession]]) -> Resource:
    done = [{"outcomeReference": [{"reference": address}]} for address, _ in sessions]
    planned = [
        {"detail": {"status": "scheduled", "description": _planned(source, t)}} for t in source.plan.sheet.targets
    ]
    notes = [
        {"text": f"{words}: {text}"}
        for key, words in (("physiotherapy", "Physiotherapy"), ("home_exercises", "At home"), ("stop_rules", "Stop"))
        if (text := source.words(key))
    ]
    return {
        "resourceType": "CarePlan",
        **({} if source.hidden else {"identifier": [{"system": f"{OWN_SYSTEM}:case", "value": source.plan.label}]}),
        "status": "active",
        "intent": "plan",
        "title": "Treatment plan",
        "subject": {"reference": at["patient"]},
        "period": {"start": source.day(source.plan.since.date())},
        "addresses": [{"reference": at["condition"]}],
        "goal": [{"reference": at["goal"]}],
        "activity": [*planned, *done],
        **({"note": notes} if notes else {}),
    }


def _planned(source: CareSource, target: PlanTarget) -> str:
    dose = target.answers.get("dose") if not source.hidden else None
    units = f"{target.units:g} U" if target.units is not None else None
    reason = None if source.hidden else target.answers["reason"]
    name = target.name if not source.hidden or target.name != target.key.replace("-", " ") else "a target"
    return "; ".join(filter(None, [f"{name}, {target.answers['side']}", units or dose, reason]))


def _episode(source: CareSource, patient: str, condition: str) -> Resource:
    return {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "patient": {"reference": patient},
        "diagnosis": [{"condition": {"reference": condition}}],
        "period": {"start": source.day(source.first_day)},
    }


def _procedure(source: CareSource, session: CaseSession, patient: str, care: str) -> Resource:
    name = None if source.hidden else session.name
    return {
        "resourceType": "Procedure",
        **({"identifier": [{"system": f"{OWN_SYSTEM}:procedure", "value": name}]} if name else {}),
        "basedOn": [{"reference": care}],
        "status": "completed",
        "category": own_concept(session.kind, session.kind),
        "code": {"text": session.kind if source.hidden else session.title},
        "subject": {"reference": patient},
        "performedDateTime": source.at(session.began),
        **({} if source.hidden else {"note": [{"text": given_words(session)}]}),
    }


def _doses(source: CareSource, session: CaseSession, patient: str, procedure: str) -> Iterator[Resource]:
    common = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "subject": {"reference": patient},
        "partOf": [{"reference": procedure}],
        "effectiveDateTime": source.at(session.began),
    }
    product = {"medicationCodeableConcept": {"text": session.product or "botulinum toxin, product not recorded"}}
    for muscle, units in session.units.items():
        site = target_name(muscle)
        known = not source.hidden or site != muscle.replace("-", " ")
        dosage = {"site": {"text": site if known else "a muscle"}, "dose": quantity(units, TOXIN_UNITS)}
        yield common | product | {"dosage": dosage}
    for drug, mg in session.anaesthetic_mg.items():
        yield common | {"medicationCodeableConcept": {"text": drug}, "dosage": {"dose": quantity(mg, "mg")}}


def _scores(source: CareSource, patient: str, care: str) -> Iterator[Resource]:
    for visit in source.plan.visits:
        for score in visit.scores:
            kind = score.key.partition(".")[0]
            title = score.kind.title if source.hidden else score.title
            yield {
                "resourceType": "Observation",
                "basedOn": [{"reference": care}],
                "status": "final",
                "code": own_concept(kind, title),
                "subject": {"reference": patient},
                "effectiveDateTime": source.day(visit.day),
                "valueQuantity": quantity(score.number, _UNITS[kind]),
                "note": [{"text": f"entered as {score.text}"}],
            }
