"""Insertions a second of the virtual trial with 1 and 2 workers, and whether both make the same table.

``python -m tests.benchmarks.bench_trial [INSERTIONS]``. Without the start of the workers, which each row gives apart.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from guidance.trial.run import Trial, run_trial
from guidance.trial.workers import DaskPool

SEED = 7
WORKERS = (1, 2)


def made(insertions: int, jobs: int) -> tuple[dict[str, Any], float, float]:
    """The table, insertions a second, and the seconds that all else took."""
    with tempfile.TemporaryDirectory() as folder:
        begun_s = time.monotonic()
        trial = Trial(insertions, SEED, "generic-block", Path(folder))
        outcome = run_trial(trial, lambda: DaskPool(jobs, None), _unseen)
        return outcome.table, outcome.new_count / outcome.seconds, time.monotonic() - begun_s - outcome.seconds


def _unseen(_already: int) -> Callable[[], None]:
    return lambda: None


def main(insertions: int) -> None:
    """Print a row for each number of workers."""
    tables = []
    for jobs in WORKERS:
        table, rate, rest_s = made(insertions, jobs)
        tables.append(table)
        simulated = table["hours"] * 3600 / insertions
        name = f"{jobs} worker{'s' if jobs > 1 else ''}"
        times = f"{rate * simulated:.0f} times real time"
        print(f"{name}: {rate:.2f} insertions a second, {times}; start and end {rest_s:.1f} s", flush=True)
    print("the tables are " + ("the same" if tables[0] == tables[1] else "NOT the same"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 40)
