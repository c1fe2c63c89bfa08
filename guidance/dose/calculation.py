"""The result of the dose calculator: doses, their limits, the rule that applies, what is left, and every source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from guidance.citations import Sourced
from guidance.dose.cumulative_dose import CumulativeDose, GivenDose, LimitShare, SolutionPart, left_ml, total_of
from guidance.dose.drugs import DrugTable, Statement
from guidance.dose.formatting import concentration, dose_words, left, limit_words, percent
from guidance.dose.limits import DrugLimit, limit_of, patient_statements
from guidance.dose.patient import DosePatient
from guidance.dose.text import Epinephrine


@dataclass(frozen=True)
class DoseCalculation:
    """The ``planned`` and ``earlier`` doses of ``patient``, compared with their limits.

    ``drug`` is the drug to calculate, ``mg_per_ml`` its concentration (None if not given), ``added`` its epinephrine.
    ``changes`` lists what the site changed in the table. Properties raise DoseError if the limits do not cover the
    patient.
    """

    table: DrugTable
    patient: DosePatient
    drug: str
    mg_per_ml: float | None
    added: Epinephrine | None
    planned: tuple[GivenDose, ...]
    earlier: tuple[GivenDose, ...]
    changes: tuple[str, ...] = ()

    @cached_property
    def limit(self) -> DrugLimit:
        """The limit of ``drug``."""
        return limit_of(self.table, self.drug, self.patient, self.added)

    @cached_property
    def total(self) -> CumulativeDose:
        """All doses together."""
        return total_of(self.table, self.patient, (*self.planned, *self.earlier))

    @property
    def left_ml(self) -> float | None:
        """The volume of the solution, in mL, that reaches the limit; None without a weight or a concentration."""
        if not self.limit.is_whole or self.mg_per_ml is None:
            return None
        return left_ml(self.table, self.patient, [SolutionPart(self.drug, self.mg_per_ml, self.added)], self.total)

    @property
    def epinephrine_ug(self) -> float | None:
        """The epinephrine in all doses, in ug; None if it is not known for one of them."""
        amounts = [dose.epinephrine_ug for dose in (*self.planned, *self.earlier)]
        return sum(amount or 0.0 for amount in amounts) if None not in amounts else None

    @property
    def is_over(self) -> bool:
        """Whether a limit is exceeded: of the local anaesthetics together, or of the epinephrine."""
        most, ug = self.table.epinephrine.max_ug.value, self.epinephrine_ug
        return self.total.is_over or (most is not None and ug is not None and ug > most)

    @cached_property
    def limits(self) -> tuple[DrugLimit, ...]:
        """Each limit that applies, once; the limit of ``drug`` first."""
        met = [self.limit, *(share.limit for share in self.total.shares)]
        return tuple(limit for i, limit in enumerate(met) if limit not in met[:i])

    def remarks(self) -> list[str]:
        """Return the remarks that belong beside the figures, each once."""
        return list(dict.fromkeys((*self._weights(), *self._remarks(), *map(self._stated, self._statements()))))

    def sources(self) -> list[str]:
        """Return the source of each limit, one line per number."""
        rows = [(limit.drug, item, unit) for limit in self.limits for item, unit in _numbers(limit)]
        return list(dict.fromkeys(f"{drug} {self._sourced(item, unit)}" for drug, item, unit in rows))

    def references(self) -> list[str]:
        """Return the citation of each source key."""
        numbers = [item for limit in self.limits for item, _ in _numbers(limit)]
        return self.table.references([*numbers, *self._statements(), *self._daily().values()])

    def _weights(self) -> Iterator[str]:
        whys = {f"{limit.weight.kind} weight: {limit.weight.why}": None for limit in self.limits if limit.weight}
        for why in whys:
            of = [limit.drug for limit in self.limits if limit.weight and why.endswith(limit.weight.why)]
            yield f"{', '.join(dict.fromkeys(of))}: {why}"

    def _remarks(self) -> Iterator[str]:
        for limit in self.limits:
            yield from (f"{limit.drug}: {note}" for note in limit.notes)
        for drug, daily in self._daily().items():
            yield f"{drug}, over 24 h at most: {self._sourced(daily, 'mg')}"
        if self.epinephrine_ug != 0.0:
            yield f"epinephrine, at most: {self._sourced(self.table.epinephrine.max_ug, 'ug')}"

    def _daily(self) -> dict[str, Sourced[float]]:
        return {dose.drug: self.table.anaesthetic[dose.drug].max_mg_24h for dose in self.earlier}

    def _statements(self) -> Iterator[Statement]:
        if len(self.total.mg_by_drug()) > 1:
            yield self.table.mixture.rule
            yield self.table.mixture.caution
        if self.earlier:
            yield self.table.earlier.rule
        yield self.table.patient.reduce
        yield from patient_statements(self.table, self.patient)
        drugs = dict.fromkeys((self.drug, *self.total.mg_by_drug()))
        yield from (item for drug in drugs if (item := self.table.anaesthetic[drug].caution) is not None)

    def _stated(self, statement: Statement) -> str:
        note = f"; {statement.note}" if statement.note else ""
        return f"{statement.text}{note} [{self.table.citation(statement)}]"

    def _sourced(self, item: Sourced[float], unit: str) -> str:
        if item.value is None:
            return f"not known ({item.missing})"
        note = f" ({item.note})" if item.note else ""
        return f"{item.value:g} {unit}{note} [{self.table.citation(item)}]"


def lines_of(calculation: DoseCalculation) -> list[str]:
    """Return the result as lines to read at the bedside."""
    lines = [f"{calculation.drug}, limit: {limit_words(calculation.limit)}"] if not calculation.planned else []
    lines += [text for share in calculation.total.shares for text in _share_lines(share)]
    if calculation.total.shares:
        lines += ["", _verdict(calculation.total)]
    if calculation.left_ml is not None and calculation.mg_per_ml is not None:
        lines.append(f"Remaining allowance: {left(calculation.left_ml)} of {concentration(calculation.mg_per_ml)}")
    if calculation.epinephrine_ug != 0.0:
        lines.append(_epinephrine_line(calculation.epinephrine_ug, calculation.table.epinephrine.max_ug.value))
    if calculation.changes:
        lines += ["", "Changed at this site:", *(f"  {text}" for text in calculation.changes)]
    lines += ["", "Remarks:", *(f"  {text}" for text in calculation.remarks())]
    lines += ["", "Where the limits were read:", *(f"  {text}" for text in calculation.sources())]
    return lines + [f"  {text}" for text in calculation.references()]


def json_of(calculation: DoseCalculation) -> dict[str, Any]:
    """Return the result for a program; unknown values are None."""
    total = calculation.total
    return {
        "weight_kg": calculation.patient.weight_kg,
        "doses": [_share_json(calculation, share, planned=share.dose in calculation.planned) for share in total.shares],
        "limit": _limit_json(calculation, calculation.limit),
        "fraction": total.fraction if calculation.limit.is_whole else None,
        "fraction_at_least": total.fraction,
        "warns": total.warns,
        "reached": total.alarms,
        "over": calculation.is_over,
        "left_ml": calculation.left_ml,
        "epinephrine_ug": calculation.epinephrine_ug,
        "remarks": calculation.remarks(),
        "site_changes": list(calculation.changes),
    }


def _numbers(limit: DrugLimit) -> tuple[tuple[Sourced[float], str], ...]:
    return (limit.per_kg, "mg/kg"), (limit.absolute, "mg")


def _share_lines(share: LimitShare) -> list[str]:
    at_least = "" if share.limit.is_whole else "at least "
    return [
        dose_words(share.dose),
        f"    limit {limit_words(share.limit)}",
        f"    {at_least}{percent(share.fraction)} of it",
    ]


def _epinephrine_line(ug: float | None, most_ug: float | None) -> str:
    if ug is None:
        return "Epinephrine: amount not known"
    return f"Epinephrine: {ug:g} ug{' OVER ITS LIMIT' if most_ug is not None and ug > most_ug else ''}"


def _verdict(total: CumulativeDose) -> str:
    fraction = f"{'' if total.is_whole else 'at least '}{percent(total.fraction)} of the limit"
    if total.is_over:
        return f"OVER THE LIMIT: {fraction}"
    if total.alarms:
        return f"THE LIMIT IS REACHED: {fraction}"
    return f"WARNING, near the limit: {fraction}" if total.warns else f"Together: {fraction}"


def _share_json(calculation: DoseCalculation, share: LimitShare, *, planned: bool) -> dict[str, Any]:
    dose = asdict(share.dose) | {"planned": planned, "fraction": share.fraction if share.limit.is_whole else None}
    return dose | {"fraction_at_least": share.fraction, "limit": _limit_json(calculation, share.limit)}


def _limit_json(calculation: DoseCalculation, limit: DrugLimit) -> dict[str, Any]:
    return {
        "drug": limit.drug,
        "mg": limit.mg if limit.is_whole else None,
        "binds": limit.rule if limit.is_whole else None,
        "mg_per_kg": _item_json(calculation, limit.per_kg),
        "absolute_mg": _item_json(calculation, limit.absolute),
        "weight": asdict(limit.weight) if limit.weight else None,
        "raised_by_epinephrine": limit.raised,
    }


def _item_json(calculation: DoseCalculation, item: Sourced[float]) -> dict[str, Any]:
    sources = [calculation.table.refs.get(key, key) for key in item.sources]
    return {"value": item.value, "certainty": item.certainty, "sources": sources, "note": item.note}
