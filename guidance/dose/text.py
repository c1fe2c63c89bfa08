"""Amounts as a clinician writes them: ``lidocaine 1% 10 mL epinephrine 1:200 000``, ``bupivacaine 50mg 40min ago``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MG_PER_ML_OF_PERCENT = 10.0
"""1 % is 1 g in 100 mL."""
LEAST_MG_PER_ML, MOST_MG_PER_ML = 0.1, 50.0
MOST_ML = 500.0
MOST_MG = 5000.0
MOST_HOURS_AGO = 72.0
"""Values beyond these are typing errors, not doses (a judgement)."""


class DoseError(Exception):
    """A dose that cannot be calculated: the input, the reason, and what to do."""


@dataclass(frozen=True, slots=True)
class Epinephrine:
    """Epinephrine in a solution, in ug/mL; None if only its presence is known."""

    ug_per_ml: float | None


@dataclass(frozen=True, slots=True)
class WrittenAmount:
    """A dose or solution as written; absent parts are None."""

    name: str
    mg_per_ml: float | None = None
    volume_ml: float | None = None
    mg: float | None = None
    epinephrine: Epinephrine | None = None
    minutes_ago: float | None = None


_DECIMAL = r"(?<![\d.,:-])(\d+(?:[.,]\d+)?)\s*"
_CONCENTRATION = re.compile(_DECIMAL + r"(%|mg\s*/\s*ml)(?![a-z/])", re.IGNORECASE)
_VOLUME = re.compile(_DECIMAL + r"(ml)(?![a-z/])", re.IGNORECASE)
_MASS = re.compile(_DECIMAL + r"(mg)(?![a-z/])", re.IGNORECASE)
_AGO = re.compile(_DECIMAL + r"(min|minutes?|h|hours?)\s+ago(?![a-z])", re.IGNORECASE)
_STRENGTH = r"(?:1\s*:\s*(?P<ratio>\d{1,3}(?:[ .,]\d{3})+|\d+)|(?P<ug>\d+(?:[.,]\d+)?)\s*(?:ug|mcg|µg|μg)\s*/\s*ml)"
_ONLY_STRENGTH = re.compile(rf"\s*{_STRENGTH}\s*", re.IGNORECASE)
_EPINEPHRINE = re.compile(rf"\b(?:epinephrine|adrenaline|epi)\b\s*(?:{_STRENGTH}(?!\d))?", re.IGNORECASE)
_NAME = re.compile(r"(?:\d-)?[A-Za-z]+(?:[ -][A-Za-z]+)*")


def concentration_mg_per_ml(text: str) -> float:
    """Parse ``0.5%`` or ``5mg/mL`` to mg/mL. Raises DoseError."""
    number, unit = _alone(_CONCENTRATION, text, "a concentration", "0.5% or 5mg/mL")
    return _mg_per_ml(number, unit)


def bare_volume_ml(text: str) -> float:
    """Parse ``5``, ``2.5 mL`` or ``2,5`` to mL. Raises DoseError."""
    number = text.strip().lower().removesuffix("ml").strip()
    return volume_ml(f"{number}mL")


def volume_ml(text: str) -> float:
    """Parse ``30mL`` to mL. Raises DoseError."""
    return _ml(*_alone(_VOLUME, text, "a volume", "30mL"))


def epinephrine(text: str) -> Epinephrine:
    """Parse ``1:200000`` or ``5ug/mL``, or an empty text if only its presence is known. Raises DoseError."""
    if not text.strip():
        return Epinephrine(None)
    match = _ONLY_STRENGTH.fullmatch(text)
    if not match:
        raise DoseError(f"{text!r} is not a strength of epinephrine; write it as 1:200000 or 5ug/mL.")
    return _strength(match)


def parse_amount(text: str) -> WrittenAmount:
    """Parse a dose or solution. Raises DoseError for text that cannot be understood."""
    rest, match = _extract(_EPINEPHRINE, text, "epinephrine")
    added = _strength(match) if match else None
    rest, minutes = _number(_AGO, rest, "a time", _minutes)
    rest, mg_per_ml = _number(_CONCENTRATION, rest, "a concentration", _mg_per_ml)
    rest, millilitres = _number(_VOLUME, rest, "a volume", _ml)
    rest, mg = _number(_MASS, rest, "an amount", _mg)
    name = " ".join(rest.replace(",", " ").split()).removesuffix(" with")
    if not _NAME.fullmatch(name):
        example = "lidocaine 1% 10mL epinephrine 1:200000"
        raise DoseError(f"{text!r} is not understood at {name!r}; write it as {example!r}.")
    return WrittenAmount(name, mg_per_ml, millilitres, mg, added, minutes)


def _alone(pattern: re.Pattern[str], text: str, what: str, example: str) -> tuple[float, str]:
    match = pattern.fullmatch(text.strip())
    if not match:
        raise DoseError(f"{text!r} is not {what}; write it with its unit, as {example}.")
    return _float(match[1]), match[2]


def _extract(pattern: re.Pattern[str], text: str, what: str) -> tuple[str, re.Match[str] | None]:
    """Return ``text`` without the match of ``pattern``, and the match. Raises DoseError for two matches."""
    match = list(pattern.finditer(text))
    if len(match) > 1:
        raise DoseError(f"{text!r} has {what} twice; write each solution by itself.")
    return (pattern.sub(" ", text), match[0]) if match else (text, None)


def _number(
    pattern: re.Pattern[str], text: str, what: str, convert: Callable[[float, str], float]
) -> tuple[str, float | None]:
    rest, match = _extract(pattern, text, what)
    return rest, convert(_float(match[1]), match[2]) if match else None


def _float(digits: str) -> float:
    return float(digits.replace(",", "."))


def _mg_per_ml(number: float, unit: str) -> float:
    mg_per_ml = number * MG_PER_ML_OF_PERCENT if unit == "%" else number
    if not LEAST_MG_PER_ML <= mg_per_ml <= MOST_MG_PER_ML:
        raise DoseError(f"{number:g}{unit} is no concentration of a local anaesthetic; those range from 0.01% to 5%.")
    return mg_per_ml


def _ml(number: float, _unit: str) -> float:
    return _within(number, MOST_ML, "mL")


def _mg(number: float, _unit: str) -> float:
    return _within(number, MOST_MG, "mg")


def _within(number: float, most: float, unit: str) -> float:
    if not 0.0 < number <= most:
        raise DoseError(f"{number:g} {unit} cannot be; it must be above 0 and at most {most:g} {unit}.")
    return number


def _minutes(number: float, unit: str) -> float:
    minutes = number * (60.0 if unit[0] in "hH" else 1.0)
    if minutes > MOST_HOURS_AGO * 60.0:
        raise DoseError(f"{number:g} {unit} ago is longer than {MOST_HOURS_AGO:g} h; leave that dose out.")
    return minutes


def _strength(match: re.Match[str]) -> Epinephrine:
    if match["ug"]:
        return Epinephrine(_float(match["ug"]))
    if not match["ratio"]:
        return Epinephrine(None)
    parts = int(re.sub(r"\D", "", match["ratio"]))
    if parts == 0:
        raise DoseError("Epinephrine 1:0 cannot be; write it as 1:200000.")
    return Epinephrine(1e6 / parts)


def key_of(name: str, named: Iterable[tuple[str, str]], kind: str) -> str:
    """Return the key of the ``kind`` of drug called ``name``; ``named`` are pairs of a name and its key.

    Raises DoseError with the nearest names.
    """
    keys = {known.casefold(): key for known, key in named}
    wanted = " ".join(name.casefold().split())
    if wanted in keys:
        return keys[wanted]
    near = difflib.get_close_matches(wanted, keys, 3, 0.75)
    known = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(sorted(set(keys.values())))}."
    raise DoseError(f"No {kind} in the drug table is called {name!r}; {known}")
