"""A page about the plan for the patient, in plain words and without names or medical claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from guidance.citations import ProtocolError
from guidance.dose.site import table_here
from guidance.note.fields import BIOFEEDBACK, BOTULINUM
from guidance.treatment.plan import TreatmentPlan
from guidance.treatment.progress import ProgressPoint, ProgressSeries, progress_of
from guidance.treatment.sessions import CaseSession, CaseSessions
from guidance.treatment.sheet import PlanTarget

_BAR = 20
"""Letters of a full bar."""
_SESSIONS = {
    BOTULINUM: "botulinum toxin",
    BIOFEEDBACK: "an exercise with electrodes on the skin",
    "block": "a nerve was numbed",
    "injection": "an injection",
}
_SCALES = {
    "Modified Ashworth": ("How stiff", "0 is not stiff, 4 is most"),
    "Tardieu, R2 - R1": ("How early the muscle catches", "in degrees; 0 is not at all"),
    "Pain (NRS)": ("Pain", "0 is none, 10 is the worst you can think of"),
    "Range of motion": ("How far it moves", "in degrees"),
    "Goal attainment": ("How far your goal is reached", "0 is as planned, 2 much more, -2 much less"),
}
_TOXIN = "Botulinum toxin weakens a muscle for some weeks; after that its strength and its stiffness come back."
_CLOSING = (
    "This page shows what was planned and measured. It is no diagnosis, and it does not replace a talk with your "
    "team: ask them whatever is unclear. The numbers differ a little from day to day, so small steps mean little. The "
    "program that made the page is research software, not a medical device."
)


@dataclass(frozen=True, slots=True)
class PagePart:
    """A part of the patient's page: a heading and its lines."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientPage:
    """The page: title, warnings, and parts that are not empty."""

    title: str
    banners: tuple[str, ...]
    parts: tuple[PagePart, ...]


def patient_page(plan: TreatmentPlan, case: CaseSessions, today: datetime) -> PatientPage:
    """Return the patient's page of ``plan`` as of ``today``."""
    answers = plan.sheet.answers
    goal = answers.get("patient_goal") or answers["goal"]
    parts = (
        PagePart("What you want to reach", (goal,)),
        PagePart("What is planned", tuple(_planned(plan.sheet.targets))),
        PagePart("With your therapist", (answers["physiotherapy"],) if "physiotherapy" in answers else ()),
        PagePart("At home", (answers["home_exercises"],) if "home_exercises" in answers else ()),
        PagePart("How it is going", tuple(_going(plan, case))),
        PagePart("What was done", (*map(_done, case.sessions), *([_TOXIN] if case.toxin else []))),
        PagePart("What comes next", tuple(_next(plan, case, today))),
        PagePart("When to stop, and when to call us", (answers["stop_rules"],)),
        PagePart("Good to know", (_CLOSING,)),
    )
    banners = ("This was a simulated person, not you.",) if case.simulated else ()
    return PatientPage("Your treatment plan", banners, tuple(part for part in parts if part.lines))


def patient_markdown(page: PatientPage) -> str:
    """Return ``page`` in Markdown."""
    lines = [f"# {page.title}", ""]
    for banner in page.banners:
        lines += [f"**{banner}**", ""]
    for part in page.parts:
        mark = "- " if len(part.lines) > 1 else ""
        lines += [f"## {part.title}", "", *(f"{mark}{line}" for line in part.lines), ""]
    return "\n".join(lines)


def _planned(targets: tuple[PlanTarget, ...]) -> Iterator[str]:
    for target in targets:
        what = "an injection into" if target.units is not None else "treatment of"
        yield f"{what} the {target.name}, {target.answers['side']}".capitalize()


def _going(plan: TreatmentPlan, case: CaseSessions) -> Iterator[str]:
    for series in progress_of(plan, case):
        words = _plain_words(series)
        if words is None:
            continue
        title, scale = words
        first, last = series.points[0], series.points[-1]
        then = f" on {_day(first)}" if len(series.points) > 1 else ""
        now = f", {_shown(series, last)} on {_day(last)}" if len(series.points) > 1 else ""
        bar = "" if series.highest is None else f"  {_bar(series, last)}"
        yield f"{title}: {_shown(series, first)}{then}{now} ({scale}).{bar}"


def _shown(series: ProgressSeries, point: ProgressPoint) -> str:
    """Return the value as entered, but for Tardieu's three numbers the one that is drawn."""
    return f"{point.number:g}" if series.title.startswith("Tardieu") else point.text


def _plain_words(series: ProgressSeries) -> tuple[str, str] | None:
    """Return the title and the scale of ``series`` for a patient; None for one that would mean nothing to most."""
    scale = next((key for key in _SCALES if series.title.startswith(key)), None)
    if scale is not None:
        title, words = _SCALES[scale]
        return f"{title}{series.title.removeprefix(scale)}", words
    if series.title.startswith("Score of the exercise"):
        return "How much of the exercise you reached", "100 is all of it"
    if series.title.startswith("Time to relax"):
        return "Seconds until the muscle let go", "less is quicker"
    return None


def _done(session: CaseSession) -> str:
    reached = ""
    if session.visit is not None and session.visit.scores:
        reached = f": you reached {session.visit.reached} of {len(session.visit.scores)} trials"
    muscles = ", ".join(PlanTarget(key, {}).name for key in session.units)
    into = f", into the {muscles}" if muscles else ""
    return f"{session.began:%Y-%m-%d}: {_SESSIONS.get(session.kind, 'a session')}{into}{reached}."


def _next(plan: TreatmentPlan, case: CaseSessions, today: datetime) -> Iterator[str]:
    review = plan.sheet.answers["review"]
    overdue = review[:4].isdigit() and review < f"{today:%Y-%m-%d}"
    yield (
        f"The plan was to be looked at again on {review}: please ask for a date."
        if overdue
        else (f"We look at the plan again on {review}.")
    )
    weeks = _weeks(plan)
    if case.toxin and weeks is not None:
        earliest = case.toxin[-1].began + timedelta(weeks=weeks)
        yield f"The next botulinum toxin is not planned before {earliest:%Y-%m-%d}, {weeks:g} weeks after the last one."


def _weeks(plan: TreatmentPlan) -> float | None:
    """Return the weeks between two sessions of the plan's product; None where the drug table names none."""
    try:
        table = table_here().table
    except ProtocolError:
        return None
    product = table.known_toxin(plan.sheet.answers.get("product"))
    sessions = table.toxin[product].sessions if product else {}
    found = next((each for name, each in sessions.items() if name == plan.sheet.answers.get("indication")), None)
    return found.reinject_weeks.value if found else None


def _bar(series: ProgressSeries, point: ProgressPoint) -> str:
    share = (point.number - series.lowest) / ((series.highest or 1.0) - series.lowest)
    length = round(_BAR * min(max(share, 0.0), 1.0))
    return "█" * length + "░" * (_BAR - length)


def _day(point: ProgressPoint) -> str:
    return f"{point.day:%Y-%m-%d}"
