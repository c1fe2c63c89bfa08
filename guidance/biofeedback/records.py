"""Event records of biofeedback. Envelopes and lines are in uV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

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
    """The result of a trial: percentages of its time, its line, and the next line."""

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
    """One second: ``rms_uv`` of each muscle, also in ``percent`` of its largest effort; None if not known."""

    kind: ClassVar[str] = "envelope"
    phase: str
    channels: list[dict[str, Any]]
