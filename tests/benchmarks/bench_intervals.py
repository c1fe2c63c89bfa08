"""How often the truth lies in the 90 % intervals of threshold and distance, by speed, zone and law.

``python -m tests.benchmarks.bench_intervals [--quick] [--insertions N] [--first SEED] [--held-out] [--still-rate]``. A
simulation; each insertion has a nerve of its own, drawn wider than the program assumes (``nerves.wide``), with dead
pulses, bursts and saturation. On this family the program's constants were looked at; with ``--held-out`` the nerves
follow laws and recruitment on which none was (``foreign_nerves``). In closed loop at the program's own rate; with
``--still-rate`` at 2 pulses a second throughout. Behind each share stands its standard error, insertions being drawn
anew: pulses of one insertion share one nerve.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from tests.worlds import foreign_nerves, nerves
from tests.worlds.tracking import LOWER_BOUND_MA, TARGET_MA, Ours, Pulsed, run

DURATION_S = 25.0
Tally = dict[int, list[tuple[bool, bool]]]


def zone(threshold_ma: float) -> str:
    """The zone that the true threshold at 0.1 ms lies in."""
    tops = ((LOWER_BOUND_MA, "close"), (TARGET_MA, "target"), (1.0, "approach"))
    return next((name for top_ma, name in tops if threshold_ma <= top_ma), "far")


def covered(pulse: Pulsed) -> tuple[bool, bool] | None:
    """Whether the intervals hold the true threshold and distance; None where there is no estimate."""
    estimate = pulse.proximity
    if estimate is None or not estimate.valid or estimate.threshold_ma is None or estimate.distance_mm is None:
        return None
    threshold, distance = estimate.threshold_ma, estimate.distance_mm
    return threshold[0] <= pulse.threshold_ma <= threshold[2], distance[0] <= pulse.distance_mm <= distance[2]


def insertion(world: nerves.World, *, own_rate: bool) -> Iterator[tuple[Pulsed, tuple[bool, bool]]]:
    """Pulses of one insertion with an estimate and a threshold within reach."""
    for pulse in run(world, Ours(own_rate=own_rate), DURATION_S, predicts=False):
        found = covered(pulse)
        if found is not None and pulse.threshold_ma <= nerves.LARGEST_MA:
            yield pulse, found


def _line(name: str, found: dict[int, list[tuple[bool, bool]]]) -> str:
    """``found``: by insertion, whether each interval held."""
    held = np.array([np.sum(insertion, axis=0) for insertion in found.values()], float)
    pulses = np.array([len(insertion) for insertion in found.values()], float)
    shares = held.sum(axis=0) / pulses.sum()
    errors = np.sqrt(np.sum((held - shares * pulses[:, None]) ** 2, axis=0)) / pulses.sum()
    cells = "".join(f"{share:>10.1%} +-{error:>5.1%}" for share, error in zip(shares, errors, strict=True))
    return f"{name:26}{cells}{pulses.sum():>10.0f}{len(found):>12}"


def main() -> None:
    """Print a row for each speed, zone and law."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--insertions", type=int, default=1000)
    parser.add_argument("--first", type=int, default=10_000, help="first seed")
    parser.add_argument("--quick", action="store_true", help="80 insertions")
    parser.add_argument("--held-out", action="store_true", help="nerves of laws held out")
    parser.add_argument("--still-rate", action="store_true", help="2 pulses a second throughout")
    chosen = parser.parse_args()
    make, law_name = (
        (foreign_nerves.held_out, foreign_nerves.law_name) if chosen.held_out else (nerves.wide, nerves.law_name)
    )
    each = (80 if chosen.quick else chosen.insertions) // len(nerves.SPEEDS_MM_S)
    tally: dict[str, Tally] = defaultdict(lambda: defaultdict(list))
    widths: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number in range(each * len(nerves.SPEEDS_MM_S)):
        speed, seed = nerves.SPEEDS_MM_S[number // each], chosen.first + number
        for pulse, found in insertion(make(seed, speed), own_rate=not chosen.still_rate):
            where, estimate = zone(pulse.threshold_ma), pulse.proximity
            for key in ("all", f"{speed:g} mm/s", where, law_name(seed), f"{speed:g} mm/s, {where}"):
                tally[key][seed].append(found)
            if estimate and estimate.threshold_ma and estimate.distance_mm:
                ratio = estimate.threshold_ma[2] / estimate.threshold_ma[0]
                widths[where].append((ratio, estimate.distance_mm[2] - estimate.distance_mm[0]))
    print(f"{'inside the 90 % interval':26}{'threshold':>18}{'distance':>18}{'pulses':>10}{'insertions':>12}")
    for key in sorted(tally):
        print(_line(key, tally[key]))
    for where, found_widths in sorted(widths.items()):
        ratio, width_mm = np.median(found_widths, axis=0)
        print(f"interval in {where}: threshold high / low {ratio:.2f}, distance {width_mm:.1f} mm (medians)")


if __name__ == "__main__":
    main()
