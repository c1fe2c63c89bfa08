"""Mutated EDF and BDF headers, read side by side with MNE, edfio and pyedflib (``--group peers``).

Units, cases, NULs, encodings, counts, dates, ranges and rates are changed one at a time: ``python -m
tests.benchmarks.bench_edf_headers``. "Equal" means rate, number of samples, values and annotated stimuli. Each
file must be equal to every peer that reads it, or be refused or noted in a sentence.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.drivers.formats.mutated_headers import PEERS, Compared, compared, mutations


def sweep() -> list[Compared]:
    """Return the outcome of every file; what the peers print is dropped."""
    with tempfile.TemporaryDirectory() as folder, _no_output():
        return [compared(file, Path(folder), PEERS) for file in mutations()]


@contextlib.contextmanager
def _no_output() -> Iterator[None]:
    """Drop what libraries in C print."""
    sys.stdout.flush()
    kept = os.dup(1)
    none = os.open(os.devnull, os.O_WRONLY)
    os.dup2(none, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(none)


def main() -> int:
    """Print a table of outcomes by peer, then every difference; return 1 where one is silent."""
    found = sweep()
    print(f"{len(found)} files\n\n| this program | {' | '.join(f'{peer}: equal, differs, fails' for peer in PEERS)} |")
    print("| --- |" + " --- |" * len(PEERS))
    for outcome in ("silent", "note", "refused"):
        rows = [each for each in found if each.outcome == outcome]
        counts = {peer: Counter(_kind(each.peers[peer]) for each in rows) for peer in PEERS}
        cells = [f"{counts[peer]['equal']}, {counts[peer]['differs']}, {counts[peer]['error']}" for peer in PEERS]
        print(f"| {outcome} ({len(rows)}) | {' | '.join(cells)} |")
    silent = 0
    for each in found:
        differing = {peer: what for peer, what in each.peers.items() if _kind(what) == "differs"}
        if differing and each.outcome != "refused":
            silent += bool(each.silent_differences)
            unknown = f"; {each.file.unknown_to} does not know the field" if each.file.unknown_to else ""
            print(f"{each.file.family}, {each.file.name}: {each.outcome}; {differing}{unknown}")
    print(f"silent differences from a peer that knows the field: {silent}")
    return int(silent > 0)


def _kind(what: str) -> str:
    return what if what in {"equal", "error"} else "differs"


if __name__ == "__main__":
    sys.exit(main())
