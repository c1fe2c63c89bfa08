"""The plan of an exercise: the values of a protocol's sheet, and defaults for those without a source."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from guidance.citations import Sourced
from guidance.protocol.sheet import BiofeedbackProtocol, Exercise

T = TypeVar("T")

MUSCLES = {"antagonist-quiet": 2}
"""How many muscles an exercise needs, where it is more than one."""

BAND = 0.1
"""A level of effort is held within this share of the largest effort to either side: the bands of 25, 50 and 75 % do not
meet (unsourced)."""

_WORK_S = {"relax": 30.0, "antagonist-quiet": 10.0}
_PAUSE_S = 10.0
_HOLD_S = 3.0
_WINDOW_S = 0.1
"""Defaults for a sheet without these values (unsourced)."""


@dataclass(frozen=True, slots=True)
class LevelGoal:
    """The effort to hold in a trial: ``share`` of the largest; ``is_hidden``: without the bar, by feel."""

    share: float
    is_hidden: bool

    @property
    def percent(self) -> float:
        """The effort in percent of the largest."""
        return 100 * self.share

    def band_uv(self, largest_uv: float) -> tuple[float, float]:
        """Return the lower and upper edge of the goal in uV for a muscle with ``largest_uv``."""
        return max(self.share - BAND, 0.0) * largest_uv, (self.share + BAND) * largest_uv


@dataclass(frozen=True, slots=True)
class ExercisePlan:
    """The plan of one visit; times are in s.

    ``threshold_share`` is the line's share of the largest effort, None where the line comes from rest: then no largest
    effort is measured. ``hold_s`` is how long to hold a contraction; ``adapt`` has the least and greatest factor of the
    line from trial to trial; ``window_s`` is that of the RMS; ``levels`` are the shares of the largest effort to be
    distinguished; ``requests_symptom``: a symptom score is entered on the screen before and after.
    """

    exercise: Exercise
    threshold_share: float | None
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
    levels: tuple[float, ...] = ()
    requests_symptom: bool = False

    @property
    def recorded(self) -> dict[str, Any]:
        """The plan as the start record has it; ``recorded_plan`` reads it."""
        return asdict(self)

    @property
    def wants_above(self) -> bool:
        """Whether the muscle must work, not relax."""
        return self.exercise != "relax"

    @property
    def line_from_rest(self) -> bool:
        """Whether the line comes from the muscle at rest, and not from its largest effort."""
        return self.threshold_share is None and not self.levels

    @property
    def calibrated(self) -> range:
        """The channels that get a line by calibration."""
        return range(MUSCLES.get(self.exercise, 1))

    def goal_of(self, trial: int) -> LevelGoal | None:
        """Return the level of ``trial``, from 1; None in an exercise without levels.

        Each round holds every level once and begins with another one; the bar is shown in the first round only.
        """
        if not self.levels:
            return None
        count = len(self.levels)
        turn, place = divmod(trial - 1, count)
        return LevelGoal(self.levels[(place + turn) % count], is_hidden=turn > 0)


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
    levels = (training.levels_percent.value or ()) if training.levels_percent else ()
    has_line = exercise != "relax" and not levels
    plan = ExercisePlan(
        exercise=exercise,
        threshold_share=known(training.threshold_percent, "line in % of the largest effort", 40.0) / 100
        if has_line
        else None,
        rest_s=known(calibration.rest_s, "s of rest at calibration", 20.0),
        rest_sd=known(calibration.rest_sd, "standard deviations", 3.0),
        efforts=0 if exercise == "relax" else known(calibration.efforts, "efforts", 3),
        effort_s=0.0 if exercise == "relax" else known(calibration.effort_s, "s of effort", 4.0),
        trials=trials or known(training.trials, "trials", 6),
        work_s=known(training.work_s, "s a trial", _WORK_S.get(exercise, 10.0)),
        pause_s=known(training.rest_s, "s of rest between trials", _PAUSE_S),
        hold_s=hold[0] if hold else _HOLD_S,
        adapt=(1.0, 1.0) if levels else known(training.adapt, "adaptation", (0.8, 1.2)),
        window_s=known(training.smoothing_ms, "ms of the RMS", _WINDOW_S * 1e3) / 1e3,
        levels=tuple(level / 100 for level in levels),
    )
    return plan, tuple(assumed)


def recorded_plan(recorded: dict[str, Any]) -> ExercisePlan:
    """Return the plan of a start record. Raises KeyError, TypeError or ValueError where it is incomplete."""
    low, high = recorded["adapt"]
    levels = tuple(float(level) for level in recorded.get("levels", ()))
    return ExercisePlan(**{**recorded, "adapt": (float(low), float(high)), "levels": levels})
