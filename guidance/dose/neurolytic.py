"""Neurolytic agents, phenol and alcohol: their strength, what the protocol allows, and the dose so far.

No rule of local anaesthetics holds for them: no limit by weight, no sum with other drugs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from guidance.dose.cumulative_dose import ROUNDING
from guidance.dose.drugs import DrugTable, needed
from guidance.dose.text import DoseError
from guidance.protocol import Protocol

_SOLUTION = re.compile(r"\s*([A-Za-z][A-Za-z ]*?)\s+(\d+(?:[.,]\d+)?)\s*%\s*")
_NAME = re.compile(r"\s*([A-Za-z][A-Za-z ]*?)\s*(?:\d.*|\+.*)?")


@dataclass(frozen=True, slots=True)
class NeurolyticPlan:
    """The agent in the syringe; ``max_mg`` is the largest dose that a source reports, None without one.

    ``volume_ml`` is the range of the protocol for this agent. ``changes`` describes what the site changed in the table.
    """

    agent: str
    percent: float
    mg_per_ml: float
    max_mg: float | None
    volume_ml: tuple[float, float] | None
    cautions: tuple[str, ...]
    changes: tuple[str, ...] = ()
    weight_kg: float | None = None

    @property
    def name(self) -> str:
        """The content as on a syringe label."""
        return f"{self.agent} {self.percent:g} %"

    @property
    def max_ml(self) -> float | None:
        """The volume that holds the largest dose; None without such a dose."""
        return None if self.max_mg is None else self.max_mg / self.mg_per_ml

    def mg(self, volume_ml: float) -> float:
        """Return the mg in ``volume_ml`` of the solution."""
        return self.mg_per_ml * volume_ml

    def fraction(self, volume_ml: float) -> float | None:
        """Return the share of the largest dose that ``volume_ml`` is; None without such a dose."""
        return None if self.max_mg is None else self.mg(volume_ml) / self.max_mg

    def is_over(self, volume_ml: float) -> bool:
        """Return whether ``volume_ml`` is more than the largest dose."""
        fraction = self.fraction(volume_ml)
        return fraction is not None and fraction > 1.0 + ROUNDING

    def limit_words(self) -> str:
        """Return the largest dose in words."""
        if self.max_mg is None:
            return "no largest dose is known; the protocol's volume is the limit"
        return f"at most {self.max_mg:g} mg, the largest dose that a source reports"

    def fields(self) -> dict[str, object]:
        """Return the plan as fields of the record."""
        return {
            "weight_kg": self.weight_kg,
            "solution": self.name,
            "earlier": [],
            "limits": {self.agent: self.limit_words()},
            "cautions": list(self.cautions),
            "site_changes": list(self.changes),
        }


def names_neurolytic(table: DrugTable, solution: str) -> bool:
    """Return whether ``solution`` begins with the name of a neurolytic agent."""
    found = _NAME.fullmatch(solution)
    return found is not None and table.find_neurolytic(found[1]) is not None


def neurolytic_plan(table: DrugTable, solution: str, protocol: Protocol) -> NeurolyticPlan:
    """Build the plan for a ``solution`` such as ``phenol 6%``, by what ``protocol`` allows. Raises DoseError."""
    found = _SOLUTION.fullmatch(solution)
    key = table.find_neurolytic(found[1]) if found else None
    if found is None or key is None:
        raise DoseError(f"{solution!r} is no neurolytic solution; write it as 'phenol 6%'.")
    percent, entry = float(found[2].replace(",", ".")), table.neurolytic[key]
    allowed = next((item for item in protocol.agents if item.agent == key), None)
    if allowed is None:
        raise DoseError(
            f"{key} destroys nerve fibres, and {protocol.id} is no protocol for it; choose one that "
            f"'protocols list {key}' names."
        )
    low, high = allowed.percent or needed(entry.percent)
    if not low <= percent <= high:
        span = f"{low:g} %" if low == high else f"{low:g} to {high:g} %"
        raise DoseError(f"{key} of {percent:g} %: {protocol.id} allows {span}; check the ampoule.")
    return NeurolyticPlan(
        agent=key,
        percent=percent,
        mg_per_ml=percent * needed(entry.mg_per_ml_of_percent),
        max_mg=entry.max_mg.value,
        volume_ml=allowed.volume_ml,
        cautions=tuple(item.text for item in entry.cautions),
    )
