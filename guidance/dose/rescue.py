"""The lipid rescue for one patient: volumes of 20 % lipid emulsion against local anaesthetic systemic toxicity."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.dose.drugs import DrugTable, LipidRescue, needed
from guidance.dose.patient import DosePatient, DosingWeight, dosing_weight

DoseRange = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rescue:
    """Volumes in mL, rates in mL/min, times in min; a range is (low, high).

    ``fixed`` is true if the patient weighs enough for the fixed volumes. ``most_ml`` is the limit of all boluses and
    infusions together.
    """

    weight: DosingWeight
    fixed: bool
    bolus_ml: float
    bolus_min: DoseRange
    infusion_ml: DoseRange | None
    infusion_min: DoseRange | None
    infusion_ml_per_min: DoseRange
    most_ml: float
    needs_pump: bool


def rescue(table: DrugTable, patient: DosePatient) -> Rescue | None:
    """Calculate the card for ``patient``; None without a weight, as there is no default."""
    lipid = table.lipid
    weight = dosing_weight(patient, needed(lipid.weight), table)
    if weight is None:
        return None
    kg = weight.kg
    fixed = kg >= needed(lipid.fixed_from_kg)
    return Rescue(
        weight=weight,
        fixed=fixed,
        bolus_ml=needed(lipid.bolus_ml) if fixed else needed(lipid.bolus_ml_per_kg) * kg,
        bolus_min=needed(lipid.bolus_min),
        infusion_ml=needed(lipid.infusion_ml) if fixed else None,
        infusion_min=needed(lipid.infusion_min) if fixed else None,
        infusion_ml_per_min=_rate(lipid, kg, fixed=fixed),
        most_ml=needed(lipid.max_ml_per_kg) * kg,
        needs_pump=kg < needed(lipid.pump_below_kg),
    )


def _rate(lipid: LipidRescue, kg: float, *, fixed: bool) -> DoseRange:
    """Return the infusion rate in mL/min: by weight, or from the lowest and highest of the fixed volumes and times."""
    if not fixed:
        rate = needed(lipid.infusion_ml_per_kg_min) * kg
        return rate, rate
    (least_ml, most_ml), (least_min, most_min) = needed(lipid.infusion_ml), needed(lipid.infusion_min)
    return least_ml / most_min, most_ml / least_min
