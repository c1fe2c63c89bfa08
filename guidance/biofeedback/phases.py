"""The phases of a visit: how long each lasts, and the words that the patient reads in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from guidance.biofeedback.calibration import RestLevel
from guidance.biofeedback.plan import ExercisePlan, LevelGoal
from guidance.common.text import digits

PREPARE_S, READY_S, RECOVER_S = 3.0, 3.0, 6.0
"""Length of these phases (unsourced)."""

SYMPTOM = "symptom"
"""The phase that waits for a symptom score; its time is 0 s, as it lasts until the operator enters one."""


@dataclass(frozen=True, slots=True)
class ExercisePhase:
    """A phase: ``name`` is symptom, prepare, rest, ready, effort, recover, work, pause or done.

    ``prompt`` has few words, legible across a room; ``do`` is a sentence. The phase concerns muscle ``channel`` and
    ``trial`` (None in calibration).
    """

    name: str
    seconds: float
    prompt: str
    do: str
    channel: int = 0
    trial: int | None = None


PREPARE = ExercisePhase("prepare", PREPARE_S, "WAIT", "Sit still. We start in a moment.")
DONE = ExercisePhase("done", 0.0, "WELL DONE", "This visit is finished.")
"""The last phase of a visit; it has no end of its own, so its time is 0 s."""

_WORK = {
    "relax": ("LET GO", "Let the muscle go. Keep the bar below the line."),
    "contract-hold": ("HOLD", "Tense the muscle. Bring the bar above the line and hold it there."),
    "work-rest": ("TENSE", "Tense the muscle. Keep the bar above the line."),
    "antagonist-quiet": ("TENSE", "Tense the first muscle above its line, and keep the second below its own."),
    "discriminate": ("HOLD", "Bring the bar between the two lines and hold it there."),
}
_SYMPTOM = "How strong is the symptom now? 0 is none, 10 the worst. Digits or up and down, then Enter; s skips."


def symptom(when: str) -> ExercisePhase:
    """Return the phase that asks for the symptom score ``before`` or ``after`` the exercise."""
    return ExercisePhase(SYMPTOM, 0.0, "SCORE", f"{when.capitalize()} the exercise: {_SYMPTOM}")


def ready(plan: ExercisePlan, trial: int) -> ExercisePhase:
    """Return the phase before ``trial``: a light effort before the muscle is let go, the level before it is held."""
    which = f"Trial {trial} of {plan.trials}"
    goal = plan.goal_of(trial)
    if plan.line_from_rest:
        return ExercisePhase(
            "ready", READY_S, "TENSE", f"{which}: tense the muscle a little, then let go.", trial=trial
        )
    if goal is None:
        return ExercisePhase("ready", READY_S, "GET SET", f"{which} comes next.", trial=trial)
    by_feel = " The bar will be hidden: judge it by feel." if goal.is_hidden else ""
    do = f"{which}: {goal.percent:.0f} % of your strongest effort comes next.{by_feel}"
    return ExercisePhase("ready", READY_S, "GET SET", do, trial=trial)


def work(plan: ExercisePlan, trial: int, rest: RestLevel | None, line_uv: float | None) -> ExercisePhase:
    """Return the phase that is scored; where the line comes from ``rest``, both stand in the sentence in uV."""
    prompt, do = _WORK[plan.exercise]
    goal = plan.goal_of(trial)
    if plan.line_from_rest and rest is not None and line_uv is not None:
        do = f"{do} Your rest: {digits(rest.mean_uv)} uV; the line: {digits(line_uv)} uV."
    if goal is not None:
        do = f"{do} The goal: {goal.percent:.0f} %."
        if goal.is_hidden:
            do = f"Hold {goal.percent:.0f} % of your strongest effort by feel. The bar is hidden."
    return ExercisePhase("work", plan.work_s, prompt, do, trial=trial)


def pause(plan: ExercisePlan, trial: int, goal: LevelGoal | None, level_percent: float | None) -> ExercisePhase:
    """Return the pause after ``trial``; after a level it states how far the effort was from its goal."""
    do = "Let go and rest."
    if goal is not None:
        reached = "not known" if level_percent is None else f"{level_percent:.0f} %"
        do = f"Let go and rest. The goal was {goal.percent:.0f} %, you held {reached}."
    return ExercisePhase("pause", plan.pause_s, "REST", do, trial=trial)


def done(rest: RestLevel | None, relax_s: float | None) -> ExercisePhase:
    """Return the last phase, with the resting activity and the median time to relax of this visit."""
    if rest is None:
        return DONE
    time_to_relax = "" if relax_s is None else f", time to relax: {relax_s:.1f} s"
    return replace(DONE, do=f"{DONE.do} At rest: {digits(rest.mean_uv)} uV{time_to_relax}.")
