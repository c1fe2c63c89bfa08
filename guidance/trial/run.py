"""The run of a trial, from its first insertion or from where it stopped, to its table."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guidance.trial.store import TrialFile
from guidance.trial.table import tabulate
from guidance.trial.workers import Pool


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial to run: insertions 0 to ``worlds`` - 1 of ``seed``, stored in ``folder``; ``front`` as for
    ``run_insertion``.
    """

    worlds: int
    seed: int
    protocol_id: str
    folder: Path
    front: str | None = None


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """Result of a trial: the ``table`` of all insertions; ``new_count`` of them were done now, in ``seconds``."""

    table: dict[str, Any]
    new_count: int
    seconds: float


class Interrupted(Exception):
    """Interruption by the operator; ``done`` of the requested insertions are stored."""

    def __init__(self, done: int) -> None:
        super().__init__(done)
        self.done = done


def run_trial(
    trial: Trial, pool: Callable[[], AbstractContextManager[Pool]], begun: Callable[[int], Callable[[], None]]
) -> TrialOutcome:
    """Do the insertions that are missing, in a ``pool``.

    ``begun`` receives the number of stored insertions, and returns the function to call after each further one. Raises
    UserError, and Interrupted on Ctrl-C.
    """
    with TrialFile(trial.folder, trial.seed, trial.protocol_id, trial.front) as file:
        missing = [world for world in range(trial.worlds) if world not in file.insertions]
        progress = begun(trial.worlds - len(missing))
        seconds = 0.0
        try:
            if missing:
                with pool() as workers:
                    seconds = _do_missing(trial, workers, missing, file, progress)
        except KeyboardInterrupt:
            done = sum(world in file.insertions for world in range(trial.worlds))
            raise Interrupted(done) from None
        return TrialOutcome(tabulate(file.insertions[world] for world in range(trial.worlds)), len(missing), seconds)


def _do_missing(
    trial: Trial, workers: Pool, missing: list[int], file: TrialFile, progress: Callable[[], None]
) -> float:
    """Do the insertions ``missing``; returns how many seconds that took."""
    started = time.monotonic()
    for insertion in workers.results(trial.seed, missing, trial.protocol_id, trial.front):
        file.add(insertion)
        progress()
    return time.monotonic() - started
