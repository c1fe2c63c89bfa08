"""The part of a snapshot that shows an exercise."""

from __future__ import annotations

import math

from guidance.biofeedback.scoring import GRACE_S
from guidance.biofeedback.trial_sequence import TrialSequence
from guidance.contracts.task_views import ExerciseView, MuscleView

_PREPARING = ("prepare", "ready")


def exercise_view(sequence: TrialSequence, envelope_uv: tuple[float, ...], why: tuple[str, ...]) -> ExerciseView:
    """Return the view of ``sequence``; ``envelope_uv`` of a muscle is NaN if not known, with its reason in ``why``."""
    phase, plan = sequence.phase, sequence.plan
    goal = plan.goal_of(phase.trial) if phase.trial else None
    return ExerciseView(
        exercise=plan.exercise,
        phase="failed" if sequence.failed else phase.name,
        prompt="STOPPED" if sequence.failed else "WAIT" if sequence.waiting else phase.prompt,
        do=sequence.failed or ("The signal is missing: attach the electrode." if sequence.waiting else phase.do),
        hint=sequence.hint,
        left_s=sequence.left_s if phase.seconds else None,
        seconds=phase.seconds,
        trial=phase.trial,
        trials=plan.trials,
        scores=tuple(score.share for score in sequence.scores),
        muscles=tuple(_muscle(sequence, at, value, why[at]) for at, value in enumerate(envelope_uv)),
        wants_above=plan.wants_above if phase.name in ("work", *_PREPARING) else False,
        scoring=phase.name == "work" and phase.seconds - sequence.left_s >= GRACE_S,
        hidden=phase.name == "work" and goal is not None and goal.is_hidden,
    )


def _muscle(sequence: TrialSequence, at: int, value: float, why: str) -> MuscleView:
    largest_uv, line_uv, rest = sequence.largest_uv[at], sequence.lines_uv[at], sequence.rests[at]
    return MuscleView(
        name=sequence.names[at],
        envelope_uv=None if math.isnan(value) else value,
        rest_uv=rest.limit_uv if rest else None,
        largest_uv=largest_uv,
        line_uv=line_uv,
        upper_uv=sequence.upper_uv if at == 0 else None,
        why=why if math.isnan(value) else None,
    )
