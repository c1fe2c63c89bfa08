"""Time to list the procedures of one store from its index: ``python -m tests.benchmarks.bench_index [N ...]``.

``N``: procedures in the store (default 10,000). Their journals have a first and a last line alone, since the index
reads no other. The first list makes the index; the next ones find it, and stat every file again. The last column is
the whole command ``procedures list`` with two words to search for, as a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from guidance.journal.index import StoreIndex
from guidance.journal.index_filter import ProcedureFilter
from tests.worlds.made_department import RecordedInsertion, insertions, make

REPEATS = 5


def listed_s(store: Path) -> float:
    """Return the seconds to bring the index up to date and to search its rows."""
    began = time.perf_counter()
    with StoreIndex(store) as index:
        ProcedureFilter("femoral 2025").of(index.rows())
    return time.perf_counter() - began


def command_s(store: Path) -> float:
    """Return the seconds of the whole command."""
    began = time.perf_counter()
    words = [sys.executable, "-m", "guidance", "procedures", "list", "femoral", "2025", "--store", str(store)]
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - began


def row(home: Path, count: int, short: RecordedInsertion) -> str:
    """Return the row of the table for ``count`` procedures."""
    store = home / str(count)
    store.mkdir()
    for site in make(home / f"sites-{count}", count, [short], notes=False):
        for folder in site.store.iterdir():
            folder.rename(store / folder.name)
    first = listed_s(store)
    again = median(listed_s(store) for _ in range(REPEATS))
    whole = median(command_s(store) for _ in range(REPEATS))
    return f"| {count} | {first:.2f} s | {again:.2f} s | {whole:.2f} s |"


def main(counts: list[int]) -> None:
    """Print the table."""
    print("| procedures | first list, makes the index | list again, median | the whole command, median |", flush=True)
    print("| --- | --- | --- | --- |", flush=True)
    (made,) = insertions(1)
    short = RecordedInsertion(made.engine, [made.records[0], made.records[-1]])
    with tempfile.TemporaryDirectory() as home:
        for count in counts:
            print(row(Path(home), count, short), flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [10_000])
