"""How late the alarm is when the true threshold passes the lower bound (0.2 mA), how often missed, how often false.

``python -m tests.benchmarks.bench_too_close [--quick] [--insertions N] [--family tuned|held-out] [--still-rate]``. A
simulation at the program's own rate, or with ``--still-rate`` at 2 pulses a second; worlds as in ``bench_intervals``,
at 0.5, 1 and 2 mm/s. The alarm is the program's own: it begins where ``close`` has a probability of 0.5 or more,
whether the estimate is valid or not, and ends after some estimates below that. A passage counts where the threshold
stays at or below the bound for 1.5 s. False is an alarm during which the true threshold never came within 10 % of the
bound.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from guidance.alarms.board import AlarmBoard
from guidance.alarms.health import HealthMonitor
from guidance.contracts.events import Proximity
from guidance.contracts.zones import ZONES
from tests.benchmarks.insertions import FAMILIES, Table, family
from tests.worlds.tracking import LOWER_BOUND_MA

DURATION_S = 30.0
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


def alarms(table: Table) -> NDArray[np.bool_]:
    """Return at which pulses of one insertion the alarm holds."""
    board = AlarmBoard()
    health = HealthMonitor(board, 10_000.0)
    held = []
    for row in table:
        shares = dict(zip(ZONES, row["probability"].tolist(), strict=True)) if row["probability"].any() else None
        health.too_close(Proximity(0, None, None, None, None, shares, valid=bool(row["valid"]), why=None))
        held.append(board.holds("too-close"))
    return np.array(held)


def stretches(holds: NDArray[np.bool_]) -> Iterator[slice]:
    """Yield where ``holds`` is true without a break."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(int), [0]])))
    yield from (slice(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True))


def score(table: Table, found: Score) -> None:
    """Add one insertion."""
    found.insertions += 1
    held, t = alarms(table), table["t_s"]
    for passage in stretches(table["true_ma"] <= LOWER_BOUND_MA):
        if t[passage.stop - 1] - t[passage.start] < STAYS_S:
            continue
        during = np.flatnonzero(held[passage])
        if len(during):
            found.delays_s.append(float(t[passage.start + during[0]] - t[passage.start]))
            found.pulses.append(int(during[0]))
        else:
            found.missed += 1
    for alarm in stretches(held):
        found.false += bool(table["true_ma"][alarm].min() > NEARLY * LOWER_BOUND_MA)


def main() -> None:
    """Print the delays, the passages missed, and the false alarms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--insertions", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="30 insertions")
    parser.add_argument("--family", choices=FAMILIES, default="held-out")
    parser.add_argument("--still-rate", action="store_true", help="2 pulses a second throughout")
    chosen = parser.parse_args()
    count, found = 30 if chosen.quick else chosen.insertions, Score()
    table = family(chosen.family, count, DURATION_S, own_rate=not chosen.still_rate, speeds=SPEEDS_MM_S)
    for seed in np.unique(table["seed"]):
        score(table[table["seed"] == seed], found)
    passages, false = len(found.delays_s) + found.missed, 100 * found.false / found.insertions
    print(f"{passages} passages in {found.insertions} {chosen.family} insertions: {found.missed} missed")
    print(f"false alarms: {false:.1f} per 100 insertions")
    if found.delays_s:
        delays_s, pulses = np.percentile(found.delays_s, [50, 90]), np.percentile(found.pulses, [50, 90])
        print("delay after the first pulse below the bound, median and 90 %: "
              f"{pulses[0]:.0f} and {pulses[1]:.0f} pulses, {delays_s[0]:.2f} and {delays_s[1]:.2f} s")  # fmt: skip


if __name__ == "__main__":
    main()
