"""What several doses come to together: fractions of their limits, summed, and what is left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from guidance.dose.drugs import DrugTable
from guidance.dose.limits import DrugLimit, limit_of
from guidance.dose.patient import DosePatient
from guidance.dose.text import DoseError, Epinephrine, WrittenAmount

WARNS_FROM, ALARMS_FROM = 0.8, 1.0
ROUNDING = 1e-9
"""Fractions closer than this are the same: 3 mg/kg of 70 kg is not above 210 mg by a rounding of the computer's."""


@dataclass(frozen=True, slots=True)
class SolutionPart:
    """A local anaesthetic in a solution: ``drug`` is a key of the table."""

    drug: str
    mg_per_ml: float
    epinephrine: Epinephrine | None = None


@dataclass(frozen=True, slots=True)
class GivenDose:
    """An amount of one local anaesthetic; ``minutes_ago`` None where its time is not known or it is still planned."""

    drug: str
    mg: float
    mg_per_ml: float | None = None
    volume_ml: float | None = None
    epinephrine: Epinephrine | None = None
    minutes_ago: float | None = None

    @property
    def epinephrine_ug(self) -> float | None:
        """How much epinephrine it holds, in ug: 0 without any, None where that cannot be known."""
        if self.epinephrine is None:
            return 0.0
        if self.epinephrine.ug_per_ml is None or self.volume_ml is None:
            return None
        return self.epinephrine.ug_per_ml * self.volume_ml


@dataclass(frozen=True, slots=True)
class LimitShare:
    """A dose and the fraction of its limit that it takes up."""

    dose: GivenDose
    limit: DrugLimit

    @property
    def fraction(self) -> float:
        """The dose over the limit's mg; at least so much where the limit is not whole."""
        return self.dose.mg / self.limit.mg


@dataclass(frozen=True, slots=True)
class CumulativeDose:
    """All doses together."""

    shares: tuple[LimitShare, ...]

    @property
    def fraction(self) -> float:
        """The sum of the fractions; 1 is the limit. At least so much where ``is_whole`` is false."""
        return math.fsum(share.fraction for share in self.shares)

    @property
    def is_whole(self) -> bool:
        """Whether all limits are known whole, which needs a weight."""
        return all(share.limit.is_whole for share in self.shares)

    @property
    def warns(self) -> bool:
        """Whether 80 % are reached."""
        return self.fraction >= WARNS_FROM - ROUNDING

    @property
    def alarms(self) -> bool:
        """Whether the limit is reached."""
        return self.fraction >= ALARMS_FROM - ROUNDING

    @property
    def is_over(self) -> bool:
        """Whether the limit is exceeded."""
        return self.fraction > ALARMS_FROM + ROUNDING

    def mg_by_drug(self) -> dict[str, float]:
        """What there is of each drug, in mg."""
        drugs = dict.fromkeys(share.dose.drug for share in self.shares)
        return {drug: math.fsum(s.dose.mg for s in self.shares if s.dose.drug == drug) for drug in drugs}


def total_of(table: DrugTable, patient: DosePatient, doses: Sequence[GivenDose]) -> CumulativeDose:
    """All ``doses`` against the limits of ``patient``, earlier ones in full. Raises DoseError."""
    return CumulativeDose(
        tuple(LimitShare(dose, limit_of(table, dose.drug, patient, dose.epinephrine)) for dose in doses),
    )


def left_ml(table: DrugTable, patient: DosePatient, solution: Sequence[SolutionPart], total: CumulativeDose) -> float:
    """How many mL of ``solution`` bring ``total`` to the limit; 0 where it is reached. Raises DoseError."""
    per_ml = math.fsum(share.fraction for share in total_of(table, patient, aliquot(solution, 1.0)).shares)
    return max(ALARMS_FROM - total.fraction, 0.0) / per_ml


def aliquot(solution: Sequence[SolutionPart], volume_ml: float) -> tuple[GivenDose, ...]:
    """The doses in ``volume_ml`` of ``solution``."""
    return tuple(
        GivenDose(part.drug, part.mg_per_ml * volume_ml, part.mg_per_ml, volume_ml, part.epinephrine)
        for part in solution
    )


def read_dose(table: DrugTable, text: WrittenAmount) -> GivenDose:
    """What was ``written``, as a dose. Raises DoseError where the amount cannot be known."""
    drug, _ = table.find_anaesthetic(text.name)
    mg = text.mg
    if text.mg_per_ml is not None and text.volume_ml is not None:
        if mg is not None and not math.isclose(mg, text.mg_per_ml * text.volume_ml, rel_tol=0.01):
            raise DoseError(
                f"{text.name}: {text.volume_ml:g} mL of {text.mg_per_ml:g} mg/mL are "
                f"{text.mg_per_ml * text.volume_ml:g} mg, not {mg:g} mg; check which is meant."
            )
        mg = text.mg_per_ml * text.volume_ml
    if mg is None:
        raise DoseError(f"{text.name}: give concentration and volume, such as '{text.name} 1% 10mL', or the mg.")
    return GivenDose(drug, mg, text.mg_per_ml, text.volume_ml, text.epinephrine, text.minutes_ago)


def read_part(table: DrugTable, text: WrittenAmount) -> SolutionPart:
    """What was ``written``, as part of a solution. Raises DoseError."""
    drug, _ = table.find_anaesthetic(text.name)
    if text.mg_per_ml is None or (text.volume_ml, text.mg, text.minutes_ago) != (None, None, None):
        raise DoseError(f"{text.name}: a solution is a drug and its concentration, such as '{text.name} 0.5%'.")
    return SolutionPart(drug, text.mg_per_ml, text.epinephrine)
