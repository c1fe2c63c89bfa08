"""The plan sheet: problem, goal, targets with the reason, planned doses, exercises, review and stop rules.

A user writes it as TOML, as a case sheet. Each muscle or nerve has a table of its own, such as ``[targets.fds]``; first
scores stand in ``[scores]``. It names nobody.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

from guidance.citations import ProtocolError
from guidance.common.errors import UsageError
from guidance.common.folders import text_of_file
from guidance.common.toml import NotToml, tables_of_toml
from guidance.note.field_forms import ChoiceField, DateField, NumberField
from guidance.note.fields import PRODUCTS, SIDES, Field
from guidance.protocol import load
from guidance.protocol.library import load_sheet, names
from guidance.protocol.sheet import BotulinumProtocol, Indication
from guidance.treatment.scores import Score, read_score

PLAN_FIELDS = (
    Field("problem", "Problem", "plan"),
    Field("goal", "Goal", "plan"),
    Field("patient_goal", "Goal in the patient's words", "plan", required=False),
    Field("indication", "Indication of the toxin", "plan", ChoiceField(get_args(Indication)), required=False),
    Field("product", "Product", "plan", PRODUCTS, required=False),
    Field("physiotherapy", "Physiotherapy", "plan", required=False),
    Field("home_exercises", "Exercises at home", "plan", required=False),
    Field("review", "Review", "plan", DateField()),
    Field("stop_rules", "When to stop", "plan"),
)
TARGET_FIELDS = (
    Field("side", "Side", "target", SIDES),
    Field("reason", "Reason", "target"),
    Field("emg", "EMG finding", "target", required=False),
    Field("units", "Planned units", "target", NumberField("U", 0.1, 25000.0), required=False),
    Field("dose", "Planned dose", "target", required=False),
)
_TARGET = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_TARGETS, _SCORES = "targets", "scores"


@dataclass(frozen=True, slots=True)
class PlanTarget:
    """A muscle or nerve of the plan, by its ``key`` such as fds or tibial-knee, and its answers by field."""

    key: str
    answers: Mapping[str, str]

    @property
    def units(self) -> float | None:
        """The planned units of toxin; None if none are planned."""
        text = self.answers.get("units")
        try:
            return float(text) if text is not None else None
        except ValueError:  # "not done: why"
            return None

    @property
    def name(self) -> str:
        """The name of the muscle or nerve, from its protocol where there is one."""
        return target_name(self.key)


@dataclass(frozen=True, slots=True)
class PlanSheet:
    """Answers by key, the targets, and the scores that were entered with it."""

    answers: Mapping[str, str]
    targets: tuple[PlanTarget, ...] = ()
    scores: tuple[Score, ...] = field(default=())


def target_name(key: str) -> str:
    """Return the name of the muscle or nerve ``key``: from the protocol for toxin in it, or from the one called so."""
    for name in (f"botulinum-{key}", key):
        if name in names():
            try:
                sheet = load_sheet(name).sheet
                return sheet.title.partition(", ")[2] or sheet.title if isinstance(sheet, BotulinumProtocol) else (
                    load(name).title
                )  # fmt: skip
            except ProtocolError:  # the site's own change of it is invalid
                break
    return key.replace("-", " ")


def sheet_from_file(path: Path) -> PlanSheet:
    """Read the plan sheet at ``path``. Raises UsageError."""
    try:
        text = text_of_file(path)
    except OSError as fault:
        raise UsageError(f"The plan sheet {path} cannot be read ({fault.strerror}).") from None
    except ValueError:
        raise UsageError(f"The plan sheet {path} is not text in UTF-8.") from None
    return sheet_from_toml(text, str(path))


def sheet_from_toml(text: str, where: str) -> PlanSheet:
    """Read the plan sheet in the TOML ``text`` of the file ``where``. Raises UsageError."""
    try:
        tables = tables_of_toml(text)
    except NotToml as fault:
        raise UsageError(f"{where} is not TOML: {fault}.") from None
    targets, scores = (_table(tables.pop(name, {}), name, where) for name in (_TARGETS, _SCORES))
    answers = _answers(tables, PLAN_FIELDS, where, "")
    if not targets:
        raise UsageError(f"{where}: a plan needs a target, such as [targets.fds] with side and reason.")
    read = tuple(PlanTarget(*_target(key, table, where)) for key, table in targets.items())
    return PlanSheet(answers, read, tuple(read_score(key, str(value)) for key, value in _flat(scores)))


def sheet_to_values(sheet: PlanSheet) -> dict[str, Any]:
    """Return ``sheet`` as values for JSON, without its scores, which stand in a line of their own."""
    return {"answers": dict(sheet.answers), "targets": {each.key: dict(each.answers) for each in sheet.targets}}


def sheet_from_values(stored: Mapping[str, Any]) -> PlanSheet:
    """Return the sheet in ``stored``, which ``sheet_to_values`` made. Raises KeyError, TypeError, AttributeError."""
    return PlanSheet(dict(stored["answers"]), tuple(PlanTarget(key, dict(t)) for key, t in stored["targets"].items()))


def empty_plan_sheet() -> str:
    """Return a plan sheet to fill in, in TOML; every line is a comment."""
    return "\n".join(_empty_lines()) + "\n"


def _empty_lines() -> Iterator[str]:
    yield "# Plan sheet. Delete the leading # to use a line. Name nobody here: names belong in the case sheet."
    yield from _field_lines(PLAN_FIELDS)
    yield "\n# One table for each muscle (fds, biceps, soleus ...) or nerve (a protocol's name, such as tibial-knee):"
    yield "# [targets.fds]"
    yield from _field_lines(TARGET_FIELDS)
    yield "\n# First scores, each with its place: mas, tardieu, range, gas; nrs needs none."
    yield from ("# [scores]", '# mas.finger-flexors = "2"', '# tardieu.finger-flexors = "2 40/95"', "# nrs = 4")


def _field_lines(fields: tuple[Field, ...]) -> Iterator[str]:
    for item in fields:
        yield f'# {item.key} = ""  # {item.label}: {item.form.allowed}{"" if item.required else "; optional"}'


def _target(key: str, table: object, where: str) -> tuple[str, dict[str, str]]:
    if not _TARGET.fullmatch(key):
        raise UsageError(f"{where}: the target {key!r} must be small letters, digits and hyphens, such as fds.")
    found = f"[{_TARGETS}.{key}] "
    return key, _answers(_table(table, f"{_TARGETS}.{key}", where), TARGET_FIELDS, where, found)


def _table(value: object, name: str, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where}: {name} must be a table, such as [{name}].")
    return value


def _answers(table: Mapping[str, Any], fields: tuple[Field, ...], where: str, prefix: str) -> dict[str, str]:
    """Return the answers of ``table`` to ``fields``, in their order. Raises UsageError."""
    by_key = {item.key: item for item in fields}
    for key in table:
        if key not in by_key:
            near = difflib.get_close_matches(key, by_key, 1)
            hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(by_key)}."
            raise UsageError(f"{where}: {prefix}{key!r} is not a key of a plan; {hint}")
    answers = {key: _answer(by_key[key], table[key], where, prefix) for key in by_key if key in table}
    missing = [item.key for item in fields if item.required and item.key not in answers]
    if missing:
        raise UsageError(f"{where}: {prefix}without an answer: {', '.join(missing)}; 'not done: why' is an answer too.")
    return answers


def _answer(item: Field, value: object, where: str, prefix: str) -> str:
    is_one = isinstance(value, str | int | float) or (isinstance(value, date) and not isinstance(value, datetime))
    if not is_one or isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        raise UsageError(f"{where}: {prefix}{item.key} must be one value.")
    try:
        return item.form.read(str(value))
    except ValueError as fault:
        raise UsageError(f"{where}: {prefix}{item.key} {fault}.") from None


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value of nested tables with its keys joined by points: TOML reads ``mas.elbow = 2`` as a table."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}".lower(), value
