"""Whole insertions in a closed loop behind each front end: ``python -m tests.benchmarks.bench_closed_loop [N]``.

``N`` insertions a kind (default 8) on the trial's simulated patients, in virtual time: engine, controller, interlock
and the estimate as the screen reads it. ``valid``: share of the pulses, and of those with the threshold in reach in the
second table. ``false near``: pulses after which the screen says target or close while the true threshold is more than
three times where that zone begins. ``restarts``: how often the program took the response for another nerve's; there is
one nerve, so each is false. ``cannot tell``: share of the sweeps, and why. ``longest``: most pulses in a row that could
not tell (median insertion, worst). The second table, of all front ends, has errors and coverage by the interval's
width, zone and speed, as ``bench_intervals``. A simulation; no constant is tuned on these seeds.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, deque
from dataclasses import dataclass, field

import numpy as np

from drivers.simulated.front_ends import KINDS
from guidance.contracts.events import Entry, Proximity, Response, Stimulus
from guidance.contracts.origin import Origin
from guidance.contracts.zones import edges_of
from guidance.engine.snapshot_builder import SessionState
from guidance.trial.score import Truth, is_far_named
from guidance.trial.world import SAMPLE_RATE_HZ, SimulatedInsertion
from guidance.ui.estimate import EstimateReader
from tests.benchmarks.coverage import coverage_lines
from tests.benchmarks.insertions import NOT_KNOWN, PULSE, Scored

SEED = 90_210
_SESSION = SessionState("simulated", Origin(live=True, simulated=True))


@dataclass(slots=True)
class Row:
    """What was counted behind one front end; ``pulses`` are rows of ``insertions.PULSE``."""

    pulses: list[tuple[object, ...]] = field(default_factory=list)
    false_near: int = 0
    restarts: int = 0
    why: Counter[str] = field(default_factory=Counter)
    longest: list[int] = field(default_factory=list)

    def add(self, other: Row) -> None:
        """Add the counts of ``other``."""
        self.pulses += other.pulses
        self.false_near, self.restarts = self.false_near + other.false_near, self.restarts + other.restarts
        self.why.update(other.why)
        self.longest += other.longest


class Watched:
    """One insertion, and what the screen says after each of its pulses."""

    def __init__(self, number: int, insertion: SimulatedInsertion) -> None:
        """Watch ``insertion``, known by ``number``."""
        self._number, self._insertion, self._reader = number, insertion, EstimateReader()
        self._spans = edges_of(insertion.engine.settings.protocol).spans()
        self._truths: deque[Truth] = deque(maxlen=1000)
        self._response: Response | None = None
        self._current_ma: float | None = None

    def row(self) -> Row:
        """Run the insertion, and return what was counted."""
        row, run, longest = Row(), 0, 0
        for truth, records in self._insertion.turns():
            self._truths.append(truth)
            for record in (timed.record for timed in records):
                if isinstance(record, Stimulus):
                    self._current_ma = record.current_ma
                elif isinstance(record, Response):
                    self._response = record
                    run = run + 1 if record.contaminated else 0
                    longest = max(longest, run)
                    row.why.update([record.doubt or "unfit"] if record.contaminated else [])
                elif isinstance(record, Proximity):
                    self._count(row, record)
                elif isinstance(record, Entry):
                    row.restarts += record.what == "response-changed"
        row.longest.append(longest)
        return row

    def _count(self, row: Row, record: Proximity) -> None:
        """Count what the screen says of ``record``, against the truth at its pulse."""
        at_s = record.sample / SAMPLE_RATE_HZ
        truth = min(self._truths, key=lambda one: abs(one.t - at_s))
        shown = self._reader.read(self._insertion.engine.snapshot(_SESSION))
        zone = shown.zone if shown.why is None else None
        row.false_near += is_far_named(zone, truth.threshold_ma, self._spans)
        response = self._response
        row.pulses.append((
            self._number, truth.speed_mm_s, at_s, truth.threshold_ma, max(truth.distance_mm, 0.0), np.nan,
            self._current_ma if self._current_ma is not None else np.nan, bool(response and response.detected),
            bool(response and response.contaminated), shown.why is None and shown.threshold_ma is not None,
            shown.threshold_ma or NOT_KNOWN, shown.distance_mm or NOT_KNOWN,
            tuple((record.zone_probability or {}).values()) or (0.0,) * 5, zone or "",
        ))  # fmt: skip


HEADER = (
    f"{'front end':15}{'pulses':>7}{'valid':>7}{'rms':>7}{'median':>8}{'near':>6}{'false near':>11}{'restarts':>9}"
    f"{'cannot tell':>12}{'longest':>10}  why not"
)


def line(name: str, row: Row) -> str:
    """Return one line of the table."""
    table = np.array(row.pulses, PULSE)
    valid = table["valid"]
    errors = np.log(table["ma"][valid, 1] / table["true_ma"][valid]) if valid.any() else np.array([np.nan])
    count, unknown = max(len(table), 1), sum(row.why.values())
    near = int(np.isin(table["said"], ("target", "close")).sum())
    reasons = ", ".join(f"{word} {100 * n / count:.1f}" for word, n in row.why.most_common())
    longest = f"{np.median(row.longest):.0f}, {max(row.longest)}"
    return (
        f"{name:15}{len(table):>7}{valid.mean():>7.2f}{np.sqrt(np.mean(errors**2)):>7.3f}"
        f"{100 * np.median(np.abs(np.expm1(errors))):>7.1f}%{near:>6}{row.false_near:>11}{row.restarts:>9}"
        f"{100 * unknown / count:>11.1f}%{longest:>10}  {reasons}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("insertions", nargs="?", type=int, default=8, help="insertions a front end (default 8)")
    parser.add_argument("--only", default="", help="front ends whose name holds this")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    kinds = [kind for kind in KINDS if options.only in kind]
    if not kinds:
        parser.error(f"no front end's name holds {options.only!r}; there are {', '.join(KINDS)}")
    print(HEADER, flush=True)
    every, began = Row(), time.process_time()
    for number, kind in enumerate(kinds):
        total = Row()
        for world in range(options.insertions):
            insertion = SimulatedInsertion(options.seed, world, "generic-block", kind)
            total.add(Watched(number * options.insertions + world, insertion).row())
        print(line(kind, total), flush=True)
        every.add(total)
    print(line("all", every))
    print(f"CPU a pulse, the patient's included: {1e3 * (time.process_time() - began) / len(every.pulses):.1f} ms\n")
    print("\n".join(coverage_lines(f"{len(every.longest)} insertions", Scored(np.array(every.pulses, PULSE)))))


if __name__ == "__main__":
    main()
