"""What the estimate promises and keeps: share valid, error, and how often its 90 % intervals hold the truth.

``python -m tests.benchmarks.bench_intervals [--quick] [--insertions N] [--family tuned|held-out] [--still-rate]``. A
simulation, in closed loop at the program's own rate (with ``--still-rate`` at 2 pulses a second), detection as in
``nerves.World``. Half of the insertions are in nerves of axons, half in nerves whose threshold also drifts, jumps, and
rises with a withdrawal. No constant was set on the family ``held-out``. ``error / promised`` is the root mean square of
ln error over the standard deviation that the intervals promise (ln ratio / 3.29).
"""

from __future__ import annotations

import argparse

from tests.benchmarks.coverage import coverage_lines
from tests.benchmarks.insertions import FAMILIES, Scored, family

DURATION_S = 25.0


def main() -> None:
    """Print the share of valid estimates, then a row for each class of width, zone and speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--insertions", type=int, default=400)
    parser.add_argument("--quick", action="store_true", help="32 insertions")
    parser.add_argument("--family", choices=FAMILIES, default="held-out")
    parser.add_argument("--still-rate", action="store_true", help="2 pulses a second throughout")
    chosen = parser.parse_args()
    count = 32 if chosen.quick else chosen.insertions
    scored = Scored(family(chosen.family, count, DURATION_S, own_rate=not chosen.still_rate))
    print("\n".join(coverage_lines(f"{chosen.family}, {count} insertions", scored)))


if __name__ == "__main__":
    main()
