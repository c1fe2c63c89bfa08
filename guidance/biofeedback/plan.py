"""The plan of an exercise: the values of a protocol's sheet, and defaults for those without a source."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from guidance.citations import Sourced
from guidance.protocol.sheet import BiofeedbackProtocol, Exercise

T = TypeVar("T")

MUSCLES = {"antagonist-quiet": 2}
"""How many muscles an exercise needs, where it is more than one."""

_WORK_S = {"relax": 30.0, "antagonist-quiet": 10.0}
_PAUSE_S = 10.0
_HOLD_S = 3.0
_WINDOW_S = 0.1
"""Defaults for a sheet without these values (unsourced)."""


@dataclass(frozen=True, slots=True)
class ExercisePlan:
    """The plan of one visit; times are in s.

    ``threshold_share`` is the line's share of the largest effort; ``hold_s`` is how long to hold a contraction;
    ``adapt`` has the least and greatest factor of the line from trial to trial; ``window_s`` is that of the RMS.
    """

    exercise: Exercise
    threshold_share: float
    rest_s: float
    rest_sd: float
    efforts: int
    effort_s: float
    trials: int
    work_s: float
    pause_s: float
    hold_s: float
    adapt: tuple[float, float]
    window_s: float

    @property
    def recorded(self) -> dict[str, Any]:
        """The plan as the start record has it; ``recorded_plan`` reads it."""
        return asdict(self)

    @property
    def wants_above(self) -> bool:
        """Whether the muscle must work, not relax."""
        return self.exercise != "relax"

    @property
    def calibrated(self) -> range:
        """The channels whose largest effort is calibrated."""
        return range(MUSCLES.get(self.exercise, 1))


def plan_of(sheet: BiofeedbackProtocol, trials: int | None = None) -> tuple[ExercisePlan, tuple[str, ...]]:
    """Return the plan of ``sheet``, with ``trials`` instead of its own, and the assumptions as sentences."""
    training, calibration = sheet.training, sheet.calibration
    assumed: list[str] = []

    def known(item: Sourced[T], what: str, instead: T) -> T:
        if item.value is not None:
            return item.value
        assumed.append(f"{what} {instead} assumed ({item.missing})")
        return instead

    exercise = training.exercise
    hold = training.hold_s.value
    plan = ExercisePlan(
        exercise=exercise,
        threshold_share=known(training.threshold_percent, "line in % of the largest effort", 40.0) / 100,
        rest_s=known(calibration.rest_s, "s of rest at calibration", 20.0),
        rest_sd=known(calibration.rest_sd, "standard deviations", 3.0),
        efforts=known(calibration.efforts, "efforts", 3),
        effort_s=known(calibration.effort_s, "s of effort", 4.0),
        trials=trials or known(training.trials, "trials", 6),
        work_s=known(training.work_s, "s a trial", _WORK_S.get(exercise, 10.0)),
        pause_s=known(training.rest_s, "s of rest between trials", _PAUSE_S),
        hold_s=hold[0] if hold else _HOLD_S,
        adapt=known(training.adapt, "adaptation", (0.8, 1.2)),
        window_s=known(training.smoothing_ms, "ms of the RMS", _WINDOW_S * 1e3) / 1e3,
    )
    return plan, tuple(assumed)


def recorded_plan(recorded: dict[str, Any]) -> ExercisePlan:
    """Return the plan of a start record. Raises KeyError, TypeError or ValueError where it is incomplete."""
    low, high = recorded["adapt"]
    return ExercisePlan(**{**recorded, "adapt": (float(low), float(high))})
