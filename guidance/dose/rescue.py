"""The lipid rescue for one patient: volumes of 20 % lipid emulsion when a local anaesthetic has poisoned."""

from __future__ import annotations

from dataclasses import dataclass

from guidance.dose.drugs import DrugTable, LipidRescue, needed
from guidance.dose.patient import DosePatient, DosingWeight, dosing_weight

DoseRange = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rescue:
    """Volumes in mL, rates in mL/min, times in min, ranges low to high. ``fixed`` says that the patient weighs enough
    for the fixed volumes. ``most_ml`` is the most of all boluses and infusions together.
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
    """The card for ``patient``; None without a weight, for there is no default."""
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
    """mL/min: of the fixed volumes over the fixed times, least over longest to most over shortest; or by weight."""
    if not fixed:
        rate = needed(lipid.infusion_ml_per_kg_min) * kg
        return rate, rate
    (least_ml, most_ml), (least_min, most_min) = needed(lipid.infusion_ml), needed(lipid.infusion_min)
    return least_ml / most_min, most_ml / least_min
