"""Consistency checks between the values of one sheet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from guidance.citations import Sourced, cited
from guidance.protocol.model import DEFAULT_TARGET_MA
from guidance.protocol.sheet import BiofeedbackProtocol, BotulinumProtocol, DoseLimits, ProductDose, Sheet, TrainingPlan

_RISING = (
    ("stimulus.start_current_ma", "stimulus.max_current_ma"),
    ("stimulus.rate_hz", "stimulus.max_rate_hz"),
    ("proximity.lower_bound_ma", "proximity.target_from_ma", "proximity.target_ma"),
)
_DISTINCT = ("proximity.lower_bound_ma", "proximity.target_ma")


def contradictions(sheet: Sheet) -> Iterator[str]:
    """Yield a message, beginning with the key, for each pair of values in ``sheet`` that contradict each other."""
    values: dict[str, Any] = {path: item.value for path, item in cited(sheet) if isinstance(item, Sourced)}
    for keys in _RISING:
        known = [key for key in keys if values.get(key) is not None]
        yield from (
            f"{low} = {values[low]:g}: must not be above {high} = {values[high]:g}"
            for low, high in pairwise(known)
            if values[low] > values[high]
        )
    yield from _zones(values)
    if isinstance(sheet, BiofeedbackProtocol):
        yield from _line(sheet.training)
    if isinstance(sheet, BotulinumProtocol):
        for product, dose in sheet.dose.items():
            yield from _dose(f"dose.{product}", dose)
        for product, limits in sheet.limits.items():
            yield from _limits(product, sheet.dose.get(product), limits)


def _zones(values: dict[str, Any]) -> Iterator[str]:
    """Check that the target zone has a width, also where the default target replaces a missing one."""
    bound, target = _DISTINCT
    low, high = values.get(bound), values.get(target)
    if low is not None and low == high:
        yield f"{bound} = {low:g}: must be below {target} = {high:g}"
    if low is not None and high is None and low >= DEFAULT_TARGET_MA:
        yield f"{bound} = {low:g}: must be below {DEFAULT_TARGET_MA:g} mA, the default target, as {target} is missing"


def _line(training: TrainingPlan) -> Iterator[str]:
    """Check that an exercise has the one line that belongs to it."""
    percent = training.threshold_percent.value
    levels = training.levels_percent.value if training.levels_percent else None
    if training.exercise == "relax" and percent is not None:
        yield (
            f"training.threshold_percent = {percent:g}: must be missing in the exercise relax, whose line is the limit "
            "of rest; any resting muscle stays below a share of its largest effort"
        )
    if (training.exercise == "discriminate") != (levels is not None):
        needed = "must have a value" if levels is None else "must be missing"
        yield f"training.levels_percent: {needed} in the exercise {training.exercise}"
    if training.exercise == "discriminate" and percent is not None:
        yield f"training.threshold_percent = {percent:g}: must be missing in the exercise discriminate"


def _dose(key: str, dose: ProductDose) -> Iterator[str]:
    start, span = dose.start_u.value, dose.range_u.value
    if start is not None and span is not None and not span[0] <= start <= span[1]:
        yield f"{key}.start_u = {start:g}: is outside {key}.range_u = {span[0]:g} to {span[1]:g} U"


def _limits(product: str, dose: ProductDose | None, limits: DoseLimits) -> Iterator[str]:
    most, span = limits.muscle_max_u.value, dose.range_u.value if dose else None
    if dose is None:
        yield f"limits.{product}: has no table [dose.{product}] beside it"
    elif most is not None and span is not None and span[1] > most:
        yield f"dose.{product}.range_u = {span[0]:g} to {span[1]:g}: is above limits.{product}.muscle_max_u = {most:g}"
