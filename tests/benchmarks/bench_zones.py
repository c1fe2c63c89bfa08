"""Zone words against truth: of the estimates that named a zone with some probability, how many were in it.

``python -m tests.benchmarks.bench_zones [--quick] [--insertions N] [--family tuned|held-out]``. A simulation; worlds as
in ``bench_intervals``. Valid estimates only, since no other one names a zone; the last lines count pulses at which the
screen said target or close though the true threshold was more than three times that zone's edge.
"""

from __future__ import annotations

import argparse
import itertools

import numpy as np

from guidance.contracts.zones import ZONES
from tests.benchmarks.insertions import FAMILIES, Scored, family
from tests.worlds.tracking import LOWER_BOUND_MA, TARGET_MA

DURATION_S = 25.0
GROSS = 3.0
_BINS = (0.0, 0.5, 0.7, 0.85, 0.95, 0.99, 1.01)
_FEWEST = 20
_EDGES_MA = {"target": TARGET_MA, "close": LOWER_BOUND_MA}


def main() -> None:
    """Print a row for each zone and range of probability, then the gross errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--insertions", type=int, default=400)
    parser.add_argument("--quick", action="store_true", help="32 insertions")
    parser.add_argument("--family", choices=FAMILIES, default="held-out")
    chosen = parser.parse_args()
    count = 32 if chosen.quick else chosen.insertions
    scored = Scored(family(chosen.family, count, DURATION_S))
    table = scored.table
    likeliest = table["probability"].argmax(axis=1)
    probability = table["probability"].max(axis=1)
    print(f"{chosen.family} worlds, {count} insertions: zone named, its probability (mean), and how often it was right")
    for number, zone in enumerate(ZONES):
        for low, high in itertools.pairwise(_BINS):
            rows = scored.valid & (likeliest == number) & (probability >= low) & (probability < high)
            if rows.sum() >= _FEWEST:
                right = float(np.mean(scored.zone[rows] == zone))
                print(f"{zone:10} {probability[rows].mean():6.1%} {right:6.1%} {int(rows.sum()):7} pulses")
    for zone, edge_ma in _EDGES_MA.items():
        named = table["valid"] & (table["said"] == zone)
        gross = named & (table["true_ma"] > GROSS * edge_ma)
        print(f"{zone} named {int(named.sum())} times, {int(gross.sum())} of them above {GROSS:g} times its edge, in "
              f"{len(np.unique(table['seed'][gross]))} insertions")  # fmt: skip


if __name__ == "__main__":
    main()
