"""What a screen shows of an exercise now."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from guidance.biofeedback.course import Course
from guidance.biofeedback.scoring import GRACE_S
from guidance.snapshot import MuscleView, Snapshot, TrainingView
from guidance.view import Position

if TYPE_CHECKING:
    from guidance.biofeedback.engine import BiofeedbackEngine

_PREPARING = ("prepare", "ready")


def training_view(course: Course, envelope_uv: tuple[float, ...], why: tuple[str, ...]) -> TrainingView:
    """``envelope_uv`` of each muscle now, NaN where it is not known; then ``why``, in words."""
    phase, plan = course.phase, course.plan
    scored = [found.share for found in course.scores]
    return TrainingView(
        exercise=plan.exercise,
        phase="failed" if course.failed else phase.name,
        say="STOPPED" if course.failed else "WAIT" if course.waiting else phase.say,
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


def _muscle(course: Course, at: int, value: float, why: str) -> MuscleView:
    largest_uv, line_uv, rest = course.largest_uv[at], course.lines_uv[at], course.rests[at]
    return MuscleView(
        name=course.names[at],
        envelope_uv=None if math.isnan(value) else value,
        rest_uv=rest.limit_uv if rest else None,
        largest_uv=largest_uv,
        line_uv=line_uv,
        why=why if math.isnan(value) else None,
    )


def training_snapshot(engine: BiofeedbackEngine, position: Position) -> Snapshot:
    """All that a screen shows now; there are no sweeps and no stimulator in it."""
    tally, protocol = engine.tally, engine.settings.protocol
    return Snapshot(
        t=engine.t,
        source=position.source,
        live=position.origin.live,
        simulated=position.origin.simulated,
        protocol=protocol.id,
        mode="biofeedback",
        position_s=engine.t,
        duration_s=position.duration_s,
        speed=position.speed,
        paused=engine.course.paused,
        ended=position.ended,
        window_ms=protocol.window_ms,
        criterion_uv=None,
        channel=engine.muscles.names[0],
        sweeps=(),
        stimuli=0,
        responses=0,
        detections=0,
        lost_samples=tally.lost_samples,
        rms_uv=None,
        mains_uv=None,
        emg=np.zeros((0, 2), np.float32),
        emg_gaps=np.zeros(0, np.bool_),
        emg_span_s=0.0,
        alarms=engine.alarms.signals(),
        notice=position.notice,
        connected=position.connected,
        sound=position.sound,
        journal=position.journal,
        training=engine.view(),
    )
