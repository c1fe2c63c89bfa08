"""The sessions of many plans as one flat table for a registry, with a data dictionary. It names nobody.

Cases are numbers, and days count from the first session of each case. A person with the originals can still recognise
a case.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from guidance.journal.private_files import refuse_existing, write_private
from guidance.treatment.overview import planned_doses
from guidance.treatment.plan import TreatmentPlan
from guidance.treatment.scores import KINDS
from guidance.treatment.sessions import CaseSession, CaseSessions
from guidance.treatment.sheet import target_name


@dataclass(frozen=True, slots=True)
class RegistryColumn:
    """A column of the table: its name, type, unit, allowed values, and meaning."""

    name: str
    type: str
    unit: str
    values: str
    meaning: str


_FIXED = (
    RegistryColumn("case", "integer", "", "1 and more", "number of the case in this table"),
    RegistryColumn("session", "integer", "", "1 and more", "number of the session in its case"),
    RegistryColumn("day", "integer", "d", "0 and more", "days since the first session of the case"),
    RegistryColumn("kind", "text", "", "block, botulinum, injection, biofeedback", "kind of session"),
    RegistryColumn("recorded", "text", "", "here, elsewhere", "whether this program recorded the session"),
    RegistryColumn("simulated", "text", "", "yes, no", "whether the patient was simulated"),
    RegistryColumn("indication", "text", "", "as in the drug table", "what the toxin is planned for"),
    RegistryColumn("product", "text", "", "as in the drug table", "botulinum product; units of products never compare"),
    RegistryColumn("muscle", "text", "", "name of a muscle", "muscle of this row; a session has a row for each"),
    RegistryColumn("units", "number", "U", "above 0", "units of the product in the muscle"),
    RegistryColumn("planned_units", "number", "U", "above 0", "units planned for the muscle today"),
    RegistryColumn("anaesthetic", "text", "", "as in the drug table", "local anaesthetics of the session"),
    RegistryColumn("anaesthetic_mg", "number", "mg", "above 0", "sum of all local anaesthetics of the session"),
    RegistryColumn("exercise_score", "number", "%", "0 to 100", "mean score of the exercise's trials"),
    RegistryColumn("rest_uv", "number", "uV", "0 and more", "muscle at rest, RMS"),
    RegistryColumn("relax_s", "number", "s", "0 and more", "median time to relax"),
)
_SCORES = tuple(
    RegistryColumn(
        kind.key, "number", kind.unit, kind.allowed, f"{kind.title}: mean over places, last on or before the day"
    )
    for kind in KINDS.values()
)
COLUMNS = (*_FIXED, *_SCORES)
"""The columns in their order. An empty cell is not known or does not apply."""


def write_registry(cases: Sequence[tuple[TreatmentPlan, CaseSessions]], path: Path) -> Path:
    """Write the table of ``cases`` to the new ``path`` and its dictionary beside it; return the dictionary's path.

    Raises UserError, UsageError where one of them exists.
    """
    dictionary = path.with_name(f"{path.stem}-dictionary.csv")
    refuse_existing(path)
    refuse_existing(dictionary)
    names = [column.name for column in COLUMNS]
    rows = [row for number, (plan, case) in enumerate(cases, 1) for row in _rows(number, plan, case)]
    write_private(path, _csv(names, [[row.get(name, "") for name in names] for row in rows]))
    fields = ("name", "type", "unit", "values", "meaning")
    write_private(dictionary, _csv(fields, [[getattr(column, name) for name in fields] for column in COLUMNS]))
    return dictionary


def _csv(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue().encode()


def _rows(number: int, plan: TreatmentPlan, case: CaseSessions) -> Iterator[dict[str, str]]:
    planned = {dose.target.key: dose.planned for dose in planned_doses(plan, case)}
    for at, session in enumerate(case.sessions, 1):
        shared = {
            "case": str(number),
            "session": str(at),
            "day": str((session.began.date() - case.sessions[0].began.date()).days),
            **_session(session),
            **_latest_scores(plan, session.began.date()),
        }
        if session.units:
            shared["indication"] = plan.sheet.answers.get("indication", "")
        for muscle, units in session.units.items() or (("", None),):
            name = target_name(muscle)
            known = name if name != muscle.replace("-", " ") else "another muscle" if muscle else ""
            yield shared | {"muscle": known, "units": _text(units), "planned_units": _text(planned.get(muscle))}


def _session(session: CaseSession) -> dict[str, str]:
    visit = session.visit
    return {
        "kind": session.kind,
        "recorded": "here" if session.name else "elsewhere",
        "simulated": "yes" if session.simulated else "no",
        "product": session.product or "",
        "anaesthetic": " + ".join(session.anaesthetic_mg),
        "anaesthetic_mg": _text(sum(session.anaesthetic_mg.values()) or None),
        "exercise_score": _text(visit.mean_score if visit else None),
        "rest_uv": _text(visit.rest_uv if visit else None),
        "relax_s": _text(visit.relax_s if visit else None),
    }


def _latest_scores(plan: TreatmentPlan, day: date) -> dict[str, str]:
    """Return for each scale the mean over its places of the last score on or before ``day``."""
    latest = {score.key: score for visit in plan.visits if visit.day <= day for score in visit.scores}
    by_kind: dict[str, list[float]] = {}
    for key, score in latest.items():
        by_kind.setdefault(key.partition(".")[0], []).append(score.number)
    return {kind: _text(sum(numbers) / len(numbers)) for kind, numbers in by_kind.items()}


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:.6g}"
