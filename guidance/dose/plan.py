"""The dose plan of a procedure: the solution, the patient, and earlier doses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from guidance.dose.cumulative_dose import (
    CumulativeDose,
    GivenDose,
    SolutionPart,
    aliquot,
    left_ml,
    read_dose,
    read_part,
    total_of,
)
from guidance.dose.drugs import DrugTable
from guidance.dose.patient import DosePatient
from guidance.dose.text import DoseError, parse_amount


@dataclass(frozen=True, slots=True)
class DosePlan:
    """The ``solution`` in the syringe, with concentrations after mixing, and the ``earlier`` doses.

    ``changes`` describes what the site changed in the table.
    """

    table: DrugTable
    patient: DosePatient
    solution: tuple[SolutionPart, ...]
    earlier: tuple[GivenDose, ...] = ()
    changes: tuple[str, ...] = ()

    def total(self, volume_ml: float) -> CumulativeDose:
        """Return the earlier doses and ``volume_ml`` of the solution together."""
        now = aliquot(self.solution, volume_ml) if volume_ml > 0 else ()
        return total_of(self.table, self.patient, (*self.earlier, *now))

    def left_ml(self, volume_ml: float) -> float:
        """Return how many mL of the solution are left up to the limit once ``volume_ml`` are injected."""
        return left_ml(self.table, self.patient, self.solution, self.total(volume_ml))


def plan_of(table: DrugTable, patient: DosePatient, solution: str, earlier: Sequence[str] = ()) -> DosePlan:
    """Build the plan for a ``solution`` such as ``ropivacaine 0.5% + lidocaine 1%``. Raises DoseError.

    A patient whom the limits do not cover, such as a child, is refused here, not during the injection.
    """
    plan = DosePlan(
        table, patient, solution_of(table, solution), tuple(read_dose(table, parse_amount(text)) for text in earlier)
    )
    plan.left_ml(0.0)
    return plan


def solution_of(table: DrugTable, text: str) -> tuple[SolutionPart, ...]:
    """Return the parts of one syringe; epinephrine named with one part is in all of them. Raises DoseError."""
    parts = [read_part(table, parse_amount(part)) for part in text.split("+")]
    if len({part.drug for part in parts}) < len(parts):
        raise DoseError(f"{text!r} names a drug twice; give its concentration after mixing, once.")
    added = {part.epinephrine for part in parts if part.epinephrine}
    if len(added) > 1:
        raise DoseError(f"{text!r} has two strengths of epinephrine; give the one after mixing, once.")
    epinephrine = next(iter(added), None)
    return tuple(replace(part, epinephrine=epinephrine) for part in parts)
