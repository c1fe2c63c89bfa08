"""The cumulative dose: the sum of the fractions of each limit, and the volume left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from guidance.dose.drugs import DrugTable
from guidance.dose.limits import DrugLimit, limit_of
from guidance.dose.patient import DosePatient
from guidance.dose.text import DoseError, Epinephrine, WrittenAmount

WARNS_FROM, ALARMS_FROM = 0.8, 1.0
"""Fractions of the limit. The alarm is at the limit; the warning at 80 % leaves time to act (a judgement)."""
ROUNDING = 1e-9
"""Fractions closer than this count as equal, so that rounding never puts 3 mg/kg x 70 kg above 210 mg."""


@dataclass(frozen=True, slots=True)
class SolutionPart:
    """One local anaesthetic in a solution; ``drug`` is a key of the table."""

    drug: str
    mg_per_ml: float
    epinephrine: Epinephrine | None = None


@dataclass(frozen=True, slots=True)
class GivenDose:
    """An amount of one local anaesthetic; ``minutes_ago`` is None if its time is not known or the dose is planned."""

    drug: str
    mg: float
    mg_per_ml: float | None = None
    volume_ml: float | None = None
    epinephrine: Epinephrine | None = None
    minutes_ago: float | None = None

    @property
    def epinephrine_ug(self) -> float | None:
        """The epinephrine in this dose, in ug: 0 if there is none, None if the amount is not known."""
        if self.epinephrine is None:
            return 0.0
        if self.epinephrine.ug_per_ml is None or self.volume_ml is None:
            return None
        return self.epinephrine.ug_per_ml * self.volume_ml


@dataclass(frozen=True, slots=True)
class LimitShare:
    """A dose and the limit that applies to it."""

    dose: GivenDose
    limit: DrugLimit

    @property
    def fraction(self) -> float:
        """The dose over its limit; a lower bound if the limit is not whole."""
        return self.dose.mg / self.limit.mg


@dataclass(frozen=True, slots=True)
class CumulativeDose:
    """All doses of one patient, each with its limit."""

    shares: tuple[LimitShare, ...]

    @property
    def fraction(self) -> float:
        """The sum of the fractions; 1 is the limit. It is a lower bound if ``is_whole`` is false."""
        return math.fsum(share.fraction for share in self.shares)

    @property
    def is_whole(self) -> bool:
        """Whether both rules of every limit are known, which needs a weight."""
        return all(share.limit.is_whole for share in self.shares)

    @property
    def warns(self) -> bool:
        """Whether 80 % of the limit are reached."""
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
        """Return the total of each drug, in mg."""
        drugs = dict.fromkeys(share.dose.drug for share in self.shares)
        return {drug: math.fsum(s.dose.mg for s in self.shares if s.dose.drug == drug) for drug in drugs}


def total_of(table: DrugTable, patient: DosePatient, doses: Sequence[GivenDose]) -> CumulativeDose:
    """Compare ``doses`` with the limits of ``patient``; earlier doses count in full. Raises DoseError."""
    return CumulativeDose(
        tuple(LimitShare(dose, limit_of(table, dose.drug, patient, dose.epinephrine)) for dose in doses),
    )


def left_ml(table: DrugTable, patient: DosePatient, solution: Sequence[SolutionPart], total: CumulativeDose) -> float:
    """Return how many mL of ``solution`` bring ``total`` to the limit; 0 if it is reached. Raises DoseError."""
    per_ml = math.fsum(share.fraction for share in total_of(table, patient, aliquot(solution, 1.0)).shares)
    return max(ALARMS_FROM - total.fraction, 0.0) / per_ml


def aliquot(solution: Sequence[SolutionPart], volume_ml: float) -> tuple[GivenDose, ...]:
    """Return the doses in ``volume_ml`` of ``solution``."""
    return tuple(
        GivenDose(part.drug, part.mg_per_ml * volume_ml, part.mg_per_ml, volume_ml, part.epinephrine)
        for part in solution
    )


def read_dose(table: DrugTable, text: WrittenAmount) -> GivenDose:
    """Convert the written ``text`` to a dose. Raises DoseError if the amount cannot be known."""
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
    """Convert the written ``text`` to a part of a solution. Raises DoseError."""
    drug, _ = table.find_anaesthetic(text.name)
    if text.mg_per_ml is None or (text.volume_ml, text.mg, text.minutes_ago) != (None, None, None):
        raise DoseError(f"{text.name}: a solution is a drug and its concentration, such as '{text.name} 0.5%'.")
    return SolutionPart(drug, text.mg_per_ml, text.epinephrine)
