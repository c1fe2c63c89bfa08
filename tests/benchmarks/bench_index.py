"""Time to list the procedures of one store from its index: ``python -m tests.benchmarks.bench_index [N ...]``.

``N``: procedures in the store (default 10,000): one made journal with a first and a last line, since the index reads no
other, under as many names. The first list makes the index; the next ones find it, and stat every file again. Beside
the time on the clock stands the processor time, which other programs on the machine change less.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median

from guidance.journal.index import StoreIndex
from guidance.journal.index_filter import ProcedureFilter
from tests.worlds.made_department import FIRST, RecordedInsertion, insertions, make

REPEATS = 5


def listed_s(store: Path) -> tuple[float, float]:
    """Return the seconds to bring the index up to date and to search its rows: by the clock, and of the processor."""
    began, used = time.perf_counter(), time.process_time()
    with StoreIndex(store) as index:
        ProcedureFilter("femoral 2025").of(index.rows())
    return time.perf_counter() - began, time.process_time() - used


def row(home: Path, count: int, short: RecordedInsertion) -> str:
    """Return the row of the table for ``count`` procedures."""
    store = home / str(count)
    store.mkdir()
    (first,) = next(site.store for site in make(home / "one", 1, [short], notes=False)).iterdir()
    for number in range(count):
        folder = store / f"{FIRST + timedelta(hours=number):%Y%m%dT%H%M%SZ}-femoral"
        folder.mkdir()
        for path in first.iterdir():
            os.link(path, folder / path.name)
    made = listed_s(store)
    again = [listed_s(store) for _ in range(REPEATS)]
    clock, processor = (median(times) for times in zip(*again, strict=True))
    return f"| {count} | {made[0]:.2f} s ({made[1]:.2f} s) | {clock:.2f} s ({processor:.2f} s) |"


def main(counts: list[int]) -> None:
    """Print the table."""
    print("| procedures | first list, makes the index (processor) | list again, median (processor) |", flush=True)
    print("| --- | --- | --- |", flush=True)
    (made,) = insertions(1)
    short = RecordedInsertion([made.records[0], made.records[-1]])
    with tempfile.TemporaryDirectory() as home:
        for count in counts:
            print(row(Path(home), count, short), flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10_000])
