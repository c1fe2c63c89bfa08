"""The course of a case over time: scores, symptoms, units, rest, time to relax, as series and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from guidance.common.text import digits
from guidance.treatment.plan import TreatmentPlan
from guidance.treatment.scores import KINDS, title_of
from guidance.treatment.sessions import CaseSessions

_BAR = 24
"""Letters of the longest bar in the terminal."""


@dataclass(frozen=True, slots=True)
class ProgressPoint:
    """A value on a day, and how it was entered."""

    day: date
    number: float
    text: str


@dataclass(frozen=True, slots=True)
class ProgressSeries:
    """A series over time: ``better`` is "less", "more" or empty, ``highest`` the top of its scale, None if it has none.

    ``bars``: the points are amounts of one day each, and no level that lasts.
    """

    title: str
    unit: str
    points: tuple[ProgressPoint, ...]
    better: str = ""
    lowest: float = 0.0
    highest: float | None = None
    bars: bool = False


def progress_of(plan: TreatmentPlan, case: CaseSessions) -> tuple[ProgressSeries, ...]:
    """Return every series of ``plan`` and its sessions that has a point."""
    found = [*_scores(plan), *_doses(case), *_exercises(case)]
    return tuple(series for series in found if series.points)


def progress_lines(series: tuple[ProgressSeries, ...], case: CaseSessions) -> Iterator[str]:
    """Yield ``series`` as text with bars, and what is left out."""
    if not series:
        yield "Nothing to draw yet: no score, no session."
    for one in series:
        yield ""
        yield f"{one.title}, {one.unit}{f' ({one.better} is better)' if one.better else ''}"
        top = one.highest if one.highest is not None else max(point.number for point in one.points)
        span = (top - one.lowest) or 1.0
        for point in one.points:
            length = round(_BAR * min(max((point.number - one.lowest) / span, 0.0), 1.0))
            yield f"  {point.day}  {point.text:>10}  {'█' * length}{'░' * (_BAR - length)}"
    yield from left_out_lines(case)


def left_out_lines(case: CaseSessions) -> Iterator[str]:
    """Yield each procedure under the label that is left out, with the reason."""
    if case.left_out:
        yield ""
    for name, why in case.left_out.items():
        yield f"Left out: {name}. {why}"


def _scores(plan: TreatmentPlan) -> Iterator[ProgressSeries]:
    ends = {"mas": (0.0, 4.0), "nrs": (0.0, 10.0), "gas": (-2.0, 2.0), "tardieu": (0.0, None), "range": (0.0, None)}
    for key in dict.fromkeys(score.key for visit in plan.visits for score in visit.scores):
        points = [
            ProgressPoint(visit.day, score.number, score.text)
            for visit in plan.visits
            for score in visit.scores
            if score.key == key
        ]
        name = key.partition(".")[0]
        kind, (low, high) = KINDS[name], ends[name]
        better = "less" if kind.less_is_better else "more"
        yield ProgressSeries(title_of(key), kind.unit, tuple(points), better, low, high)


def _doses(case: CaseSessions) -> Iterator[ProgressSeries]:
    """Yield the units of each product, never added to those of another."""
    for product in dict.fromkeys(each.product for each in case.toxin):
        points = [
            ProgressPoint(each.began.date(), each.total_units, f"{each.total_units:g} U")
            for each in case.toxin
            if each.product == product
        ]
        yield ProgressSeries(f"Toxin in all muscles, {product}", "units", tuple(points), bars=True)


def _exercises(case: CaseSessions) -> Iterator[ProgressSeries]:
    for exercise in dict.fromkeys(visit.exercise for visit in case.exercises):
        visits = [(_day(visit.wall_time), visit) for visit in case.exercises if visit.exercise == exercise]
        for title, unit, better, values, high in (
            (f"Score of the exercise {exercise}", "%, mean of trials", "more", [v.mean_score for _, v in visits], 100),
            (f"Muscle at rest, {exercise}", "uV", "less", [v.rest_uv for _, v in visits], None),
            (f"Time to relax, {exercise}", "s, median", "less", [v.relax_s for _, v in visits], None),
            (f"Symptom before {exercise}", "of 10", "less", [v.symptoms[0] for _, v in visits], 10),
            (f"Symptom after {exercise}", "of 10", "less", [v.symptoms[1] for _, v in visits], 10),
        ):
            numbers = zip((day for day, _ in visits), values, strict=True)
            points = tuple(ProgressPoint(day, number, digits(number)) for day, number in numbers if number is not None)
            yield ProgressSeries(title, unit, points, better, highest=high)


def _day(wall_time: str) -> date:
    return datetime.fromisoformat(wall_time).date()
