"""What probing with pulses of 0.3 and 1 ms does to distance and threshold, where models of the axon disagree.

``python -m tests.benchmarks.bench_widths [--quick] [--insertions N]``. A simulation; nerves as in ``nerves.wide`` at
0.5 and 1 mm/s, their thresholds going with the width as each model of ``chronaxies`` has it. The same insertions
without probes, with probes, and with probes that are given but not taken as evidence of distance. Error is that of the
median, threshold that at 0.1 ms.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from guidance.stimulation.width_probing import probed_widths
from tests.worlds import chronaxies, nerves
from tests.worlds.tracking import WIDTH_MS, Ours, run

DURATION_S = 25.0
SPEEDS_MM_S = (0.5, 1.0)
PROBES_MS = probed_widths(WIDTH_MS, 0.05, 1.0)
ROWS: dict[str, dict[str, Any]] = {
    "without": {},
    "probes, not taken as evidence": {"probes_ms": PROBES_MS, "by_width": False},
    "probes": {"probes_ms": PROBES_MS},
}


def measured(seed: int, speed_mm_s: float, law: str, row: str) -> list[tuple[float, ...]]:
    """For each pulse of an insertion with an estimate: error and width of the distance in mm, whether its interval
    held the truth, relative error of the threshold, whether its interval held, and whether the pulse was a probe.
    """
    found: list[tuple[float, ...]] = []
    world = nerves.wide(seed, speed_mm_s, chronaxies.LAWS[law])
    for pulse in run(world, Ours(own_rate=True, **ROWS[row]), DURATION_S, predicts=False):
        proximity = pulse.proximity
        if not (proximity and proximity.valid and proximity.distance_mm and proximity.threshold_0p1ms_ma):
            continue
        if pulse.threshold_ma > nerves.LARGEST_MA:
            continue
        (low, middle, high), short = proximity.distance_mm, proximity.threshold_0p1ms_ma
        found.append((
            abs(middle - pulse.distance_mm), high - low, low <= pulse.distance_mm <= high,
            abs(short[1] / pulse.threshold_ma - 1), short[0] <= pulse.threshold_ma <= short[2],
            pulse.width_ms != WIDTH_MS,
        ))  # fmt: skip
    return found


def main() -> None:
    """Print a row for each model and way of probing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--insertions", type=int, default=48, help="of each model")
    parser.add_argument("--first", type=int, default=40_000, help="first seed")
    parser.add_argument("--quick", action="store_true", help="16 insertions of each model")
    chosen = parser.parse_args()
    each = (16 if chosen.quick else chosen.insertions) // len(SPEEDS_MM_S)
    count = each * len(SPEEDS_MM_S)
    print(f"{count} simulated insertions of each model; medians, and shares of 90 % intervals that hold the truth")
    print(f"{'':26}{'':31}{'distance':>9}{'interval':>10}{'holds':>8}{'threshold':>11}{'holds':>8}{'probes':>8}")
    for law in chronaxies.LAWS:
        for row in ROWS:
            found = np.array([
                one for speed in SPEEDS_MM_S for seed in range(chosen.first, chosen.first + each)
                for one in measured(seed, speed, law, row)
            ], float)  # fmt: skip
            error, width, _, relative, _, _ = np.median(found, axis=0)
            _, _, held, _, threshold_held, probes = found.mean(axis=0)
            print(
                f"{law:26}{row:31}{error:>6.2f} mm{width:>7.1f} mm{held:>8.1%}{relative:>11.1%}{threshold_held:>8.1%}"
                f"{probes:>8.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
