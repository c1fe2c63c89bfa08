"""Sensitivity beside measured artefacts: ``python -m tests.benchmarks.bench_detection [--quick]``.

Simulated procedures: a measured artefact shape (its gain jittered by 3 %), 8 uV RMS of noise between 20 Hz and 2 kHz,
8 uV of mains, and an M-wave jittered by 0.1 ms and 8 % of its width; the first five pulses are below threshold. A
figure is the response, peak to peak over the noise's RMS, of which 95 % are detected where 1 % / 0.1 % of empty sweeps
are too, one threshold for all procedures; never: not even at 48. All rows of a column judge the same sweeps, after the
first five pulses; that of the learned response judges such sweeps after six more pulses with a response. Columns
on fewer shapes are to be held against the 2 mV beside them. A procedure is misjudged where more than 30 % of its empty
sweeps have p < 0.01.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from tests.benchmarks.scorers import ours
from tests.benchmarks.scorers.peers import PEERS, Scorer
from tests.benchmarks.scorers.sensitivity import FALSE_RATES, RATIOS, Outcome, ideal
from tests.worlds.procedures import World, chosen_shapes, procedures

_MISJUDGED = 0.3
_NOMINAL = 2.0
_QUICK_SHAPES, _SOME_SHAPES = 16, 30

MAIN = {
    "2mV": World("2 mV"),
    "15mV": World("15 mV, clips", peak_uv=15_000.0),
    "varies": World("2 mV, +-25 %", current_spread=0.25),
}
FURTHER = {
    "some": World("2 mV"),
    "12ms": World("by 12 ms", decided_ms=12.0),
    "drift": World("drifts 1 %", drift=0.01),
    "30kHz": World("30 kHz", rate_hz=30_000.0),
    "60Hz": World("60 Hz mains", mains_hz=60.0),
    "synthetic": World("SYNTHETIC", synthetic=True),
}
COLUMNS = MAIN | FURTHER


@dataclass(frozen=True, slots=True)
class Row:
    """A chain: its name, how it scores, how many pulses teach it a response, and whether it is ours."""

    name: str
    scorer: Scorer
    taught: int = 0
    is_ours: bool = False


ROWS = {key: Row(name, scorer) for key, (name, scorer) in PEERS.items()} | {
    "unknown": Row("OURS, shape unknown", partial(ours.scores, learned=False), is_ours=True),
    "learned": Row("OURS, shape learned", partial(ours.scores, learned=True), ours.TAUGHT, is_ours=True),
}


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is tried: artefact shapes and procedures a cell (None: as many as ``column`` has by itself)."""

    shapes: int | None
    procedures: int | None
    quick: bool

    def of(self, column: str) -> tuple[int | None, int | None]:
        """Procedures and shapes of a column (None: one a shape; all shapes)."""
        usual = _QUICK_SHAPES if self.quick else _SOME_SHAPES if column in FURTHER else None
        return self.procedures, self.shapes or usual


def outcome(row: Row, world: World, count: int | None, shapes: int | None) -> Outcome:
    """Scores of a chain over all procedures of a world."""
    scores, whose = [], []
    for procedure in procedures(world, count, row.taught, shapes):
        scores.append(row.scorer(procedure, RATIOS))
        whose.append(np.full(scores[-1].shape[1], procedure.shape))
    return Outcome(np.concatenate(scores, axis=1), np.concatenate(whose))


def table(rows: Sequence[str], columns: Sequence[str], extent: Extent) -> None:
    """Print the table, and below it further figures of our rows."""
    width = 16
    print(f"{'':44}" + "".join(f"{COLUMNS[key].name:>{width}}" for key in columns))
    counts = [len(chosen_shapes(COLUMNS[key], extent.of(key)[1])) for key in columns]
    print(f"{'':44}" + "".join(f"{f'{count} shapes':>{width}}" for count in counts))
    bound = " / ".join(f"{ideal(rate, 10_000.0):.1f}" for rate in FALSE_RATES)
    print(f"{'bound: no artefact, no mains, shape known':44}" + "".join(f"{bound:>{width}}" for _ in columns))
    asides = []
    for row in rows:
        print(f"{ROWS[row].name:44}", end="", flush=True)
        for column in columns:
            found = outcome(ROWS[row], COLUMNS[column], *extent.of(column))
            print(f"{_cell(found):>{width}}", end="", flush=True)
            asides += [_aside(row, column, found)] if ROWS[row].is_ours else []
        print()
    print("\n".join(asides))


def _cell(found: Outcome) -> str:
    needed = [found.needed(rate) for rate in FALSE_RATES]
    return " / ".join("never" if value is None else f"{value:.1f}" for value in needed)


def _aside(row: str, column: str, found: Outcome) -> str:
    """False rate at the nominal one, and the procedures misjudged."""
    empty = found.scores[0]
    shares = found.false_share(_NOMINAL)
    misjudged = np.unique(found.procedure)[shares > _MISJUDGED].tolist()
    but = f" {misjudged}; without {_cell(found.without(misjudged))}" if misjudged else ""
    power = found.reached(_NOMINAL)
    surely = "never" if power is None else f"from {power:.1f} x"
    return (
        f"{ROWS[row].name}, {COLUMNS[column].name}: p < 0.01 on {np.mean(empty > _NOMINAL):.2%} and p < 0.001 on "
        f"{np.mean(empty > _NOMINAL + 1):.2%} of {len(empty)} empty sweeps, and on 95 % of responses {surely}; "
        f"misjudged {len(misjudged)} of {len(shares)} shapes{but}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=int, help="use so many of the shapes only, in every cell")
    parser.add_argument("--procedures", type=int, help="so many procedures a cell (default: one a shape)")
    parser.add_argument("--quick", action="store_true", help=f"the main columns, {_QUICK_SHAPES} shapes")
    parser.add_argument("--rows", help=f"of {','.join(ROWS)}")
    parser.add_argument("--columns", help=f"of {','.join(COLUMNS)}")
    options = parser.parse_args()
    rows = _chosen(parser, options.rows, ROWS, list(ROWS))
    columns = _chosen(parser, options.columns, COLUMNS, list(MAIN if options.quick else COLUMNS))
    try:
        table(rows, columns, Extent(options.shapes, options.procedures, options.quick))
    except pytest.skip.Exception as lacking:
        parser.exit(1, f"the benchmark {lacking}\n")


def _chosen(parser: argparse.ArgumentParser, named: str | None, known: Iterable[str], usual: list[str]) -> list[str]:
    if named is None:
        return usual
    unknown = [name for name in named.split(",") if name not in known]
    if unknown:
        parser.error(f"no {unknown[0]!r} here; choose from {', '.join(known)}")
    return named.split(",")


if __name__ == "__main__":
    main()
