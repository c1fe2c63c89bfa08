"""What happens and is written down in a made procedure after the needle's way: drawn, with habits of each operator.

Nobody was treated. Every rate is made up, so that an audit has something to find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from guidance.contracts.events import Alarm, Entry, Record, TimedRecord
from guidance.note.case_sheet import CaseSheet, case_from_toml, save_case
from guidance.note.compose import compose
from guidance.note.event_query import EventQuery
from guidance.note.follow_up import add_follow_up
from guidance.note.signing import sign

_ANSWERS = {
    "patient": "Made Patient", "birth_date": "1970-01-01", "sex": "female", "record_number": "0", "weight_kg": 70,
    "height_cm": 170, "asa_class": "II", "allergies": "none", "supervisor": "none", "consent": "written",
    "risks": "usual", "evaluation": "normal", "diagnosis": "made", "stop_moment": "done", "iv_access": "18 G",
    "position": "supine", "monitors": "ECG", "vital_signs": "72", "premedication": "none", "sedation": "awake",
    "asepsis": "done", "skin_infiltration": "none", "needle_tip": "short", "needle_maker": "made",
    "needle_length_mm": 50, "needle_gauge": 22, "side": "left", "technique": "stimulation", "ultrasound": "no",
    "no_response_below": "0.3 mA", "drug": "ropivacaine", "volume_ml": 10, "epinephrine": "none", "adjunct": "none",
    "aspiration": "no blood", "resistance": "low", "pain": "none", "twitch_loss": "yes", "complications": "none",
    "minimum_current": "not assessed: made up",
}  # fmt: skip
_SOLUTION, _ALIQUOTS, _ML, _MG, _MOST_MG = "ropivacaine 0.5 %", 2, 5.0, 25.0, 210.0


@dataclass(frozen=True, slots=True)
class OperatorHabits:
    """How often, as shares of procedures, what an operator does or meets happens."""

    redirects: float
    pain: float
    blood: float
    injects: float
    twitch_lost: float
    too_close: float
    answers: float
    signs: float
    followed: float
    successful: float


def habits_of(seed: int, site: int, operator: int) -> OperatorHabits:
    """Draw the habits of an operator of a site; the arguments alone decide."""
    rng = np.random.default_rng([seed, 1, site, operator])
    return OperatorHabits(
        redirects=rng.uniform(0.2, 0.6), pain=rng.beta(2.0, 30.0), blood=rng.beta(2.0, 40.0),
        injects=rng.uniform(0.85, 1.0), twitch_lost=rng.beta(30.0, 3.0), too_close=rng.beta(2.0, 30.0),
        answers=rng.beta(60.0, 2.0), signs=rng.beta(20.0, 2.0), followed=rng.uniform(0.4, 1.0),
        successful=rng.beta(20.0, 3.0),
    )  # fmt: skip


def outcome_records(t: float, habits: OperatorHabits, rng: np.random.Generator) -> list[TimedRecord]:
    """Return the entries and alarms after device time ``t`` in s, in their order."""
    return [TimedRecord(t + after, record) for after, record in _outcome(habits, rng)]


def _outcome(habits: OperatorHabits, rng: np.random.Generator) -> Iterator[tuple[float, Record]]:
    """Yield each record and the seconds after the needle's way."""
    plan: dict[str, Any] = {"weight_kg": 70.0, "height_cm": None, "sex": None, "solution": _SOLUTION, "limits": {}}
    yield 0.0, Entry("dose-plan", plan)
    for _ in range(rng.binomial(3, habits.redirects)):
        yield 0.0, Entry("redirect", {})
    if rng.random() < habits.pain:
        yield 0.5, Entry("pain", {})
    if rng.random() < habits.too_close:
        yield 1.0, Alarm("too-close", "high", active=True, text="Made: the tip may be too close.")
        if rng.random() < 0.9:
            yield 1.0 + float(rng.exponential(6.0)), Entry("acknowledge", {})
    if rng.random() >= habits.injects:
        return
    yield 60.0, Entry("aspiration", {"blood": bool(rng.random() < habits.blood), "volume_ml_since_last": 0.0})
    for number in range(1, _ALIQUOTS + 1):
        yield 60.0 + number, _injection(number)
    if rng.random() < habits.twitch_lost:
        yield 70.0, Alarm("twitch-loss", "medium", active=True, text="Made: twitch lost after the injection.")


def _injection(number: int) -> Entry:
    share = _MG * number / _MOST_MG
    return Entry(
        "injection",
        {
            "drug": "ropivacaine", "concentration": "0.5 %", "volume_ml": _ML, "total_volume_ml": _ML * number,
            "mg": {"ropivacaine": _MG}, "total_mg": {"ropivacaine": _MG * number}, "fraction": share,
            "fraction_at_least": share, "aspirated": True, "reason": None, "why": None,
        },
    )  # fmt: skip


def write_paper(
    folder: Path, stream: EventQuery, performer: str, habits: OperatorHabits, rng: np.random.Generator
) -> None:
    """Write case sheet, note and follow-up of the procedure in ``folder``, whose events are ``stream``."""
    case = _case(performer, habits, stream.began, rng)
    save_case(folder, case, None)
    page = compose(stream, case)
    if page.missing or rng.random() >= habits.signs:
        return
    later = stream.at(stream.last_t) + timedelta(hours=float(rng.exponential(8.0)) + 0.2)
    sign(folder, page, case, performer, None, later, despite="made")
    if rng.random() < habits.followed:
        result = "complete" if rng.random() < habits.successful else "failed"
        add_follow_up(folder, {"success": result}, performer, None, later + timedelta(days=1))


def _case(performer: str, habits: OperatorHabits, began: datetime, rng: np.random.Generator) -> CaseSheet:
    """Return a case sheet with every answer, or, of a hasty operator, with some left out."""
    kept = _ANSWERS
    if rng.random() >= habits.answers**2:
        kept = {key: answer for key, answer in _ANSWERS.items() if rng.random() < habits.answers}
    toml = "\n".join(f"{key} = {value!r}" for key, value in {**kept, "performer": performer}.items())
    return case_from_toml(toml, "made", began)
