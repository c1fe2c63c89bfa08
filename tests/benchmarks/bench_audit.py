"""Time and memory of an audit of a made department, SIMULATED: ``python -m tests.benchmarks.bench_audit [N ...]``.

``N``: procedures over 20 sites (default 100 and 2,000), each with case sheet, note and follow-up. Index and facts are
made from the journals with one and with two processes, each time without an index; then the audit is run again from
the index, and all stores are listed. Each audit runs in a process of its own; in brackets is the processor time of all
its processes, which other programs on the machine change less, and the largest memory of one process is shown. The
counts of all audits must be equal, and up to 2,000 procedures equal to those of a plain loop over the journals. Of
20,000, the journals take about 5 GB: name a roomy disk with TMPDIR.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from guidance.audit.counts import MISSING, PROCEDURES, CellCounts
from guidance.audit.run import Site, on_processes, on_this_machine, run_audit
from guidance.journal.index import INDEX_NAME, StoreIndex
from tests.support.plain_audit import plainly_counted
from tests.worlds.made_department import TODAY, RecordedInsertion, insertions, make

INSERTIONS = 24
"""Truly simulated insertions that the procedures repeat."""
MOST_COMPARED = 2000
"""Most procedures that the plain loop counts too: it takes as long as a first audit."""


@dataclass(frozen=True)
class TimedAudit:
    """Seconds by the clock and of the processor, largest memory of a process in MB, and what was counted."""

    clock_s: float
    processor_s: float
    memory_mb: float
    procedures: int
    counts: CellCounts

    def __str__(self) -> str:
        return f"{self.clock_s:.1f} s ({self.processor_s:.1f} s)"


def timed_audit(sites: list[Site], jobs: int) -> TimedAudit:
    """Run an audit, and time it."""
    began = time.perf_counter()
    with on_processes(jobs) if jobs > 1 else nullcontext(on_this_machine) as each:
        audit = run_audit(sites, TODAY, simulated=True, each=each)
    clock_s = time.perf_counter() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor_s = sum(each.ru_utime + each.ru_stime for each in used)
    memory_mb = max(each.ru_maxrss for each in used) / 1e3
    return TimedAudit(clock_s, processor_s, memory_mb, audit.figures.procedures, audit.counts)


def apart(sites: list[Site], jobs: int) -> TimedAudit:
    """Run ``timed_audit`` in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(timed_audit, sites, jobs).result()


def without_index(sites: list[Site]) -> None:
    """Delete the indexes of ``sites``."""
    for site in sites:
        (site.store / INDEX_NAME).unlink(missing_ok=True)


def check_against_loop(counts: CellCounts, sites: list[Site]) -> None:
    """Stop the benchmark unless ``counts`` are those of a plain loop."""
    measured = {cell: number for cell, number in counts.items() if cell.measure not in {PROCEDURES, MISSING}}
    if measured != dict(plainly_counted(sites, TODAY)):
        raise SystemExit("The figures differ from those of a plain loop over the journals.")


def row(home: Path, count: int, made: list[RecordedInsertion]) -> str:
    """Return the row of the table for ``count`` procedures."""
    began = time.perf_counter()
    sites = make(home, count, made, jobs=2)
    made_s = time.perf_counter() - began
    gigabytes = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e9
    found = []
    for jobs in (1, 2):
        without_index(sites)
        found.append(apart(sites, jobs))
    found.append(apart(sites, 1))
    if any(each.counts != found[0].counts for each in found):
        raise SystemExit("The figures differ between one process, two, and the index.")
    began = time.perf_counter()
    for site in sites:
        with StoreIndex(site.store) as index:
            index.rows()
    listed_s = time.perf_counter() - began
    if count <= MOST_COMPARED:
        check_against_loop(found[0].counts, sites)
    cells = [f"{made_s:.0f} s", f"{gigabytes:.2f} GB", *map(str, found), f"{listed_s:.2f} s"]
    compared = "equal" if count <= MOST_COMPARED else "not run"
    memory_mb = max(each.memory_mb for each in found)
    return f"| {found[0].procedures} | {' | '.join(cells)} | {memory_mb:.0f} MB | {compared} |"


def main(counts: list[int]) -> None:
    """Print the table."""
    print("| procedures | made in | size | first audit, 1 process | 2 processes | audit again | list | memory | loop |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    made = insertions(INSERTIONS)
    for count in counts:
        with tempfile.TemporaryDirectory() as home:
            print(row(Path(home), count, made), flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [100, MOST_COMPARED])
