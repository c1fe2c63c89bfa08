"""Doses as text, rounded to the safe side: fractions up, remaining volumes down."""

from __future__ import annotations

import math
from collections.abc import Sequence

from guidance.dose.cumulative_dose import ROUNDING, CumulativeDose, GivenDose, SolutionPart
from guidance.dose.drugs import needed
from guidance.dose.limits import DrugLimit, patient_statements
from guidance.dose.plan import DosePlan
from guidance.dose.text import MG_PER_ML_OF_PERCENT, Epinephrine


def percent(fraction: float) -> str:
    """Format ``fraction`` in per cent, rounded up to a tenth."""
    return f"{math.ceil(fraction * 1000.0 - ROUNDING * 1000.0) / 10.0:g} %"


def left(volume_ml: float) -> str:
    """Format ``volume_ml`` in mL, rounded down to a tenth."""
    return f"{math.floor(volume_ml * 10.0 + ROUNDING) / 10.0:g} mL"


def concentration(mg_per_ml: float) -> str:
    """Format ``mg_per_ml`` in per cent."""
    return f"{mg_per_ml / MG_PER_ML_OF_PERCENT:g} %"


def concentrations(solution: Sequence[SolutionPart]) -> str:
    """Format the concentrations of ``solution`` in the order of its drugs."""
    return " + ".join(concentration(part.mg_per_ml) for part in solution)


def epinephrine_words(added: Epinephrine | None) -> str:
    """Format the epinephrine as on a label (1:200 000), after a comma; empty if there is none."""
    if added is None:
        return ""
    strength = "" if added.ug_per_ml is None else f" 1:{round(1e6 / added.ug_per_ml):,}".replace(",", " ")
    return f", epinephrine{strength}"


def solution_name(solution: Sequence[SolutionPart]) -> str:
    """Format the solution as on a syringe label."""
    drugs = " + ".join(f"{part.drug} {concentration(part.mg_per_ml)}" for part in solution)
    return drugs + epinephrine_words(solution[0].epinephrine)


def dose_words(dose: GivenDose) -> str:
    """Format a dose as drug, concentration, volume, mg, and minutes ago."""
    strength = "" if dose.mg_per_ml is None else f" {concentration(dose.mg_per_ml)}"
    volume = "" if dose.volume_ml is None else f", {dose.volume_ml:g} mL"
    ago = "" if dose.minutes_ago is None else f", {dose.minutes_ago:g} min ago"
    return f"{dose.drug}{strength}{volume}{epinephrine_words(dose.epinephrine)}: {dose.mg:g} mg{ago}"


def limit_words(limit: DrugLimit) -> str:
    """Format the limit and the rule that applies."""
    absolute = f"{limit.absolute.value:g} mg"
    if limit.weight is None:
        return f"{limit.per_kg.value:g} mg/kg, and at most {absolute}; no weight was given: only the latter is known"
    by_weight_mg = needed(limit.per_kg) * limit.weight.kg
    weight = (
        f"{limit.per_kg.value:g} mg/kg x {limit.weight.kg:.4g} kg ({limit.weight.kind} weight) = {by_weight_mg:.4g} mg"
    )
    if limit.rule == "weight":
        return f"{limit.mg:.4g} mg, by weight: {weight}; absolute {absolute}"
    return f"{absolute}, absolute: by weight it would be {weight}"


def total_words(total: CumulativeDose) -> str:
    """Describe the used fraction of the limit in one sentence."""
    amounts = ", ".join(f"{drug} {mg:g} mg" for drug, mg in total.mg_by_drug().items())
    if total.is_whole:
        return f"{percent(total.fraction)} of the limit: {amounts}."
    return f"At least {percent(total.fraction)} of the limit (no weight was given): {amounts}."


def plan_fields(plan: DosePlan) -> dict[str, object]:
    """Return the plan as fields of the record."""
    patient, total = plan.patient, plan.total(1.0)
    return {
        "weight_kg": patient.weight_kg,
        "age_years": patient.age_years,
        "height_cm": patient.height_cm,
        "sex": patient.sex,
        "solution": solution_name(plan.solution),
        "earlier": [dose_words(dose) for dose in plan.earlier],
        "limits": {share.limit.drug: limit_words(share.limit) for share in total.shares},
        "remarks": [item.text for item in patient_statements(plan.table, patient)],
        "site_changes": list(plan.changes),
        "volume_ml_to_limit": plan.left_ml(0.0) if total.is_whole else None,
    }
