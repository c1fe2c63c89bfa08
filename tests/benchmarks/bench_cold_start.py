"""Stimuli from a cold start to the threshold within 10 %, the needle still; and the cost of a pulse.

``python -m tests.benchmarks.bench_cold_start [--quick] [--worlds N]``. A simulation. Found is where the estimate comes
within 10 % of the truth and stays there for three pulses; every run begins at 1 mA.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from tests.benchmarks import trackers
from tests.worlds import nerves
from tests.worlds.tracking import Ours, Pulsed, Tracker, run

WITHIN = 0.10
STAYS = 3
DURATION_S = 20.0
NEVER = 99
ROWS: dict[str, Callable[[], Tracker]] = {
    "bracket and bisect": trackers.Bisection,
    "up-down, 10 % steps": trackers.UpDown,
    "proportional": trackers.Proportional,
    "this program": lambda: Ours(own_rate=True),
}


def stimuli(pulses: list[Pulsed]) -> int:
    """How many stimuli it took; NEVER where it did not come to it."""
    near = [
        pulse.predicted_ma is not None and abs(pulse.predicted_ma / pulse.threshold_ma - 1) <= WITHIN
        for pulse in pulses
    ]
    return next((index + 1 for index in range(len(near)) if all(near[index : index + STAYS])), NEVER)


def costs_ms(count: int) -> list[float]:
    """Time in ms that filter and controller take for each pulse."""
    found = []
    for seed in range(count):
        tracker = Ours(own_rate=True)
        observe = tracker.observe

        def timed(t_s: float, current_ma: float, response: nerves.DetectorResult) -> None:
            begun = time.perf_counter()
            observe(t_s, current_ma, response)  # noqa: B023
            found.append((time.perf_counter() - begun) * 1e3)

        tracker.observe = timed  # type: ignore[method-assign]
        list(run(nerves.wide(seed, 1.0), tracker, DURATION_S))
    return found


def main() -> None:
    """Print a row for each tracker, in worlds with and without faults, and the cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="20 worlds")
    chosen = parser.parse_args()
    count = 20 if chosen.quick else chosen.worlds
    for name, make in (("published", nerves.published), ("wide", nerves.wide)):
        reachable = [seed for seed in range(count) if make(seed, 0.0).threshold_ma(0.0) <= nerves.LARGEST_MA]
        for row, tracker in ROWS.items():
            needed = [stimuli(list(run(make(seed, 0.0), tracker(), DURATION_S))) for seed in reachable]
            middle, late = np.percentile(needed, [50, 90])
            print(f"{name:10} {row:24} median {middle:.0f}, 90 % {late:.0f} stimuli ({len(needed)} worlds)", flush=True)
    spent = costs_ms(3)
    print(f"filter and controller: {np.median(spent):.2f} ms a pulse, 99 % {np.percentile(spent, 99):.2f} ms")


if __name__ == "__main__":
    main()
