"""What to practise at home: the exercise of the visit without the device, and what the therapist adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guidance.common.text import one_line
from guidance.journal.visits import Visit

_HOW = {
    "relax": (
        "Sit or lie as you did here. Tense the muscle a little for {ready:.0f} seconds, then let it go",
        "Stay loose for {work:.0f} seconds, then rest for {pause:.0f} seconds",
    ),
    "contract-hold": (
        "Tense the muscle and hold it for {hold:.0f} seconds",
        "Let go and rest for {pause:.0f} seconds",
    ),
    "work-rest": (
        "Tense the muscle for {work:.0f} seconds",
        "Let go and rest for {pause:.0f} seconds",
    ),
    "antagonist-quiet": (
        "Tense the first muscle for {work:.0f} seconds; lay a hand on the second, which stays soft",
        "Let go and rest for {pause:.0f} seconds",
    ),
    "discriminate": (
        "Tense the muscle for {work:.0f} seconds: a little, then half of your strength, then three quarters",
        "Let go and rest for {pause:.0f} seconds after each",
    ),
}
"""The steps of an exercise by its name."""
_READY_S = 3.0
"""A light effort before the muscle is let go, as in a trial."""


@dataclass(frozen=True, slots=True)
class HomeAdvice:
    """What the therapist adds: ``times_a_day``, and a ``sentence``; None where nothing was added."""

    times_a_day: int | None = None
    sentence: str | None = None


def home_programme(visit: Visit, advice: HomeAdvice) -> Iterator[str]:
    """Yield the lines of the home programme after ``visit``; its numbers are those of the visit."""
    steps = _HOW.get(visit.exercise)
    if steps is None or visit.work_s is None or visit.pause_s is None or visit.trials is None:
        return
    times = {"ready": _READY_S, "work": visit.work_s, "pause": visit.pause_s, "hold": visit.hold_s or visit.work_s}
    often = "____ (your therapist fills this in)" if advice.times_a_day is None else f"{advice.times_a_day}"
    yield from ("", "## To practise at home", "")
    yield from (f"{number}. {step.format(**times)}." for number, step in enumerate(steps, 1))
    yield f"3. Do this {visit.trials} times, as here."
    yield ""
    yield f"Times a day: {often}."
    if advice.sentence:
        yield from ("", f"From your therapist: {one_line(advice.sentence)}")
    yield ""
    yield "Stop if it hurts, and report it to your therapist."
    yield from ("", "| Day | Done, how often | Symptom before, 0 to 10 | after |", "| --- | --- | --- | --- |")
    yield from ("| | | | |" for _ in range(7))
