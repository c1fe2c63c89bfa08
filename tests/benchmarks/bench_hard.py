"""What is known to be hard, each by itself: a row for each.

``python -m tests.benchmarks.bench_hard [--quick] [--worlds N]``. A simulation, in closed loop at the program's own
rate. Thresholds run as each row states; recruitment is a Hill curve unless it states another. Error is that of the
estimated threshold, from the tenth pulse on. Stimuli: from the start (of a movement: from its end) until the estimate
is within 15 % of the truth for three pulses. Strongest: current over threshold, 99 % point of these pulses.
"""

from __future__ import annotations

import argparse

import numpy as np

from tests.worlds.hard import CASES, Case, course_world, error, is_held
from tests.worlds.tracking import Ours, Pulsed, run

FIRST = 10
WITHIN, STAYS, NEVER = 0.15, 3, 999


def followed(case: Case, seed: int) -> list[Pulsed]:
    """Every pulse of a world of ``case``."""
    world = course_world(seed, case.course, case.curve(), case.faults)
    return list(run(world, Ours(own_rate=True), case.until_s, predicts=False))


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
