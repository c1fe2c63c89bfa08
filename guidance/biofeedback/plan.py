"""What an exercise asks: the values of a protocol's sheet, and what stands in for those that no source names."""

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


@dataclass(frozen=True, slots=True)
class ExercisePlan:
    """One visit. ``threshold_share`` is of the largest effort; ``hold_s`` is how long a contraction is to be held;
    ``adapt`` the least and greatest factor of the line from trial to trial; ``window_s`` that of the RMS.
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
        """As the record tells it; ``recorded_plan`` reads it back."""
        return asdict(self)

    @property
    def wants_above(self) -> bool:
        """Whether the muscle is to work, rather than to be let go."""
        return self.exercise != "relax"

    @property
    def calibrated(self) -> range:
        """The channels of which the largest effort is asked for."""
        return range(MUSCLES.get(self.exercise, 1))


def plan_of(sheet: BiofeedbackProtocol, trials: int | None = None) -> tuple[ExercisePlan, tuple[str, ...]]:
    """The plan of ``sheet``, with ``trials`` in place of its own; and in words what is assumed."""
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
    """The plan that a record ``recorded``. Raises KeyError, TypeError or ValueError where it is not whole."""
    low, high = recorded["adapt"]
    return ExercisePlan(**{**recorded, "adapt": (float(low), float(high))})
