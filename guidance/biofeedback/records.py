"""Event records of biofeedback. Envelopes and lines are in uV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from guidance.biofeedback.onset import ActivityEdge
from guidance.biofeedback.plan import ExercisePlan
from guidance.biofeedback.scoring import TrialScore
from guidance.contracts.events import Record


@dataclass(frozen=True, slots=True)
class PhaseRecord(Record):
    """A phase that begins and lasts for ``seconds``: ``name``, the prompt ``say``, the muscle, the trial."""

    kind: ClassVar[str] = "phase"
    name: str
    seconds: float
    say: str
    channel: str
    trial: int | None


@dataclass(frozen=True, slots=True)
class MuscleCalibration(Record):
    """Rest, largest effort and first line of a muscle; None with ``why`` where calibration failed."""

    kind: ClassVar[str] = "calibration"
    channel: str
    rest_mean_uv: float | None
    rest_sd_uv: float | None
    rest_limit_uv: float | None
    largest_uv: float | None
    line_uv: float | None
    band_hz: tuple[float, float]
    heart_per_min: float | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class TrialRecord(Record):
    """The result of a trial: percentages of its time, its line, and the next line.

    ``relax_s`` is the time to relax, None where the muscle did not relax; ``goal_percent`` and ``level_percent`` are
    the requested and the held effort in percent of the largest, ``by_feel`` without the bar.
    """

    kind: ClassVar[str] = "trial"
    number: int
    exercise: str
    seconds: float
    score_percent: float | None
    reached: bool | None
    level_uv: float | None
    lines_uv: tuple[float, ...]
    next_line_uv: float
    held_s: float | None
    rest_percent: float | None
    quiet_percent: float | None
    unknown_percent: float
    why: str | None
    relax_s: float | None = None
    goal_percent: float | None = None
    level_percent: float | None = None
    by_feel: bool = False


@dataclass(frozen=True, slots=True)
class EnvelopeSecond(Record):
    """One second: ``rms_uv`` of each muscle, also in ``percent`` of its largest effort; None if not known."""

    kind: ClassVar[str] = "envelope"
    phase: str
    channels: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class OnsetRecord(Record):
    """Activity of a muscle that began or ended (``edge``: ``onset`` or ``offset``) at device time ``at_s``.

    ``earliest_s`` to ``latest_s`` is an interval of 90 % by the model; ``bench_onsets`` prints how often it holds the
    truth of made signals, which is less for the offsets of strong bursts.
    """

    kind: ClassVar[str] = "onset"
    channel: str
    edge: str
    at_s: float
    earliest_s: float
    latest_s: float


def onset_record(channel: str, edge: ActivityEdge) -> OnsetRecord:
    """Return the record of an ``edge`` of the muscle on ``channel``."""
    return OnsetRecord(channel, edge.edge, edge.at_s, edge.earliest_s, edge.latest_s)


def trial_record(
    plan: ExercisePlan,
    trial: int,
    result: TrialScore,
    *,
    lines_uv: tuple[float, ...],
    next_uv: float,
    relax_s: float | None,
    level_percent: float | None,
) -> TrialRecord:
    """Return the record of ``trial`` of ``plan`` with its ``result``; ``next_uv`` is the line of the next one."""
    goal = plan.goal_of(trial)
    return TrialRecord(
        number=trial,
        exercise=plan.exercise,
        seconds=plan.work_s,
        score_percent=_percent(result.share),
        reached=result.reached,
        level_uv=result.level_uv,
        lines_uv=lines_uv,
        next_line_uv=next_uv,
        held_s=result.held_s,
        rest_percent=_percent(result.rest_share),
        quiet_percent=_percent(result.quiet_share),
        unknown_percent=100 * result.unknown_share,
        why=result.why,
        relax_s=relax_s,
        goal_percent=goal.percent if goal else None,
        level_percent=level_percent,
        by_feel=goal is not None and goal.is_hidden,
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
