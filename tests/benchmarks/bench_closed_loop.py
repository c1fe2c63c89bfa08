"""Whole insertions in a closed loop behind each front end: ``python -m tests.benchmarks.bench_closed_loop [N]``.

``N`` insertions a kind (default 8) on the trial's simulated patients, in virtual time: engine, controller, interlock
and the estimate as the screen reads it. ``false near``: pulses after which the screen says target or close while the
true threshold is more than three times where that zone begins. ``cannot tell``: share of the sweeps, and why.
``longest``: most pulses in a row that could not tell (median insertion, worst). A simulation; no constant is tuned on
these seeds.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from drivers.simulated.front_ends import KINDS
from guidance.contracts.events import Proximity, Response
from guidance.contracts.origin import Origin
from guidance.contracts.zones import edges_of
from guidance.engine.snapshot_builder import SessionState
from guidance.trial.score import is_far_named
from guidance.trial.world import SimulatedInsertion
from guidance.ui.estimate import EstimateReader

SEED = 90_210
_SESSION = SessionState("simulated", Origin(live=True, simulated=True))


@dataclass(slots=True)
class Row:
    """What was counted behind one front end."""

    pulses: int = 0
    valid: int = 0
    near: int = 0
    false_near: int = 0
    ln_errors: list[float] = field(default_factory=list)
    why: Counter[str] = field(default_factory=Counter)
    longest: list[int] = field(default_factory=list)

    def add(self, other: Row) -> None:
        """Add the counts of ``other``."""
        self.pulses, self.valid = self.pulses + other.pulses, self.valid + other.valid
        self.near, self.false_near = self.near + other.near, self.false_near + other.false_near
        self.ln_errors += other.ln_errors
        self.why.update(other.why)
        self.longest += other.longest


def row_of(insertion: SimulatedInsertion) -> Row:
    """Run ``insertion`` and count what the screen says after each pulse."""
    row, reader = Row(), EstimateReader()
    spans = edges_of(insertion.engine.settings.protocol).spans()
    run = longest = 0
    for truth, records in insertion.turns():
        for timed in records:
            record = timed.record
            if isinstance(record, Response):
                run = run + 1 if record.contaminated else 0
                longest = max(longest, run)
                row.why.update([record.doubt or "unfit"] if record.contaminated else [])
            elif isinstance(record, Proximity):
                shown = reader.read(insertion.engine.snapshot(_SESSION))
                zone = shown.zone if shown.why is None else None
                row.pulses += 1
                row.near += zone in {"target", "close"}
                row.false_near += is_far_named(zone, truth.threshold_ma, spans)
                if shown.why is None and shown.threshold_ma is not None:
                    row.valid += 1
                    row.ln_errors.append(float(np.log(shown.threshold_ma[1] / truth.threshold_ma)))
    row.longest.append(longest)
    return row


HEADER = (
    f"{'front end':15}{'pulses':>7}{'valid':>7}{'rms':>7}{'median':>8}{'near':>6}{'false near':>11}{'cannot tell':>12}"
    f"{'longest':>10}  why not"
)


def line(name: str, row: Row) -> str:
    """Return one line of the table."""
    errors = np.array(row.ln_errors or [np.nan])
    unknown = sum(row.why.values())
    reasons = ", ".join(f"{word} {100 * n / max(row.pulses, 1):.1f}" for word, n in row.why.most_common())
    longest = f"{np.median(row.longest):.0f}, {max(row.longest)}"
    return (
        f"{name:15}{row.pulses:>7}{row.valid / max(row.pulses, 1):>7.2f}{np.sqrt(np.mean(errors**2)):>7.3f}"
        f"{100 * np.median(np.abs(np.expm1(errors))):>7.1f}%{row.near:>6}{row.false_near:>11}"
        f"{100 * unknown / max(row.pulses, 1):>11.1f}%{longest:>10}  {reasons}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("insertions", nargs="?", type=int, default=8, help="insertions a front end (default 8)")
    parser.add_argument("--only", default="", help="front ends whose name holds this")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    print(HEADER, flush=True)
    every, began = Row(), time.process_time()
    for kind in (kind for kind in KINDS if options.only in kind):
        total = Row()
        for world in range(options.insertions):
            total.add(row_of(SimulatedInsertion(options.seed, world, "generic-block", kind)))
        print(line(kind, total), flush=True)
        every.add(total)
    print(line("all", every))
    print(f"CPU a pulse, the patient's included: {1e3 * (time.process_time() - began) / max(every.pulses, 1):.1f} ms")


if __name__ == "__main__":
    main()
