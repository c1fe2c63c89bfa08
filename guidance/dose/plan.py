"""What is to be injected in a procedure, in whom, and what was given before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guidance.dose.drugs import DrugTable
from guidance.dose.patient import Patient
from guidance.dose.text import DoseError, written
from guidance.dose.total import Dose, Part, Total, aliquot, left_ml, read_dose, read_part, total_of


@dataclass(frozen=True, slots=True)
class DosePlan:
    """The ``solution`` in the syringe, each concentration as it is after mixing; and the doses given ``earlier``."""

    table: DrugTable
    patient: Patient
    solution: tuple[Part, ...]
    earlier: tuple[Dose, ...] = ()

    def total(self, volume_ml: float) -> Total:
        """The earlier doses and ``volume_ml`` of the solution together."""
        now = aliquot(self.solution, volume_ml) if volume_ml > 0 else ()
        return total_of(self.table, self.patient, (*self.earlier, *now))

    def left_ml(self, volume_ml: float) -> float:
        """mL of the solution up to the limit, once ``volume_ml`` are given."""
        return left_ml(self.table, self.patient, self.solution, self.total(volume_ml))


def plan_of(table: DrugTable, patient: Patient, solution: str, earlier: Sequence[str] = ()) -> DosePlan:
    """The plan for a ``solution`` such as ``ropivacaine 0.5% + lidocaine 1%``. Raises DoseError.

    What limits do not cover, such as a child, is refused here, not when the syringe is at the needle.
    """
    parts = tuple(read_part(table, written(text)) for text in solution.split("+"))
    names = [part.drug for part in parts]
    if len(set(names)) < len(names):
        raise DoseError(f"{solution!r} names a drug twice; give its concentration after mixing, once.")
    plan = DosePlan(table, patient, parts, tuple(read_dose(table, written(text)) for text in earlier))
    plan.left_ml(0.0)
    return plan
