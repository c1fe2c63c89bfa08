"""The drug table as text for a clinician to check: every limit with its certainty, and how many have a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from guidance.citations import CERTAINTIES, Sourced, cited
from guidance.dose.drugs import Anaesthetic, DrugTable

_ROWS = (
    ("by weight", "max_mg_per_kg", "mg/kg"),
    ("absolute", "max_mg", "mg"),
    ("with epinephrine, by weight", "max_mg_per_kg_epinephrine", "mg/kg"),
    ("with epinephrine, absolute", "max_mg_epinephrine", "mg"),
    ("over 24 h", "max_mg_24h", "mg"),
    ("from age", "least_age_years", "years"),
    ("of the obese", "obese_weight", "weight"),
)


def lines_of(table: DrugTable) -> Iterator[str]:
    """Yield the limits of each anaesthetic, one number per line, then the count of each certainty in the table."""
    for name, drug in table.anaesthetic.items():
        yield f"{name} ({', '.join(drug.names)})"
        yield from (f"  {row}" for row in _rows(table, drug))
    counts = certainties(table)
    shares = ", ".join(f"{counts[certainty]} {certainty}" for certainty in CERTAINTIES)
    missing = f"{counts['missing']} missing with a reason"
    yield f"The whole table: {counts.total()} numbers and statements: {shares}; {missing}"


def certainties(table: DrugTable) -> Counter[str]:
    """Count the numbers and statements of the whole table by certainty, or as ``missing``."""
    return Counter(item.certainty or "missing" for _, item in cited(table))


def _rows(table: DrugTable, drug: Anaesthetic) -> Iterator[str]:
    for label, key, unit in _ROWS:
        yield f"{label:28}{_shown(table, getattr(drug, key), unit)}"


def _shown(table: DrugTable, item: Sourced[Any], unit: str) -> str:
    if item.value is None:
        return f"none: {item.missing}"
    value = f"{item.value:g}" if isinstance(item.value, float) else str(item.value)
    note = f" ({item.note})" if item.note else ""
    return f"{value} {unit}{note} [{table.citation(item)}]"
