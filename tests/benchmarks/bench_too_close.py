"""How late the alarm is when the true threshold passes the lower bound (0.2 mA), how often missed, how often false.

``python -m tests.benchmarks.bench_too_close [--quick] [--insertions N]``. A simulation; nerves as in ``nerves.wide``,
at 0.5, 1 and 2 mm/s. An alarm is raised where ``close`` has a probability of 0.5 or more. A passage counts where the
threshold stays at or below the bound for 1.5 s. False is an alarm during which the true threshold never came
within 10 % of the bound.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass, field

import numpy as np

from tests.worlds import nerves
from tests.worlds.tracking import LOWER_BOUND_MA, Ours, Pulsed, run

DURATION_S = 40.0
STAYS_S = 1.5
NEARLY = 1.1
SPEEDS_MM_S = (0.5, 1.0, 2.0)


@dataclass(slots=True)
class Score:
    """Delays in s and in pulses, passages missed, false alarms, of so many insertions."""

    delays_s: list[float] = field(default_factory=list)
    pulses: list[int] = field(default_factory=list)
    missed: int = 0
    false: int = 0
    insertions: int = 0


def is_alarm(pulse: Pulsed) -> bool:
    """Whether this pulse's estimate raises the alarm."""
    estimate = pulse.proximity
    return bool(estimate and estimate.valid and (estimate.zone_probability or {}).get("close", 0.0) >= 0.5)


def score(world: nerves.World, pulses: list[Pulsed], found: Score) -> None:
    """Add one insertion."""
    found.insertions += 1
    for start_s, end_s in passages(world):
        during = [pulse for pulse in pulses if start_s <= pulse.t_s <= end_s]
        late = next((index for index, pulse in enumerate(during) if is_alarm(pulse)), None)
        if late is None:
            found.missed += 1
        else:
            found.delays_s.append(during[late].t_s - start_s)
            found.pulses.append(late)
    for alarm, group in itertools.groupby(pulses, is_alarm):
        if alarm and min(pulse.threshold_ma for pulse in group) > NEARLY * LOWER_BOUND_MA:
            found.false += 1


def passages(world: nerves.World) -> list[tuple[float, float]]:
    """Begin and end in s of every stay at or below the bound that began after the start."""
    times = np.arange(0.0, DURATION_S, 0.01)
    below = np.array([world.threshold_ma(float(t)) <= LOWER_BOUND_MA for t in times])
    edges = np.flatnonzero(np.diff(below.astype(int))) + 1
    found = []
    for start in edges[below[edges]]:
        later = edges[edges > start]
        end_s = float(times[later[0]]) if len(later) else DURATION_S
        if end_s - times[start] >= STAYS_S:
            found.append((float(times[start]), end_s))
    return found


def main() -> None:
    """Print a row for each rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--insertions", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="30 insertions")
    chosen = parser.parse_args()
    each = (30 if chosen.quick else chosen.insertions) // len(SPEEDS_MM_S)
    for name, own_rate in (("2 Hz", False), ("own rate", True)):
        found = Score()
        for speed, seed in itertools.product(SPEEDS_MM_S, range(20_000, 20_000 + each)):
            pulses = list(run(nerves.wide(seed, speed), Ours(own_rate=own_rate), DURATION_S, predicts=False))
            score(nerves.wide(seed, speed), pulses, found)
        delays, late = np.array(found.delays_s), np.array(found.pulses)
        print(
            f"{name}: {len(delays) + found.missed} passages in {found.insertions} insertions; delay median "
            f"{np.median(delays):.2f} s, 90 % {np.percentile(delays, 90):.2f} s; pulses after the first below it, "
            f"median {np.median(late):.0f}, 90 % {np.percentile(late, 90):.0f}; missed {found.missed}; false alarms "
            f"{100 * found.false / found.insertions:.1f} per 100 insertions",
            flush=True,
        )


if __name__ == "__main__":
    main()
