"""The limit of one local anaesthetic for one patient: the lower of the limit by weight and the absolute limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from guidance.citations import Sourced
from guidance.dose.drugs import Anaesthetic, DrugTable, Statement, needed
from guidance.dose.patient import DosePatient, DosingWeight, dosing_weight
from guidance.dose.text import DoseError, Epinephrine

Rule = Literal["weight", "absolute"]


@dataclass(frozen=True, slots=True)
class DrugLimit:
    """The largest dose of ``drug``, in ``mg``, and the ``rule`` that applies.

    Without a weight (``weight`` is None) only the absolute rule is known, and the true limit may be lower. ``raised``
    is true if epinephrine raised it; ``notes`` are remarks on it.
    """

    drug: str
    mg: float
    rule: Rule
    per_kg: Sourced[float]
    absolute: Sourced[float]
    weight: DosingWeight | None
    raised: bool
    notes: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether both rules are known."""
        return self.weight is not None


def limit_of(table: DrugTable, drug: str, patient: DosePatient, added: Epinephrine | None = None) -> DrugLimit:
    """Return the limit of ``drug`` (a key of the table) with ``added`` epinephrine.

    Raises DoseError if the sources do not cover the patient, or if the epinephrine is too strong to be plausible.
    """
    entry = table.anaesthetic[drug]
    check_covered(table, drug, patient)
    raises, notes = _epinephrine(table, entry, added)
    per_kg = _chosen(entry.max_mg_per_kg, entry.max_mg_per_kg_epinephrine, raises=raises)
    absolute = _chosen(entry.max_mg, entry.max_mg_epinephrine, raises=raises)
    weight = dosing_weight(patient, needed(entry.obese_weight), table)
    cap_mg = needed(absolute)
    by_weight_mg = None if weight is None else needed(per_kg) * weight.kg
    binds_by_weight = by_weight_mg is not None and by_weight_mg < cap_mg
    return DrugLimit(
        drug=drug,
        mg=by_weight_mg if by_weight_mg is not None and binds_by_weight else cap_mg,
        rule="weight" if binds_by_weight else "absolute",
        per_kg=per_kg,
        absolute=absolute,
        weight=weight,
        raised=raises and (per_kg is not entry.max_mg_per_kg or absolute is not entry.max_mg),
        notes=(*notes, *_small(table, patient)),
    )


def check_covered(table: DrugTable, drug: str, patient: DosePatient) -> None:
    """Raise DoseError if the sources of ``drug`` do not cover the patient's age, or if a needed age is missing."""
    least = table.anaesthetic[drug].least_age_years
    light = needed(table.patient.light_below_kg)
    if patient.age_years is not None and patient.age_years < needed(least):
        reason = f" ({least.note})" if least.note else ""
        raise DoseError(
            f"{drug}: the sources of the limits cover patients from {least.value:g} years on{reason}; at "
            f"{patient.age_years:g} years nothing is calculated."
        )
    if patient.age_years is None and patient.weight_kg is not None and patient.weight_kg < light:
        raise DoseError(
            f"{drug}: a patient of {patient.weight_kg:g} kg may be a child, whom the limits do not cover; give the age "
            "(--age)."
        )


def patient_statements(table: DrugTable, patient: DosePatient) -> Iterator[Statement]:
    """Yield what the sources say about a patient of this age and state; none of them gives a figure."""
    if patient.age_years is not None and patient.age_years >= needed(table.patient.elderly_from_years):
        yield table.patient.elderly
    if patient.frail:
        yield table.patient.frail
    if patient.pregnant:
        yield table.patient.pregnant


def _epinephrine(table: DrugTable, entry: Anaesthetic, added: Epinephrine | None) -> tuple[bool, list[str]]:
    """Return whether ``added`` raises the limits, and remarks on it."""
    if added is None:
        return False, []
    weakest, strongest = needed(table.epinephrine.weakest_ug_per_ml), needed(table.epinephrine.strongest_ug_per_ml)
    strength = added.ug_per_ml
    if strength is not None and strength > strongest:
        raise DoseError(
            f"Epinephrine of {strength:g} ug/mL is stronger than any used in a block (at most {strongest:g} ug/mL, "
            f"1:{1e6 / strongest:.0f}); check the strength."
        )
    if strength is not None and strength < weakest:
        return False, [f"epinephrine below {weakest:g} ug/mL does not raise the limit"]
    notes = [f"the epinephrine counts as {weakest:g} ug/mL or more; its strength is not known"] * (strength is None)
    for entry_limit in (entry.max_mg_per_kg_epinephrine, entry.max_mg_epinephrine):
        if entry_limit.missing and (remark := f"with epinephrine: {entry_limit.missing}") not in notes:
            notes.append(remark)
    return True, notes


def _chosen(without: Sourced[float], with_it: Sourced[float], *, raises: bool) -> Sourced[float]:
    return with_it if raises and with_it.value is not None else without


def _small(table: DrugTable, patient: DosePatient) -> list[str]:
    small = table.patient.small_below_kg
    if patient.weight_kg is None or patient.weight_kg >= needed(small):
        return []
    return [f"below {needed(small):g} kg less should be given ({small.note or 'no figure'})"]
