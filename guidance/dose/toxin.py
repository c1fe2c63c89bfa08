"""Botulinum toxins: units compared with the limits of the same product. Units are never converted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from guidance.dose.drugs import DrugTable, ToxinLimit
from guidance.dose.patient import DosePatient
from guidance.dose.text import DoseError

ADULT_FROM_YEARS = 18.0
MOST_UNITS = 25000.0
"""More units than this are a typing error (a judgement; the largest limit in the table is far below)."""


@dataclass(frozen=True, slots=True)
class ToxinShare:
    """A ``limit`` for this patient in ``units`` of the product, and the ``fraction`` of it that is used.

    ``units`` is None if the limit depends on a weight that was not given.
    """

    limit: ToxinLimit
    units: float | None
    fraction: float | None


def toxin_shares(table: DrugTable, product: str, units: float, patient: DosePatient) -> tuple[ToxinShare, ...]:
    """Compare ``units`` of ``product`` (a key of the table) with each of its limits. Raises DoseError.

    Without an age, the limits of both adults and children are returned.
    """
    if not (math.isfinite(units) and 0.0 < units <= MOST_UNITS):
        raise DoseError(f"{units:g} units cannot be; give a number above 0 and at most {MOST_UNITS:g}.")
    whose = _whose(patient)
    return tuple(
        _share(limit, units, patient) for limit in table.toxin[product].limits if whose is None or limit.whose == whose
    )


def _whose(patient: DosePatient) -> Literal["adult", "child"] | None:
    if patient.age_years is None:
        return None
    return "adult" if patient.age_years >= ADULT_FROM_YEARS else "child"


def _share(limit: ToxinLimit, units: float, patient: DosePatient) -> ToxinShare:
    if limit.max_units_per_kg is None:
        most: float | None = limit.max_units
    else:
        most = None if patient.weight_kg is None else min(limit.max_units, limit.max_units_per_kg * patient.weight_kg)
    return ToxinShare(limit, most, None if most is None else units / most)
