"""Who follows the threshold of a moving needle: error of the prediction for the next pulse, on the same worlds.

``python -m tests.benchmarks.bench_trackers [--quick] [--worlds N]``. A simulation; the worlds are ``nerves.published``,
whose formula the particle filters of ``trackers`` share and the program does not know.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from tests.benchmarks import trackers
from tests.worlds import nerves
from tests.worlds.tracking import Ours, Tracker, run

SETTLED = 8
ROWS: dict[str, Callable[[int], Tracker]] = {
    "bracket and bisect, repeated": lambda _: trackers.Bisection(),
    "up-down, 10 % steps": lambda _: trackers.UpDown(),
    "proportional on log amplitude": lambda _: trackers.Proportional(),
    "grid Bayes on amplitude": lambda _: trackers.Grid(),
    "plain particle filter": trackers.PlainParticles,
    "the same, nerve's constants known": lambda seed: trackers.PlainParticles(seed, nerves.published_constants(seed)),
    "this program, 2 Hz": lambda _: Ours(own_rate=False),
    "this program, its own rate": lambda _: Ours(own_rate=True),
}


def errors(row: str, speed_mm_s: float, count: int) -> list[float]:
    """Relative errors of all predictions after the first pulses, where the threshold is within reach."""
    found = []
    for seed in range(count):
        pulses = run(nerves.published(seed, speed_mm_s), ROWS[row](seed), 20.0)
        for index, pulse in enumerate(pulses):
            if index >= SETTLED and pulse.predicted_ma and pulse.next_threshold_ma <= nerves.LARGEST_MA:
                found.append(abs(pulse.predicted_ma / pulse.next_threshold_ma - 1))
    return found


def main() -> None:
    """Print the table: median (90 % point)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="12 worlds")
    chosen = parser.parse_args()
    count = 12 if chosen.quick else chosen.worlds
    print(f"threshold at the next pulse, error in %: median (90 % point); {count} simulated worlds for each speed")
    print(f"{'':36}" + "".join(f"{f'{speed:g} mm/s':>14}" for speed in nerves.SPEEDS_MM_S))
    for row in ROWS:
        cells = []
        for speed in nerves.SPEEDS_MM_S:
            found = 100 * np.array(errors(row, speed, count))
            cells.append(f"{np.median(found):.1f} ({np.percentile(found, 90):.0f})")
        print(f"{row:36}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
