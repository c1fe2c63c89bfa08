"""The drug table: limits of local anaesthetics and botulinum toxins, each with its source, read from TOML."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from guidance.citations import Cited, Document, Rising, Sourced, Strict, Text, Within, read
from guidance.dose.text import DoseError, key_of
from guidance.protocol.ranges import SolutionSpan
from guidance.protocol.sheet import Indication

T = TypeVar("T")

FILE = "drugs.toml"

MgPerKg = Annotated[float, Within(0.1, 30.0, "mg/kg")]
Mg = Annotated[float, Within(1.0, 2000.0, "mg")]
UgPerMl = Annotated[float, Within(0.5, 100.0, "ug/mL")]
Kg = Annotated[float, Within(1.0, 200.0, "kg")]
Years = Annotated[float, Within(0.0, 21.0, "years")]
Minutes = Annotated[float, Within(0.5, 60.0, "min")]
RescueMillilitres = Annotated[float, Within(1.0, 1000.0, "mL")]
WeightKind = Literal["actual", "ideal", "lean"]
Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9 -]{1,39}$")]
Names = tuple[Name, ...]


class Statement(Cited):
    """A sentence with its source."""

    text: Text


class PatientRules(Strict):
    """Rules about the patient: the body mass index of obesity, and weights below which to warn or require the age.

    ``reduce`` holds for everyone; ``elderly`` from ``elderly_from_years``, ``frail`` and ``pregnant`` where recorded.
    """

    obese_from_bmi: Sourced[Annotated[float, Within(25.0, 50.0, "kg/m2")]]
    small_below_kg: Sourced[Kg]
    light_below_kg: Sourced[Kg]
    elderly_from_years: Sourced[Annotated[float, Within(50.0, 100.0, "years")]]
    reduce: Statement
    elderly: Statement
    frail: Statement
    pregnant: Statement

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _need(self, "obese_from_bmi", "small_below_kg", "light_below_kg", "elderly_from_years")
        return self


class MixtureRules(Strict):
    """How mixtures are counted, and the caution against them."""

    rule: Statement
    caution: Statement


class EarlierRules(Strict):
    """How earlier doses are counted."""

    rule: Statement


class EpinephrineRules(Strict):
    """The concentrations of epinephrine that raise a limit, and its own limit."""

    weakest_ug_per_ml: Sourced[UgPerMl]
    strongest_ug_per_ml: Sourced[UgPerMl]
    max_ug: Sourced[Annotated[float, Within(1.0, 1000.0, "ug")]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _need(self, "weakest_ug_per_ml", "strongest_ug_per_ml")
        return self


class Anaesthetic(Strict):
    """The limits of a local anaesthetic: by weight and absolute, without and with epinephrine, and over 24 hours."""

    names: Names
    max_mg_per_kg: Sourced[MgPerKg]
    max_mg: Sourced[Mg]
    max_mg_per_kg_epinephrine: Sourced[MgPerKg]
    max_mg_epinephrine: Sourced[Mg]
    max_mg_24h: Sourced[Mg]
    least_age_years: Sourced[Years]
    obese_weight: Sourced[WeightKind]
    caution: Statement | None = None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        _need(self, "max_mg_per_kg", "max_mg", "least_age_years", "obese_weight")
        pairs = (self.max_mg_per_kg, self.max_mg_per_kg_epinephrine), (self.max_mg, self.max_mg_epinephrine)
        if any(with_it.value is not None and with_it.value < (without.value or 0.0) for without, with_it in pairs):
            raise PydanticCustomError("order", "a limit with epinephrine must not be below the one without")
        return self


class LipidRescue(Strict):
    """The doses of the lipid emulsion, and what else to do, in order, by one guideline; a pair is (low, high)."""

    guideline: Text

    emulsion_percent: Sourced[Annotated[float, Within(10.0, 30.0, "%")]]
    fixed_from_kg: Sourced[Kg]
    bolus_ml: Sourced[RescueMillilitres]
    bolus_ml_per_kg: Sourced[Annotated[float, Within(0.1, 5.0, "mL/kg")]]
    bolus_min: Sourced[Annotated[tuple[Minutes, Minutes], Rising]]
    infusion_ml: Sourced[Annotated[tuple[RescueMillilitres, RescueMillilitres], Rising]]
    infusion_min: Sourced[Annotated[tuple[Minutes, Minutes], Rising]]
    infusion_ml_per_kg_min: Sourced[Annotated[float, Within(0.01, 1.0, "mL/kg/min")]]
    repeat_boluses: Sourced[Annotated[int, Within(0, 5, "boluses")]]
    max_ml_per_kg: Sourced[Annotated[float, Within(1.0, 20.0, "mL/kg")]]
    pump_below_kg: Sourced[Kg]
    weight: Sourced[WeightKind]
    epinephrine_max_ug_per_kg: Sourced[Annotated[float, Within(0.1, 10.0, "ug/kg")]]
    avoid: Statement
    first: Annotated[tuple[Statement, ...], Field(min_length=1)]
    then: Annotated[tuple[Statement, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _need(self, *(name for name, item in self if isinstance(item, Sourced)))
        return self


class Technique(Strict):
    """How often to aspirate while injecting."""

    aspirate_every_ml: Sourced[Annotated[float, Within(1.0, 10.0, "mL")]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _need(self, "aspirate_every_ml")
        return self


class Neurolytic(Strict):
    """A neurolytic agent: its names, strengths in %, mg/mL of one per cent, the largest dose that a source reports.

    It destroys nerve fibres; no limit of a local anaesthetic holds for it, and its doses are added to none.
    """

    names: Names = ()
    percent: Sourced[SolutionSpan]
    mg_per_ml_of_percent: Sourced[Annotated[float, Within(1.0, 20.0, "mg/mL")]]
    max_mg: Sourced[Annotated[float, Within(1.0, 50000.0, "mg")]]
    cautions: tuple[Statement, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _need(self, "percent", "mg_per_ml_of_percent")
        return self


class ToxinLimit(Cited):
    """The most units of one product at one place or in one session; for children also by weight."""

    whose: Literal["adult", "child"]
    where: Text
    max_units: Annotated[float, Within(1.0, 25000.0, "units")]
    max_units_per_kg: Annotated[float, Within(0.1, 500.0, "units/kg")] | None = None


class ToxinSession(Strict):
    """The most units of one product in a session for one indication, and the shortest interval to the next."""

    max_units: Sourced[Annotated[float, Within(1.0, 25000.0, "units")]]
    reinject_weeks: Sourced[Annotated[float, Within(1.0, 52.0, "weeks")]]


class Toxin(Strict):
    """A botulinum product; its units are not those of other products.

    ``sessions`` is the one place for the limit of a session; ``limits`` has those of a part of the body.
    """

    names: Names
    sessions: dict[Indication, ToxinSession]
    limits: tuple[ToxinLimit, ...]


class DrugTable(Document):
    """The whole drug table."""

    patient: PatientRules
    mixture: MixtureRules
    earlier: EarlierRules
    epinephrine: EpinephrineRules
    anaesthetic: Annotated[dict[Name, Anaesthetic], Field(min_length=1)]
    neurolytic: dict[Name, Neurolytic] = Field(default_factory=dict)
    technique: Technique
    lipid: LipidRescue
    toxin: dict[Name, Toxin]
    toxin_cautions: tuple[Statement, ...] = ()
    neurolytic_emergency: tuple[Statement, ...] = ()

    @model_validator(mode="after")
    def _check_unique_names(self) -> Self:
        both = [(name, other) for names in self._names() for name, other in names]
        folded = [name.casefold() for name, _ in both]
        twice = sorted({name for name in folded if folded.count(name) > 1})
        if twice:
            raise PydanticCustomError("names", "{name} names two drugs", {"name": twice[0]})
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as plain values for the engine process: pydantic's generic models cannot be pickled by name."""
        return DrugTable.model_validate, (self.model_dump(exclude_none=True),)

    def find_anaesthetic(self, name: str) -> tuple[str, Anaesthetic]:
        """Return key and limits of the anaesthetic called ``name``. Raises DoseError with the nearest names."""
        key = key_of(name, self._names()[0], "local anaesthetic")
        return key, self.anaesthetic[key]

    def find_toxin(self, name: str) -> tuple[str, Toxin]:
        """Return key and limits of the botulinum product called ``name``. Raises DoseError with the nearest names."""
        key = key_of(name, self._names()[1], "botulinum toxin")
        return key, self.toxin[key]

    def known_toxin(self, name: str | None) -> str | None:
        """Return the key of the botulinum product called ``name``; None if there is none, or no name."""
        try:
            return self.find_toxin(name)[0] if name else None
        except DoseError:
            return None

    def find_neurolytic(self, name: str) -> str | None:
        """Return the key of the neurolytic agent called ``name``; None if there is none."""
        wanted = " ".join(name.casefold().split())
        named = [(known.casefold(), key) for key, entry in self.neurolytic.items() for known in (key, *entry.names)]
        return next((key for known, key in named if known == wanted), None)

    def session_limit(self, product: str, indication: Indication) -> float | None:
        """Return the most units of ``product`` in a session for ``indication``; None if the table has none."""
        session = self.toxin[product].sessions.get(indication) if product in self.toxin else None
        return session.max_units.value if session else None

    def citation(self, item: Cited | Sourced[Any]) -> str:
        """Return the certainty of ``item`` and the keys of its sources."""
        if item.certainty == "unsourced":
            return "UNSOURCED: to be verified"
        return f"{item.certainty}: {', '.join(item.sources)}"

    def references(self, items: Iterable[Cited | Sourced[Any]]) -> list[str]:
        """Return the citation of each key that ``items`` cite, one per line."""
        keys = dict.fromkeys(key for item in items for key in item.sources)
        return [f"{key}: {self.refs[key]}" for key in keys if key in self.refs]

    def _names(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return (name, key) pairs of all anaesthetics, and of all toxins."""
        return (
            [(name, key) for key, drug in self.anaesthetic.items() for name in (key, *drug.names)],
            [(name, key) for key, toxin in self.toxin.items() for name in (key, *toxin.names)],
        )


def parse(text: str, file: str = FILE) -> DrugTable:
    """Read the drug table in TOML ``text`` of ``file``. Raises ProtocolError naming file, key and allowed values."""
    return read(DrugTable, text, file)


@cache
def load() -> DrugTable:
    """Load the drug table that comes with the program."""
    return parse(resources.files("protocols").joinpath(FILE).read_text(encoding="utf-8"))


def needed(item: Sourced[T]) -> T:
    """Return the value of an ``item`` that every valid table has. Raises DoseError if it is missing."""
    if item.value is None:
        raise DoseError(f"The drug table has no value where it must have one: {item.missing}.")
    return item.value


def _need(table: Strict, *keys: str) -> None:
    """Refuse a ``table`` without a value at one of ``keys``, which the calculation needs."""
    for key in keys:
        if getattr(table, key).value is None:
            raise PydanticCustomError("needed", "{key} must have a value; missing is not allowed there", {"key": key})
