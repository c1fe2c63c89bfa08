"""What a dial that is never turned shows: how often the threshold's 90 % interval holds after so many alike pulses.

``python -m tests.benchmarks.bench_one_current [--quick] [--nerves N]``. A simulation; nerves as in ``nerves.wide``, the
needle still, 2 pulses a second of one current, which is so many times the threshold. One current cannot show how far
above the threshold it is; the interval must show that, and must not narrow with each further equal response.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from guidance.contracts.events import Interval
from guidance.proximity.filter import ProximityFilter
from tests.support.outcomes import outcome
from tests.worlds import nerves
from tests.worlds.tracking import LOWER_BOUND_MA, TARGET_MA, WIDTH_MS

TIMES = (0.8, 1.1, 1.5, 2.5, 5.0)
AFTER = (3, 9, 24)
FIRST, LEAST_MA = 70_000, 0.05


def intervals(world: nerves.World, current_ma: float) -> Iterator[Interval | None]:
    """The interval after each pulse."""
    belief = ProximityFilter(nerves.CRITERION_UV, LOWER_BOUND_MA, TARGET_MA)
    for pulse in range(max(AFTER)):
        t_s = 0.5 * pulse
        result = world.pulse(t_s, current_ma)
        pulsed = outcome(
            pulse, t_s, current_ma, WIDTH_MS, detected=result.detected, amplitude_uv=result.amplitude_uv,
            contaminated=result.contaminated, amplitude_sd_uv=result.amplitude_sd_uv, p_value=result.p_value,
        )  # fmt: skip
        yield belief.observe(pulsed).threshold_ma


def main() -> None:
    """Print a row for each ratio: share held, and high over low (median)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nerves", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="20 nerves")
    chosen = parser.parse_args()
    worlds = range(FIRST, FIRST + (20 if chosen.quick else chosen.nerves))
    print(f"{'current':>12}" + "".join(f"{f'after {count} pulses':>22}" for count in AFTER))
    for times in TIMES:
        found: dict[int, list[tuple[bool, float]]] = {count: [] for count in AFTER}
        for seed in worlds:
            threshold_ma = nerves.wide(seed, 0.0).threshold_ma(0.0)
            if not LEAST_MA <= threshold_ma <= nerves.LARGEST_MA:
                continue
            for count, interval in enumerate(intervals(nerves.wide(seed, 0.0), times * threshold_ma), 1):
                if count in found and interval:
                    found[count].append((interval[0] <= threshold_ma <= interval[2], interval[2] / interval[0]))
        cells = [
            f"{np.mean([held for held, _ in row]):.0%}, {np.median([r for _, r in row]):.1f}" for row in found.values()
        ]
        print(f"{f'{times:g} x':>12}" + "".join(f"{cell:>22}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
