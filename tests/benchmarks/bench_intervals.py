"""What the estimate promises and keeps: share valid, error, and how often its 90 % intervals hold the truth.

``python -m tests.benchmarks.bench_intervals [--quick] [--insertions N] [--family tuned|held-out] [--still-rate]``. A
simulation, in closed loop at the program's own rate (with ``--still-rate`` at 2 pulses a second), detection as in
``nerves.World``. Half of the insertions are in nerves of axons, half in nerves whose threshold also drifts, jumps, and
rises with a withdrawal. No constant was set on the family ``held-out``. ``error / promised`` is the root mean square of
ln error over the standard deviation that the intervals promise (ln ratio / 3.29).
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.insertions import FAMILIES, Scored, family

DURATION_S = 25.0
_FEWEST = 20


def _line(name: str, scored: Scored, rows: NDArray[np.bool_]) -> str:
    """Return a row of the table: shares with their standard errors over insertions."""
    error = scored.error_ln[rows]
    rms = float(np.sqrt(np.mean(error**2)))
    cells = [
        f"{int(rows.sum())}",
        f"{100 * np.median(np.abs(np.expm1(error))):.1f} %",
        f"{rms:.3f}",
        f"{rms / scored.class_sd_ln(rows):.2f}",
        _share(scored, rows, scored.holds),
        _share(scored, rows, scored.holds_mm),
    ]
    return f"| {' | '.join([name, *cells])} |"


def _share(scored: Scored, rows: NDArray[np.bool_], holds: NDArray[np.bool_]) -> str:
    """Return a share in % with its standard error, insertions being drawn anew: the pulses of one share one nerve."""
    seeds, index = np.unique(scored.table["seed"][rows], return_inverse=True)
    held = np.bincount(index, holds[rows], len(seeds))
    pulses = np.bincount(index, minlength=len(seeds))
    share = held.sum() / pulses.sum()
    error = np.sqrt(np.sum((held - share * pulses) ** 2)) / pulses.sum()
    return f"{100 * share:.1f} ({100 * error:.1f})"


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
    valid = scored.valid.sum() / scored.reachable.sum()
    print(f"| {chosen.family}, {count} insertions: {valid:.1%} valid | pulses | median error | rms of ln error "
          "| error / promised | threshold holds, % | distance holds, % |")  # fmt: skip
    print(f"| {' | '.join(['---'] * 7)} |")
    for name, rows in scored.rows():
        if rows.sum() >= _FEWEST:
            print(_line(name, scored, rows))


if __name__ == "__main__":
    main()
