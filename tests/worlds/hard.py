"""Simulated nerves that are hard to follow: the threshold's course, recruitment, faults; and how an estimate fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tests.worlds.nerves import CRITERION_UV, Curve, Faults, Way, World
from tests.worlds.tracking import Pulsed

BURSTS = Faults(dead=0.05, bursts_per_s=0.2)


Course = list[tuple[float, float]]
"""Times in s and thresholds in mA, even in their logarithm between them."""


def hill(steepness: float = 7.0, largest_uv: float = 4000.0) -> Curve:
    """Amplitude in uV for ln(current / threshold); from 10 to 90 % the current grows by e^(4.4 / steepness)."""
    odds = CRITERION_UV / (largest_uv - CRITERION_UV)

    def curve(above: float) -> float:
        raised = odds * math.exp(min(steepness * above, 50.0))
        return largest_uv * raised / (1 + raised)

    return curve


def course_world(seed: int, course: Course, curve: Curve, faults: Faults) -> World:
    """A nerve whose threshold runs through ``course``."""
    times, currents = np.array(course).T
    return World(seed, math.exp, curve, Way(times, np.log(currents)), faults)


def still(threshold_ma: float) -> Course:
    """A threshold that stays."""
    return [(0.0, threshold_ma), (1e3, threshold_ma)]


@dataclass(frozen=True, slots=True)
class Case:
    """A row: course of the threshold, recruitment, faults, the time from which stimuli are counted, and the end."""

    course: Course
    curve: Callable[[], Curve] = hill
    faults: Faults = field(default_factory=Faults)
    from_s: float = 0.0
    until_s: float = 14.0


CASES: dict[str, Case] = {
    **{f"threshold of {ma:g} mA, still": Case(still(ma)) for ma in (0.05, 0.2, 1.0, 3.0, 4.8)},
    "withdrawal, threshold doubled every 0.5 s": Case([(0.0, 0.3), (6.0, 0.3), (7.5, 2.4), (1e3, 2.4)], from_s=7.5),
    "the same, every 0.25 s": Case([(0.0, 0.3), (6.0, 0.3), (6.75, 2.4), (1e3, 2.4)], from_s=6.75),
    "a minute of rest, then a seventh in 2 s": Case(
        [(0.0, 2.0), (60.0, 2.0), (62.0, 0.28), (1e3, 0.28)], from_s=62.0, until_s=70.0
    ),
    "voluntary bursts, 1 in 5 s": Case(still(0.7), faults=BURSTS),
    "flat recruitment at contact (10-90 %: 5 times)": Case(still(0.15), lambda: hill(2.7)),
    "flatter (8 times)": Case(still(0.15), lambda: hill(2.1)),
    "first answer of millivolts": Case(still(0.1), lambda: hill(7.0, 9000.0)),
}


def error(pulse: Pulsed) -> float:
    """Relative error of the estimated threshold; infinite where there is none."""
    estimate = pulse.proximity.threshold_ma if pulse.proximity else None
    return abs(estimate[1] / pulse.threshold_ma - 1) if estimate else math.inf


def is_held(pulse: Pulsed) -> bool:
    """Whether the interval held the truth."""
    estimate = pulse.proximity.threshold_ma if pulse.proximity else None
    return estimate is not None and estimate[0] <= pulse.threshold_ma <= estimate[2]
