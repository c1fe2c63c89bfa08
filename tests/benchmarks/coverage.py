"""The table of coverage: errors and how often the 90 % intervals hold the truth, by width, zone and speed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.insertions import Scored

_FEWEST = 20
"""A row of fewer pulses is left out."""


def coverage_lines(name: str, scored: Scored) -> Iterator[str]:
    """Yield the lines of the table ``name``: the share valid of the pulses in reach, then a row for each class of
    width, zone and speed.
    """
    valid = scored.valid.sum() / scored.reachable.sum()
    yield (
        f"| {name}: {valid:.1%} valid | pulses | median error | rms of ln error | error / promised "
        "| threshold holds, % | distance holds, % |"
    )
    yield f"| {' | '.join(['---'] * 7)} |"
    for row_name, rows in scored.rows():
        if rows.sum() >= _FEWEST:
            yield _line(row_name, scored, rows)


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
