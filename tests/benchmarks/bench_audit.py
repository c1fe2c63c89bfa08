"""Time and memory of an audit of a made department, SIMULATED: ``python -m tests.benchmarks.bench_audit [N ...]``.

``N``: procedures over 20 sites (default 100 and 2,000; those of more than 2,000 have neither case sheet nor note).
Index and facts are made from the journals with one and two processes, then the audit is run again from the index, and
then all stores are listed. Each audit runs in a process of its own; the largest memory of one process is shown.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path

from guidance.audit.run import Site, on_processes, on_this_machine, run_audit
from guidance.journal.index import INDEX_NAME, StoreIndex
from tests.worlds.made_department import TODAY, insertions, make

INSERTIONS = 16
"""Different insertions that the procedures repeat."""
MOST_NOTES = 2000


def timed_audit(sites: list[Site], jobs: int) -> tuple[float, float, object]:
    """Run an audit; return its seconds, the largest memory of this process in MB, and its counts."""
    began = time.perf_counter()
    with on_processes(jobs) if jobs > 1 else nullcontext(on_this_machine) as each:
        audit = run_audit(sites, TODAY, simulated=True, each=each)
    seconds = time.perf_counter() - began
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return seconds, memory / 1e3, (audit.figures.procedures, audit.counts)


def apart(sites: list[Site], jobs: int) -> tuple[float, float, object]:
    """Run ``timed_audit`` in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(timed_audit, sites, jobs).result()


def without_index(sites: list[Site]) -> None:
    """Delete the indexes of ``sites``."""
    for site in sites:
        (site.store / INDEX_NAME).unlink(missing_ok=True)


def row(home: Path, count: int, made: list) -> str:  # type: ignore[type-arg]
    """Return the row of the table for ``count`` procedures."""
    sites = make(home / str(count), count, made, notes=count <= MOST_NOTES)
    found = []
    for jobs in (1, 2):
        without_index(sites)
        found.append(apart(sites, jobs))
    again = apart(sites, 1)
    assert len({str(sorted(map(str, each[2][1].items()))) for each in (*found, again)}) == 1  # type: ignore[index]
    began = time.perf_counter()
    for site in sites:
        with StoreIndex(site.store) as index:
            index.rows()
    listed = time.perf_counter() - began
    cells = [*(f"{seconds:.1f} s" for seconds, _, _ in found), f"{again[0]:.1f} s", f"{listed:.2f} s"]
    return f"| {found[0][2][0]} | {' | '.join(cells)} | {max(each[1] for each in found):.0f} MB |"  # type: ignore[index]


def main(counts: list[int]) -> None:
    """Print the table."""
    print("| procedures | first audit, 1 process | 2 processes | audit again | list | memory |", flush=True)
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    made = insertions(INSERTIONS)
    with tempfile.TemporaryDirectory() as home:
        for count in counts:
            print(row(Path(home), count, made), flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [100, MOST_NOTES])
