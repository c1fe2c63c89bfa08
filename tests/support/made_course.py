"""A made case: four toxin sessions and two biofeedback visits under one label, and its plan. Nobody was treated."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from guidance.biofeedback.records import MuscleCalibration, PhaseRecord, TrialRecord
from guidance.journal.visits import write_label
from guidance.note.case_sheet import save_case
from guidance.treatment.people import People
from guidance.treatment.plan import Author, TreatmentPlan, add_scores, load_plan, new_plan
from guidance.treatment.scores import read_scores
from guidance.treatment.sheet import sheet_from_toml
from tests.support.case_sheets import sheet
from tests.support.scripted_procedure import ScriptedProcedure

LABEL = "arm-7"
FIRST = datetime.fromisoformat("2026-01-12T10:00:00+00:00")
TODAY = FIRST + timedelta(weeks=52)
TOXIN_WEEKS = (0.0, 13.0, 26.0, 39.0)
TOXIN_UNITS = ({"fds": 50, "fcr": 50}, {"fds": 60, "fcr": 50}, {"fds": 50, "fcr": 40}, {"fds": 40, "fcr": 30})
VISIT_WEEKS = (15.0, 28.0)
SHEET = """
problem = "Clenched fist after a stroke, right hand"
goal = "Passive opening of the hand for washing; splint tolerated at night"
patient_goal = "I want to open my hand so that it can be washed."
indication = "spasticity"
product = "onabotulinumtoxinA"
physiotherapy = "Stretching of the finger flexors twice a week, splint at night."
home_exercises = "Open the hand with the other one, ten times, three times a day."
review = 2027-02-15
stop_rules = "No gain in two sessions in a row, or weakness that hinders: stop. Trouble swallowing: call 112."
[targets.fds]
side = "right"
reason = "Fingers flexed at rest"
emg = "Brisk at rest, not relaxing"
units = 50
[targets.fcr]
side = "right"
reason = "Wrist flexed"
units = 50
[scores]
mas.finger-flexors = "3"
tardieu.finger-flexors = "2 30/90"
range.wrist-extension = 20
gas.washing = -2
nrs = 6
"""
SCORES = {
    13: (
        "nrs=5",
        "mas.finger-flexors=2",
        "tardieu.finger-flexors=2 40/90",
        "range.wrist-extension=30",
        "gas.washing=-1",
    ),
    39: (
        "nrs=3",
        "mas.finger-flexors=1+",
        "tardieu.finger-flexors=1 60/92",
        "range.wrist-extension=45",
        "gas.washing=0",
    ),
}
"""Scores by the week in which they were taken."""
EARLY_PATIENT = {"patient": "Quirina Nachname-Xylander", "birth_date": "1951-07-23", "record_number": "MRN-55-0815"}


def toxin_session(store: Path, week: float, units: dict[str, int], **answers: str) -> Path:
    """Record a toxin session of the case in ``store``."""
    procedure = ScriptedProcedure(protocol="botulinum-fds", channel="fds", began=FIRST + timedelta(weeks=week))
    fields = {"product": "onabotulinumtoxinA", "indication": "spasticity", "most_units": 400.0}
    procedure.entry(0.0, "toxin-plan", **fields)
    names = {"fds": "flexor digitorum superficialis", "fcr": "flexor carpi radialis"}
    total = 0
    for number, (muscle, amount) in enumerate(units.items()):
        total += amount
        procedure.entry(
            10.0 + number, "toxin-units", product="onabotulinumtoxinA", muscle=muscle, name=names.get(muscle, muscle),
            units=float(amount), muscle_units=float(amount), muscle_most_units=None, session_units=float(total),
            session_most_units=400.0, fraction=total / 400, reason=None, text=f"{amount} U {muscle}",
        )  # fmt: skip
    folder = procedure.record_in(store)
    write_label(folder, LABEL)
    if answers:
        save_case(folder, sheet("", **answers), None)
    return folder


def exercise_visit(
    store: Path, week: float, *, rest_uv: float, relax_s: float | None, score: float, symptoms: tuple[int, int] = (5, 4)
) -> Path:
    """Record an exercise of contracting and letting go, whose muscle relaxed in ``relax_s`` after the prompt."""
    procedure = ScriptedProcedure(
        protocol="contract-relax",
        channel="EMG 1",
        began=FIRST + timedelta(weeks=week),
        settings={"training": {"exercise": "work-rest", "hold_s": None, "trials": 3, "work_s": 10.0, "pause_s": 10.0}},
    )
    procedure.entry(0.5, "symptom", when="before", score=symptoms[0])
    procedure.entry(90.0, "symptom", when="after", score=symptoms[1])
    procedure.add(1.0, MuscleCalibration("EMG 1", rest_uv, 0.5, 2 * rest_uv, 200.0, 60.0, (20.0, 250.0)))
    for trial in range(3):
        at = 10.0 + 30.0 * trial
        procedure.add(at, PhaseRecord("work", 10.0, "TENSE", "EMG 1", trial + 1))
        procedure.add(at + 10.0, PhaseRecord("pause", 10.0, "REST", "EMG 1", trial + 1))
        procedure.add(
            at + 21.0,
            TrialRecord(
                trial + 1,
                "work-rest",
                10.0,
                score,
                score > 79,
                80.0,
                (60.0,),
                62.0,
                8.0,
                score,
                None,
                0.0,
                None,
                relax_s,
            ),
        )
    folder = procedure.record_in(store)
    write_label(folder, LABEL)
    return folder


def made_course(store: Path) -> None:
    """Record the four toxin sessions and the two visits."""
    for week, units in zip(TOXIN_WEEKS, TOXIN_UNITS, strict=True):
        toxin_session(store, week, dict(units))
    for week, rest_uv, relax_s, score in zip(VISIT_WEEKS, (12.0, 7.0), (6, 3), (55.0, 85.0), strict=True):
        exercise_visit(store, week, rest_uv=rest_uv, relax_s=relax_s, score=score)


def made_plan(store: Path) -> TreatmentPlan:
    """Make the plan of the case in ``store``, with the scores of ``SCORES`` after those of its sheet."""
    new_plan(store, LABEL, sheet_from_toml(SHEET, "made"), People(), Author("Dr A", None, FIRST))
    for week, entries in SCORES.items():
        now = FIRST + timedelta(weeks=week)
        add_scores(store, LABEL, read_scores(entries), now.date(), Author("Dr A", None, now))
    return load_plan(store, LABEL)
