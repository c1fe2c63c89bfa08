"""A plan in words: for the terminal and its screen page, in parts, and for paper as a page with tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from guidance.dose.site import table_here
from guidance.note.fields import BOTULINUM
from guidance.note.page import NoteItem, NotePage, Section, Table, sentence
from guidance.protocol.library import load_sheet, names
from guidance.protocol.sheet import BotulinumProtocol
from guidance.treatment.plan import TreatmentPlan
from guidance.treatment.progress import left_out_lines
from guidance.treatment.scores import Score
from guidance.treatment.sessions import CaseSession, CaseSessions
from guidance.treatment.sheet import PLAN_FIELDS, PlanTarget

SIMULATION = "SIMULATED PATIENT: nobody was treated."
DISCLAIMER = "Research software, not a medical device."
_HEAD = ("muscle or nerve", "side", "planned", "last session", "change", "limit", "reason", "EMG finding")


@dataclass(frozen=True, slots=True)
class PlannedDose:
    """A target of the plan: its planned units, those of the last toxin session, and the most of its protocol.

    None is not planned, not given, and no limit.
    """

    target: PlanTarget
    planned: float | None
    last: float | None
    most: float | None

    @property
    def is_over(self) -> bool:
        """Whether more is planned than the limit of the muscle."""
        return self.planned is not None and self.most is not None and self.planned > self.most


def planned_doses(plan: TreatmentPlan, case: CaseSessions) -> tuple[PlannedDose, ...]:
    """Return each target of ``plan`` against the last toxin session; another product's units are not compared."""
    table = table_here().table
    product = table.known_toxin(plan.sheet.answers.get("product"))
    last = case.toxin[-1] if case.toxin else None
    same = last is not None and (product is None or table.known_toxin(last.product) == product)
    units = last.units if last is not None and same else {}
    return tuple(
        PlannedDose(target, target.units, units.get(target.key), _most_units(target.key, product))
        for target in plan.sheet.targets
    )


def overview_lines(plan: TreatmentPlan, case: CaseSessions) -> Iterator[str]:
    """Yield the whole plan as text."""
    page = overview_page(plan, case)
    yield page.title
    yield from page.banners
    for section in page.sections:
        yield ""
        yield section.title
        for item in section.items:
            yield f"  {item.label}: {' '.join(part.text for part in item.sentences)}"
        if section.table:
            yield from _table_lines(section.table)


def overview_page(plan: TreatmentPlan, case: CaseSessions) -> NotePage:
    """Return the plan as a page: plan, targets, scores, sessions, what was added, and what is left out."""
    banners = [DISCLAIMER, *([SIMULATION] if case.simulated else []), *_dose_warnings(plan, case)]
    labels = {field.key: field.label for field in PLAN_FIELDS}
    answers = tuple(NoteItem(labels[key], (sentence(text),)) for key, text in plan.sheet.answers.items())
    doses = Table(_HEAD, tuple(_dose_row(dose) for dose in planned_doses(plan, case)))
    begun = f"Begun {plan.since:%Y-%m-%d}, changed {plan.revisions} times."
    sections = [
        Section("Plan", (*answers, NoteItem("This plan", (sentence(begun),)))),
        Section("Targets: planned doses against the last session", (), doses),
        Section("Scores: first and latest", (), Table(("score", "first", "latest"), tuple(_score_rows(plan)))),
        Section("Sessions", (), Table(("day", "session", "given"), tuple(map(_session_row, case.sessions)))),
        Section("Added later", tuple(_additions(plan))),
        Section("Left out", tuple(NoteItem("Procedure", (sentence(t),)) for t in left_out_lines(case) if t)),
    ]
    filled = tuple(part for part in sections if part.items or (part.table and part.table.rows))
    return NotePage(f"Treatment plan {plan.label}", _patient(plan), filled, banners=tuple(banners))


def _patient(plan: TreatmentPlan) -> str:
    return plan.people.answers.get("patient", f"case {plan.label}")


def _dose_warnings(plan: TreatmentPlan, case: CaseSessions) -> Iterator[str]:
    doses = planned_doses(plan, case)
    for dose in doses:
        if dose.is_over:
            yield f"OVER THE LIMIT: {dose.target.name}, {dose.planned:g} U planned, at most {dose.most:g} U."
    planned = [dose.planned for dose in doses if dose.planned is not None]
    table = table_here().table
    product, indication = table.known_toxin(plan.sheet.answers.get("product")), plan.sheet.answers.get("indication")
    sessions = table.toxin[product].sessions if product else {}
    session = next((each for name, each in sessions.items() if name == indication), None)
    most = session.max_units.value if session else None
    if most is not None and sum(planned) > most:
        yield f"OVER THE LIMIT: {sum(planned):g} U planned in all, at most {most:g} U for {indication}."
    if planned and product is None:
        yield "Units are planned without a product: no limit can be shown, and none is compared."


def _dose_row(dose: PlannedDose) -> tuple[str, ...]:
    planned = dose.target.answers.get("dose") or _units(dose.planned)
    change = "" if dose.planned is None or dose.last is None else f"{dose.planned - dose.last:+g} U"
    answers = dose.target.answers
    return (
        dose.target.name, answers["side"], planned, _units(dose.last), change,
        "no source" if dose.most is None and dose.planned is not None else _units(dose.most),
        answers["reason"], answers.get("emg", "not recorded"),
    )  # fmt: skip


def _score_rows(plan: TreatmentPlan) -> Iterator[tuple[str, ...]]:
    for key, first in plan.baseline.items():
        day = next(visit.day for visit in plan.visits if first in visit.scores)
        latest = [(visit.day, score) for visit in plan.visits for score in visit.scores if score.key == key][-1]
        yield first.title, _scored(day, first), _scored(*latest) if latest[0] != day else "none later"


def _scored(day: object, score: Score) -> str:
    return f"{score.text} ({day})"


def _session_row(session: CaseSession) -> tuple[str, ...]:
    name = session.name or "recorded elsewhere"
    return f"{session.began:%Y-%m-%d}", f"{session.title} ({name})", given_words(session)


def given_words(session: CaseSession) -> str:
    """Return what was given or reached in ``session``, in words."""
    if session.units:
        muscles = ", ".join(f"{PlanTarget(key, {}).name} {units:g} U" for key, units in session.units.items())
        return f"{session.product or 'product not recorded'}: {muscles}"
    if session.kind == BOTULINUM:
        return "units not on record"
    if session.visit is not None:
        return f"{session.visit.reached} of {len(session.visit.scores)} trials reached"
    return ", ".join(f"{mg:g} mg {drug}" for drug, mg in session.anaesthetic_mg.items()) or "no dose on record"


def _additions(plan: TreatmentPlan) -> Iterator[NoteItem]:
    for line in plan.lines:
        at = datetime.fromisoformat(line.at)
        label = f"{at:%Y-%m-%d %H:%M}, {plan.people.author(line.author)}"
        if line.kind == "addendum":
            yield NoteItem(label, (sentence(str(line.fields["text"])),))
        elif line.kind == "analysis":
            files = ", ".join(map(str, line.fields["files"]))
            yield NoteItem(label, (sentence(f"Analysis of {files}: {line.fields['text']}"),))
        elif line.kind == "sheet" and "why" in line.fields:
            yield NoteItem(label, (sentence(f"Plan changed: {line.fields['why']}"),))


def _table_lines(table: Table) -> Iterator[str]:
    rows = [table.header, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _units(units: float | None) -> str:
    return "-" if units is None else f"{units:g} U"


def _most_units(muscle: str, product: str | None) -> float | None:
    """Return the most units of ``product`` in ``muscle`` by its protocol; None where no source names any."""
    name = f"botulinum-{muscle}"
    sheet = load_sheet(name).sheet if product and name in names() else None
    limits = sheet.limits if isinstance(sheet, BotulinumProtocol) else {}
    return next((each.muscle_max_u.value for key, each in limits.items() if key == product), None)
