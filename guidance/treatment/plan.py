"""The plan of a case: made once, then only added to. What it holds now is what its lines add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from guidance.common.errors import UsageError, UserError
from guidance.common.text import one_line
from guidance.journal.encryption import EncryptionKey
from guidance.journal.visits import checked_label, keep_label, read_label
from guidance.note.case_sheet import load_case
from guidance.treatment import chained_lines
from guidance.treatment.chained_lines import PLAN_NAME, PlanLine
from guidance.treatment.people import (
    People,
    first_difference,
    load_people,
    people_if_readable,
    refuse_names,
    save_people,
)
from guidance.treatment.scores import Score, read_score
from guidance.treatment.sheet import PlanSheet, sheet_from_values, sheet_to_values

FOLDER = "plans"
"""Folder of a store that holds the plans, one folder for each case label."""
_BEGIN, _SHEET, _SCORES, _OUTSIDE, _ADDENDUM, _ANALYSIS = "plan", "sheet", "scores", "outside", "addendum", "analysis"
_SESSION = "session"


@dataclass(frozen=True, slots=True)
class ScoredVisit:
    """Scores of one day."""

    day: date
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class OutsideSession:
    """A toxin session that another system or paper holds: its day, product and units by muscle."""

    day: date
    product: str
    units: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TreatmentPlan:
    """A plan: its ``sheet`` of today, earlier sheets, scores, outside sessions, and every line as it was entered."""

    label: str
    folder: Path
    sheet: PlanSheet
    since: datetime
    visits: tuple[ScoredVisit, ...]
    outside: tuple[OutsideSession, ...]
    lines: tuple[PlanLine, ...]
    people: People

    @property
    def baseline(self) -> dict[str, Score]:
        """The first score of each scale and place."""
        found: dict[str, Score] = {}
        for visit in self.visits:
            for score in visit.scores:
                found.setdefault(score.key, score)
        return found

    @property
    def revisions(self) -> int:
        """How often the sheet was replaced."""
        return sum(line.kind == _SHEET for line in self.lines) - 1

    @property
    def analyses(self) -> tuple[PlanLine, ...]:
        """The analyses that were added."""
        return tuple(line for line in self.lines if line.kind == _ANALYSIS)

    @property
    def addenda(self) -> tuple[PlanLine, ...]:
        """The addenda in words."""
        return tuple(line for line in self.lines if line.kind == _ADDENDUM)


@dataclass(frozen=True, slots=True)
class Author:
    """Who adds to a plan: the name, the key that encrypts names, and the time."""

    name: str
    key: EncryptionKey | None
    now: datetime


def folder_of_plan(store: Path, label: str) -> Path:
    """Return the folder of the plan of the case ``label``. Raises UsageError."""
    return store / FOLDER / checked_label(label)


def has_plan(store: Path, label: str) -> bool:
    """Return whether ``store`` has a plan of the case ``label``."""
    return (folder_of_plan(store, label) / PLAN_NAME).is_file()


def plan_labels(store: Path) -> list[str]:
    """Return the case labels that have a plan in ``store``. Raises UserError."""
    try:
        found = sorted((store / FOLDER).iterdir()) if (store / FOLDER).is_dir() else []
    except OSError as fault:
        raise UserError(f"The plans in {store} cannot be read ({fault.strerror}).") from None
    return [folder.name for folder in found if (folder / PLAN_NAME).is_file() and not folder.is_symlink()]


def new_plan(store: Path, label: str, sheet: PlanSheet, people: People, author: Author) -> TreatmentPlan:
    """Make the plan of the case ``label``. Raises UsageError if there is one, or if ``sheet`` names the patient."""
    folder = folder_of_plan(store, label)
    if (folder / PLAN_NAME).exists():
        raise UsageError(f"There is a plan {label} already; change it with 'needle-guidance plan revise'.")
    people, number = people.with_author(author.name)
    _refuse_names_in(sheet, people)
    try:
        for each in (store, folder.parent, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise UserError(f"The plan cannot be made in {folder.parent} ({fault.strerror}).") from None
    save_people(folder, people, author.key)
    chained_lines.create(folder, _BEGIN, number, author.now, {"label": label})
    chained_lines.append(folder, _SHEET, number, author.now, sheet_to_values(sheet))
    if sheet.scores:
        _append_scores(folder, sheet.scores, author.now.date(), number, author.now)
    return load_plan(store, label, author.key)


def load_plan(store: Path, label: str, key: EncryptionKey | None = None) -> TreatmentPlan:
    """Load the plan of the case ``label``; without the ``key`` of encrypted names, without names.

    Raises UsageError where there is none, UserError where it was changed, cut short, or is of another version.
    """
    folder = folder_of_plan(store, label)
    lines = chained_lines.read(folder)
    first = lines[0].fields if lines else {}
    if first.get("version") != chained_lines.VERSION:
        raise UserError(
            f"The plan {label} is of version {first.get('version')}; "
            f"this program reads version {chained_lines.VERSION}."
        )
    if first.get("label") != label:
        raise UserError(f"The plan in {folder} is of the case {one_line(str(first.get('label')))}; move it back.")
    try:
        sheets = [sheet_from_values(line.fields) for line in lines if line.kind == _SHEET]
        visits = sorted((_visit(line.fields) for line in lines if line.kind == _SCORES), key=lambda each: each.day)
        outside = [_outside(line.fields) for line in lines if line.kind == _OUTSIDE]
        since = datetime.fromisoformat(lines[0].at)
        people = people_if_readable(folder, key)
        return TreatmentPlan(label, folder, sheets[-1], since, tuple(visits), tuple(outside), lines, people)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, UsageError):
        raise UserError(
            f"The plan {label} has a line that this program cannot read; use the one that wrote it."
        ) from None


def revise(store: Path, label: str, sheet: PlanSheet, why: str, author: Author) -> None:
    """Replace the sheet of the plan, and state ``why``; the earlier one stays. Raises UserError."""
    people, number = _author_of(store, label, author)
    _refuse_names_in(sheet, people)
    reason = _needed(why, "--why", people)
    folder = folder_of_plan(store, label)
    chained_lines.append(folder, _SHEET, number, author.now, sheet_to_values(sheet) | {"why": reason})
    if sheet.scores:
        _append_scores(folder, sheet.scores, author.now.date(), number, author.now)


def add_scores(store: Path, label: str, scores: Sequence[Score], day: date, author: Author) -> None:
    """Add ``scores`` of ``day``. Raises UserError; UsageError without scores, or for a day in the future."""
    if not scores:
        raise UsageError("Enter a score with --set, such as --set mas.elbow-flexors=2.")
    _refuse_future(day, author.now)
    _, number = _author_of(store, label, author)
    _append_scores(folder_of_plan(store, label), scores, day, number, author.now)


def add_outside_session(store: Path, label: str, session: OutsideSession, author: Author) -> None:
    """Add a toxin session that this program did not record. Raises UserError; UsageError for a day in the future."""
    _refuse_future(session.day, author.now)
    _, number = _author_of(store, label, author)
    fields = {"day": session.day.isoformat(), "product": session.product, "units": dict(session.units)}
    chained_lines.append(folder_of_plan(store, label), _OUTSIDE, number, author.now, fields)


def add_session(store: Path, label: str, procedure: Path, author: Author, *, relabel: bool) -> None:
    """Hang the recorded ``procedure`` on the plan: give it the case label, and add a line that states it.

    Raises UserError; UsageError where the procedure has another label and ``relabel`` is not set.
    """
    people, number = _author_of(store, label, author)
    before = read_label(procedure)
    if before == label:
        raise UsageError(f"{procedure.name} has the case label {label} already.")
    if before is not None and not relabel:
        raise UsageError(f"{procedure.name} is a session of the case {before}; to move it to {label}, add --relabel.")
    what = first_difference(people.answers, load_case(procedure, author.key).answers)
    if what is not None:
        raise UsageError(
            f"{procedure.name} has another {what} in its case sheet than the plan {label}; mend one of them."
        )
    folder = folder_of_plan(store, label)
    chained_lines.append(folder, _SESSION, number, author.now, {"procedure": procedure.name, "before": before})
    keep_label(procedure, label)


def add_addendum(store: Path, label: str, text: str, author: Author) -> None:
    """Add ``text``. Raises UserError; UsageError if it is empty or names the patient."""
    people, number = _author_of(store, label, author)
    folder = folder_of_plan(store, label)
    chained_lines.append(folder, _ADDENDUM, number, author.now, {"text": _needed(text, "An addendum", people)})


def add_analysis(store: Path, label: str, files: Sequence[str], text: str, now: datetime) -> None:
    """Add the ``text`` of an analysis of ``files``, which the program made. Raises UserError."""
    load_plan(store, label)
    fields = {"files": [Path(each).name for each in files], "text": one_line(text)}
    chained_lines.append(folder_of_plan(store, label), _ANALYSIS, None, now, fields)


def _append_scores(folder: Path, scores: Sequence[Score], day: date, number: int, now: datetime) -> None:
    values = {score.key: score.text for score in scores}
    chained_lines.append(folder, _SCORES, number, now, {"day": day.isoformat(), "scores": values})


def _author_of(store: Path, label: str, author: Author) -> tuple[People, int]:
    """Return the names of the plan with ``author`` among them, and the number of ``author``. Raises UserError."""
    load_plan(store, label)
    folder = folder_of_plan(store, label)
    known = load_people(folder, author.key)
    people, number = known.with_author(author.name)
    if people != known:
        save_people(folder, people, author.key)
    return people, number


def _needed(text: str, what: str, people: People) -> str:
    line = one_line(text)
    if not line:
        raise UsageError(f"{what} needs text.")
    refuse_names(line, people)
    return line


def _refuse_names_in(sheet: PlanSheet, people: People) -> None:
    for text in (*sheet.answers.values(), *(text for each in sheet.targets for text in each.answers.values())):
        refuse_names(text, people)


def _refuse_future(day: date, now: datetime) -> None:
    if day > now.date():
        raise UsageError(f"--on {day} is in the future; today is {now.date()} by this computer's clock.")


def _visit(fields: Mapping[str, Any]) -> ScoredVisit:
    scores = tuple(read_score(key, text) for key, text in fields["scores"].items())
    return ScoredVisit(date.fromisoformat(fields["day"]), scores)


def _outside(fields: Mapping[str, Any]) -> OutsideSession:
    units = {str(key): float(value) for key, value in fields["units"].items()}
    return OutsideSession(date.fromisoformat(fields["day"]), str(fields["product"]), units)
