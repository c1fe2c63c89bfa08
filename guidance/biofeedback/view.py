"""What a screen shows of an exercise now."""

from __future__ import annotations

import math

from guidance.biofeedback.scoring import GRACE_S
from guidance.biofeedback.trial_sequence import TrialSequence
from guidance.contracts.snapshot import ExerciseView, MuscleView

_PREPARING = ("prepare", "ready")


def training_view(course: TrialSequence, envelope_uv: tuple[float, ...], why: tuple[str, ...]) -> ExerciseView:
    """``envelope_uv`` of each muscle now, NaN where it is not known; then ``why``, in words."""
    phase, plan = course.phase, course.plan
    scored = [found.share for found in course.scores]
    return ExerciseView(
        exercise=plan.exercise,
        phase="failed" if course.failed else phase.name,
        prompt="STOPPED" if course.failed else "WAIT" if course.waiting else phase.prompt,
        do=course.failed or ("The signal is missing: attach the electrode." if course.waiting else phase.do),
        hint=course.hint,
        left_s=course.left_s if phase.seconds else None,
        seconds=phase.seconds,
        trial=phase.trial,
        trials=plan.trials,
        scores=tuple(scored),
        muscles=tuple(_muscle(course, at, value, why[at]) for at, value in enumerate(envelope_uv)),
        wants_above=plan.wants_above if phase.name in ("work", *_PREPARING) else False,
        scoring=phase.name == "work" and phase.seconds - course.left_s >= GRACE_S,
    )


def _muscle(course: TrialSequence, at: int, value: float, why: str) -> MuscleView:
    largest_uv, line_uv, rest = course.largest_uv[at], course.lines_uv[at], course.rests[at]
    return MuscleView(
        name=course.names[at],
        envelope_uv=None if math.isnan(value) else value,
        rest_uv=rest.limit_uv if rest else None,
        largest_uv=largest_uv,
        line_uv=line_uv,
        why=why if math.isnan(value) else None,
    )
