"""Record kinds of the event stream that biofeedback adds. Envelopes and lines are in uV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from guidance.contracts.events import Record


@dataclass(frozen=True, slots=True)
class PhaseRecord(Record):
    """What is asked from now on, for ``seconds``: ``name``, the words on the screen, which muscle, which trial."""

    kind: ClassVar[str] = "phase"
    name: str
    seconds: float
    say: str
    channel: str
    trial: int | None


@dataclass(frozen=True, slots=True)
class MuscleCalibration(Record):
    """A muscle's rest and largest effort, and its first line; None with ``why`` where there is none."""

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
    """A trial is over: percentages of its time, the line it had and the one that follows."""

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


@dataclass(frozen=True, slots=True)
class EnvelopeSecond(Record):
    """Every second: each muscle's ``rms_uv`` over it, and in ``percent`` of its largest effort; None if unknown."""

    kind: ClassVar[str] = "envelope"
    phase: str
    channels: list[dict[str, Any]]
