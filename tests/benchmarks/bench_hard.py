"""What is known to be hard, each by itself: a row for each.

``python -m tests.benchmarks.bench_hard [--quick] [--worlds N]``. A simulation, in closed loop at the program's own
rate. Thresholds run as each row states; recruitment is a Hill curve unless it states another. Error is that of the
estimated threshold, from the tenth pulse on. Stimuli: from the start (of a movement: from its end) until the estimate
is within 15 % of the truth for three pulses. Strongest: current over threshold, 99 % point of these pulses.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tests.benchmarks.closed_loop import Ours, Pulsed, run
from tests.benchmarks.nerves import CRITERION_UV, Curve, Faults, Way, World

FIRST = 10
WITHIN, STAYS, NEVER = 0.15, 3, 999
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


def followed(case: Case, seed: int) -> list[Pulsed]:
    """Every pulse of a world of ``case``."""
    world = course_world(seed, case.course, case.curve(), case.faults)
    return list(run(world, Ours(own_rate=True), case.until_s, predicts=False))


def error(pulse: Pulsed) -> float:
    """Relative error of the estimated threshold; infinite where there is none."""
    estimate = pulse.proximity.threshold_ma if pulse.proximity else None
    return abs(estimate[1] / pulse.threshold_ma - 1) if estimate else math.inf


def is_held(pulse: Pulsed) -> bool:
    """Whether the interval held the truth."""
    estimate = pulse.proximity.threshold_ma if pulse.proximity else None
    return estimate is not None and estimate[0] <= pulse.threshold_ma <= estimate[2]


def stimuli(pulses: list[Pulsed], from_s: float) -> int:
    """How many it took from ``from_s`` on; NEVER where it did not come to it."""
    near = [error(pulse) <= WITHIN for pulse in pulses if pulse.t_s >= from_s]
    return next((index + 1 for index in range(len(near)) if all(near[index : index + STAYS])), NEVER)


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=30, help="of each case")
    parser.add_argument("--quick", action="store_true", help="5 worlds of each case")
    chosen = parser.parse_args()
    count = 5 if chosen.quick else chosen.worlds
    print(f"{count} simulated worlds a row: median (90 % point)")
    print(f"{'':48}{'error':>14}{'interval holds':>16}{'stimuli':>10}{'strongest':>11}")
    for name, case in CASES.items():
        every = [followed(case, seed) for seed in range(count)]
        later = [pulse for pulses in every for pulse in pulses[FIRST:]]
        errors = np.percentile([error(pulse) for pulse in later], [50, 90])
        needed = np.percentile([stimuli(pulses, case.from_s) for pulses in every], [50, 90])
        strongest = np.percentile([pulse.current_ma / pulse.threshold_ma for pulse in later], 99)
        print(
            f"{name:48}{f'{errors[0]:.1%} ({errors[1]:.0%})':>14}{np.mean([is_held(pulse) for pulse in later]):>16.1%}"
            f"{f'{needed[0]:.0f} ({needed[1]:.0f})':>10}{strongest:>11.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
