"""Whether a needle that moves is seen to become sharper or duller within half a second, and one that rests is not.

``uv run python -m tests.benchmarks.bench_needle_change [NEEDLES] [--tune]`` (24 that move, and as many that rest).
SIMULATED muscles; truth is the steepest slope that any unit in use has at the tip. A change begins where it has grown
or fallen by 42 % within 0.6 s. ``--tune`` takes the seeds on which constants are tuned.
"""

from __future__ import annotations

import argparse

import numpy as np

from guidance.needle_emg.potential_detector import PotentialDetector
from guidance.needle_emg.tendency import DULLER, SHARPER, Tendency
from tests.worlds.moving_needle import BEGINS_S, RATE_HZ, REPORT, STEP_S, TUNE, MovedNeedle, moved_needle

WITHIN_S, LEAST_LN, OVER = 0.5, 0.35, round(0.6 / STEP_S)
EARLY_S, SETTLED_S = 0.1, 1.5


def changes(needle: MovedNeedle) -> list[tuple[float, str | None]]:
    """Return when each potential of ``needle`` was known in s, and the change with it."""
    tendency = Tendency(RATE_HZ)
    return [(each.known_at / RATE_HZ, tendency.add(each)) for each in PotentialDetector(RATE_HZ).feed(needle.uv)]


def true_change(needle: MovedNeedle) -> tuple[float, str] | None:
    """Return when the first change of ``needle`` begins in s, and what it is; None where there is none."""
    grown = np.log(needle.sharpness[OVER:] / needle.sharpness[:-OVER])
    at_s = (np.arange(len(grown)) + OVER) * STEP_S
    large = np.flatnonzero((np.abs(grown) > LEAST_LN) & (at_s > BEGINS_S))
    return (float(at_s[large[0]]), SHARPER if grown[large[0]] > 0 else DULLER) if len(large) else None


def main() -> None:
    """Print a row for each direction of change, and one for needles that rest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("needles", nargs="?", type=int, default=24)
    parser.add_argument("--tune", action="store_true")
    options = parser.parse_args()
    family = TUNE if options.tune else REPORT
    firsts: dict[str, list[tuple[str | None, float]]] = {SHARPER: [], DULLER: []}
    for number in range(options.needles):
        needle = moved_needle(family, number)
        if (true := true_change(needle)) is not None:
            began_s, what = true
            within = [(at, each) for at, each in changes(needle) if began_s - EARLY_S <= at <= began_s + WITHIN_S]
            firsts[what].append(next(((each, at - began_s) for at, each in within if each), (None, np.nan)))
    print(f"SIMULATED muscles, {options.needles} needles that move and {options.needles} that rest\n")
    for what, found in firsts.items():
        right = [late for each, late in found if each == what]
        wrong = sum(each not in {what, None} for each, _ in found)
        late = f"{np.median(right):.2f} s" if right else "-"
        print(f"{what}: {len(right)} of {len(found)} within {WITHIN_S} s, median {late}; {wrong} the wrong way")
    resting = [changes(moved_needle(family, number, rests=True)) for number in range(options.needles)]
    shares = [np.mean([each is not None for at, each in found if at > SETTLED_S]) for found in resting]
    print(f"at rest: a change is shown at {np.mean(shares):.1%} of potentials")


if __name__ == "__main__":
    main()
