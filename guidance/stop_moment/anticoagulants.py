"""The guideline's intervals for anticoagulants before a deep block: shown with their source, never as "safe"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from guidance.citations import Cited, Document, Sourced, Strict, Text, Within, read
from guidance.protocol.sheet import BleedingDepth

FILE = "anticoagulants.toml"
Hours = Annotated[float, Within(1.0, 400.0, "h")]
DoseClass = Literal["low", "high"]
Renal = Literal["normal", "below-50", "below-30", "unknown"]
MOST_HOURS = 24.0 * 60.0
"""A longer time since the last dose is a typing error (a judgement: two months)."""


class DoseInterval(Strict):
    """The shortest time since the last dose of one class, and the one in renal failure."""

    what: Text
    hours: Sourced[Hours]
    renal_hours: Sourced[Hours]


class Anticoagulant(Strict):
    """One drug or group; renal failure is a creatinine clearance below ``renal_below_ml_min``."""

    title: Text
    names: tuple[Text, ...]
    renal_below_ml_min: Annotated[float, Within(10.0, 90.0, "mL/min")]
    low: DoseInterval
    high: DoseInterval


class Superficial(Cited):
    """What the guideline states about superficial blocks."""

    text: Text


class AnticoagulantTable(Document):
    """The whole table, from one guideline."""

    guideline: Text
    superficial: Superficial
    drugs: dict[str, Anticoagulant]


@dataclass(frozen=True, slots=True)
class IntervalAdvice:
    """The interval that applies, in h (None: no time is given), whether it has passed (None: not known), and the
    sentence for the screen, with its source.
    """

    hours: float | None
    has_passed: bool | None
    text: str


@cache
def load_anticoagulants() -> AnticoagulantTable:
    """Load the table that comes with the program."""
    return read(AnticoagulantTable, resources.files("protocols").joinpath(FILE).read_text(encoding="utf-8"), FILE)


def advise(
    drug: str, dose: DoseClass, renal: Renal, since_h: float | None, depth: BleedingDepth | None
) -> IntervalAdvice:
    """Compare ``since_h`` hours since the last dose of ``drug`` with the interval for a block of this ``depth``.

    A depth that is not known counts as deep. Unknown renal function takes the longer interval.
    """
    table = load_anticoagulants()
    entry = table.drugs[drug]
    if depth == "superficial":
        return IntervalAdvice(None, None, f"{entry.title}: {table.superficial.text} [{table.guideline}].")
    interval = entry.low if dose == "low" else entry.high
    is_renal = renal in _renal_failure(entry.renal_below_ml_min)
    item = interval.renal_hours if is_renal else interval.hours
    if item.value is None and is_renal and interval.hours.value is not None:
        return _untimed(table, entry, dose, f"{item.missing}; {interval.hours.value:g} h without renal failure")
    if item.value is None:
        return _untimed(table, entry, dose, item.missing or "not read")
    passed = None if since_h is None else since_h >= item.value
    state = {None: "hours not known", True: f"{since_h:g} h have passed" if since_h is not None else ""}
    words = state.get(passed) or f"ONLY {since_h:g} h HAVE PASSED"
    where = "depth not known, counted as deep" if depth is None else f"{depth} block"
    renal_words = f", clearance {_RENAL_WORDS[renal]}" if is_renal else ""
    note = f" ({item.note})" if item.note else ""
    text = (
        f"{entry.title}, {dose} dose, {where}{renal_words}: the guideline's interval is {item.value:g} h{note}; "
        f"{words} [{table.guideline}, {item.certainty}]."
    )
    return IntervalAdvice(item.value, passed, text)


_HOURS = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:h|hours?|hrs?)\b", re.IGNORECASE)
_DOSES: tuple[DoseClass, ...] = ("low", "high")


def too_short(text: str, depth: BleedingDepth | None) -> str | None:
    """Return what the guideline gives where ``text``, such as "enoxaparin 13 h ago", names a drug and too short a time.

    None where it names no drug of the table or no hours, where the block is superficial, or where both intervals, of a
    low and of a high dose, have passed with normal renal function.
    """
    hours, drug = _HOURS.search(text), _named_drug(text)
    if hours is None or drug is None:
        return None
    since_h = float(hours[1].replace(",", "."))
    advice = (advise(drug, dose, "normal", since_h, depth) for dose in _DOSES)
    return next((found.text for found in advice if found.has_passed is False), None)


def _named_drug(text: str) -> str | None:
    words = re.findall(r"[a-z]+", text.casefold())
    table = load_anticoagulants()
    return next((key for key, entry in table.drugs.items() if {key, *map(str.casefold, entry.names)} & {*words}), None)


_RENAL_WORDS = {"below-50": "below 50", "below-30": "below 30", "unknown": "not known, counted as low", "normal": ""}


def _renal_failure(below_ml_min: float) -> set[Renal]:
    found: set[Renal] = {"below-30", "unknown"}
    return found | {"below-50"} if below_ml_min > 30.0 else found


def _untimed(table: AnticoagulantTable, entry: Anticoagulant, dose: DoseClass, why: str) -> IntervalAdvice:
    return IntervalAdvice(None, None, f"{entry.title}, {dose} dose: {why} [{table.guideline}].")
