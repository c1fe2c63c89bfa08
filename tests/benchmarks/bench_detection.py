"""Sensitivity beside measured artefacts, ours and the field's: ``python -m tests.benchmarks.bench_detection [--quick]``.

Simulated procedures: a measured artefact shape (its gain jittered by 3 %), 8 uV RMS of noise between 20 Hz and 2 kHz,
8 uV of mains, and an M-wave jittered by 0.1 ms and 8 % of its width; the first five pulses are below threshold. A figure
is the response, peak to peak over the noise's RMS, of which 95 % are detected where 1 % / 0.1 % of empty sweeps are too,
one threshold for all procedures; never: not even at 48. All rows judge the same sweeps. A procedure is misjudged where
more than 30 % of its empty sweeps have p < 0.01.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.worlds import ours
from tests.benchmarks.worlds.peers import PEERS, Scorer
from tests.benchmarks.worlds.procedures import World, procedures
from tests.benchmarks.worlds.sensitivity import FALSE_RATES, RATIOS, Outcome, ideal

_MISJUDGED = 0.3
_NOMINAL = 2.0
_QUICK_SHAPES, _SOME_SHAPES = 20, 36

MAIN = {
    "2mV": World("2 mV"),
    "15mV": World("15 mV, clips", peak_uv=15_000.0),
    "varies": World("2 mV, +-25 %", current_spread=0.25),
}
FURTHER = {
    "drift": World("drifts 1 %", drift=0.01),
    "30kHz": World("30 kHz", rate_hz=30_000.0),
    "60Hz": World("60 Hz mains", mains_hz=60.0),
    "synthetic": World("SYNTHETIC", synthetic=True),
}
COLUMNS = MAIN | FURTHER


@dataclass(frozen=True, slots=True)
class Row:
    """A chain: its name, whether it is ours, how many pulses teach it a response, and how it scores."""

    name: str
    scorer: Scorer
    taught: int = 0
    is_ours: bool = False


def _ours(window_ms: tuple[float, float], *, learned: bool) -> Scorer:
    return lambda procedure, ratios: ours.scores(procedure, window_ms, ratios, learned=learned)


ROWS = {key: Row(name, scorer) for key, (name, scorer) in PEERS.items()} | {
    "unknown": Row("OURS, shape unknown", _ours(ours.WINDOW_MS, learned=False), is_ours=True),
    "learned": Row("OURS, shape learned", _ours(ours.WINDOW_MS, learned=True), ours.TAUGHT, is_ours=True),
    "unknown12": Row("OURS, unknown, decided at 12 ms", _ours(ours.EARLY_MS, learned=False), is_ours=True),
    "learned12": Row("OURS, learned, decided at 12 ms", _ours(ours.EARLY_MS, learned=True), ours.TAUGHT, is_ours=True),
}
_EARLY = ("unknown12", "learned12")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is tried: shapes and procedures a cell (None: all, one a shape)."""

    shapes: int | None
    procedures: int | None
    quick: bool

    def cell(self, row: str, column: str) -> Callable[[], Outcome]:
        """What computes the cell; ours costs most and takes fewer shapes beside the three main columns."""
        few = _QUICK_SHAPES if self.quick else _SOME_SHAPES if column in FURTHER or row in _EARLY else None
        shapes = self.shapes or (few if ROWS[row].is_ours else None)
        return lambda: outcome(ROWS[row], COLUMNS[column], self.procedures, shapes)


def outcome(row: Row, world: World, count: int | None, shapes: int | None) -> Outcome:
    """Scores of a chain over all procedures of a world."""
    scores, whose = [], []
    for procedure in procedures(world, count, row.taught, shapes):
        scores.append(row.scorer(procedure, RATIOS))
        whose.append(np.full(scores[-1].shape[1], procedure.shape))
    return Outcome(np.concatenate(scores, axis=1), np.concatenate(whose))


def table(rows: Sequence[str], columns: Sequence[str], extent: Extent) -> None:
    """Print the table, and below it what else is to be said of our rows."""
    width = 14
    print(f"{'':44}" + "".join(f"{COLUMNS[key].name:>{width}}" for key in columns))
    bound = " / ".join(f"{ideal(rate, 10_000.0):.1f}" for rate in FALSE_RATES)
    print(f"{'bound: no artefact, no mains, shape known':44}" + "".join(f"{bound:>{width}}" for _ in columns))
    asides = []
    for row in rows:
        print(f"{ROWS[row].name:44}", end="", flush=True)
        for column in columns:
            found = extent.cell(row, column)()
            print(f"{_cell(found):>{width}}", end="", flush=True)
            asides += [_aside(row, column, found)] if ROWS[row].is_ours else []
        print()
    print("\n".join(asides))


def _cell(found: Outcome) -> str:
    needed = [found.needed(rate) for rate in FALSE_RATES]
    return " / ".join(f"{value:.1f}" if value else "never" for value in needed)


def _aside(row: str, column: str, found: Outcome) -> str:
    """False rate at the nominal one, and the procedures misjudged."""
    empty = found.scores[0]
    shares = found.false_share(_NOMINAL)
    misjudged = np.unique(found.procedure)[shares > _MISJUDGED].tolist()
    left = found.without(misjudged)
    but = f"; without it {_cell(left)}" if misjudged else ""
    return (
        f"{ROWS[row].name}, {COLUMNS[column].name}: p < 0.01 on {np.mean(empty > _NOMINAL):.2%} and p < 0.001 on "
        f"{np.mean(empty > _NOMINAL + 1):.2%} of {len(empty)} empty sweeps; misjudged {len(misjudged)} of {len(shares)} "
        f"shapes {misjudged or ''}{but}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=int, help="use so many of the shapes only, in every cell")
    parser.add_argument("--procedures", type=int, help="so many procedures a cell (default: one a shape)")
    parser.add_argument("--quick", action="store_true", help=f"main columns; ours on {_QUICK_SHAPES} shapes")
    parser.add_argument("--rows", help=f"of {','.join(ROWS)}")
    parser.add_argument("--columns", help=f"of {','.join(COLUMNS)}")
    options = parser.parse_args()
    rows = _chosen(parser, options.rows, ROWS, [row for row in ROWS if not (options.quick and row in _EARLY)])
    columns = _chosen(parser, options.columns, COLUMNS, list(MAIN if options.quick else COLUMNS))
    table(rows, columns, Extent(options.shapes, options.procedures, options.quick))


def _chosen(parser: argparse.ArgumentParser, named: str | None, known: Sequence[str], usual: list[str]) -> list[str]:
    if named is None:
        return usual
    unknown = [name for name in named.split(",") if name not in known]
    if unknown:
        parser.error(f"no {unknown[0]!r} here; choose from {', '.join(known)}")
    return named.split(",")


if __name__ == "__main__":
    main()
