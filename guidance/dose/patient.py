"""The patient, and the weight that a dose is calculated on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from guidance.dose.drugs import DrugTable, WeightKind, needed
from guidance.dose.text import DoseError

Sex = Literal["female", "male"]

LIGHTEST_KG, HEAVIEST_KG = 1.0, 350.0
OLDEST_YEARS = 120.0
"""Values outside these ranges are typing errors (a judgement)."""
SHORTEST_CM, TALLEST_CM = 130.0, 230.0
"""The formulas for ideal and lean weight are not used outside this range (a judgement)."""


@dataclass(frozen=True, slots=True)
class DosePatient:
    """Weight, age, height and sex; unknown values are None. Raises DoseError for impossible values.

    ``frail`` and ``pregnant`` change no number, as no source gives one; they add what the source says in words.
    """

    weight_kg: float | None = None
    age_years: float | None = None
    height_cm: float | None = None
    sex: Sex | None = None
    frail: bool = False
    pregnant: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        _check(self.weight_kg, LIGHTEST_KG, HEAVIEST_KG, "kg", "weight")
        _check(self.age_years, 0.0, OLDEST_YEARS, "years", "age")
        _check(self.height_cm, SHORTEST_CM, TALLEST_CM, "cm", "height")

    @property
    def bmi(self) -> float | None:
        """Body mass index in kg/m2; None without weight or height."""
        if self.weight_kg is None or self.height_cm is None:
            return None
        return self.weight_kg / (self.height_cm / 100.0) ** 2


@dataclass(frozen=True, slots=True)
class DosingWeight:
    """The weight that a dose is calculated on, its kind, and the reason for that kind."""

    kg: float
    kind: WeightKind
    why: str


def dosing_weight(patient: DosePatient, obese_kind: WeightKind, table: DrugTable) -> DosingWeight | None:
    """Return the weight to calculate on, of ``obese_kind`` for an obese patient; None without a weight.

    It never exceeds the actual weight. Without a height nobody counts as obese, and ``why`` says so.
    """
    if patient.weight_kg is None:
        return None
    bmi = patient.bmi
    if bmi is None:
        return DosingWeight(patient.weight_kg, "actual", "no height was given, so obesity was not checked")
    least = needed(table.patient.obese_from_bmi)
    if bmi < least or obese_kind == "actual":
        return DosingWeight(patient.weight_kg, "actual", f"body mass index {bmi:.1f} kg/m2")
    kg = min(patient.weight_kg, _reduced_kg(patient.weight_kg, bmi, patient, obese_kind))
    assumed = "" if patient.sex else ", the lower of both sexes' as none was given"
    return DosingWeight(kg, obese_kind, f"body mass index {bmi:.1f} kg/m2, obese from {least:g} on{assumed}")


def ideal_kg(height_cm: float, sex: Sex) -> float:
    """Return the height in cm less 100 for men, less 105 for women (droracle.ai 376651, which restates a guideline)."""
    return height_cm - (100.0 if sex == "male" else 105.0)


def lean_kg(weight_kg: float, bmi: float, sex: Sex) -> float:
    """Return the lean weight by Janmahasatian's formula, from the AAGBI's guideline on obesity (droracle.ai 576079)."""
    base, slope = (6680.0, 216.0) if sex == "male" else (8780.0, 244.0)
    return 9270.0 * weight_kg / (base + slope * bmi)


def _reduced_kg(weight_kg: float, bmi: float, patient: DosePatient, kind: WeightKind) -> float:
    sexes: tuple[Sex, ...] = (patient.sex,) if patient.sex else ("female", "male")
    if kind == "lean" or patient.height_cm is None:
        return min(lean_kg(weight_kg, bmi, sex) for sex in sexes)
    return min(ideal_kg(patient.height_cm, sex) for sex in sexes)


def _check(value: float | None, low: float, high: float, unit: str, what: str) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise DoseError(f"A {what} of {value:g} {unit} cannot be; it must be from {low:g} to {high:g} {unit}.")
