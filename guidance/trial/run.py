"""A trial from its first insertion, or from where it stopped, to its table."""

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
    """Which trial: insertions 0 to ``worlds`` - 1 of ``seed``, kept in ``folder``."""

    worlds: int
    seed: int
    protocol_id: str
    folder: Path


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """The ``table`` of all insertions; ``new_count`` of them now, in ``seconds`` of working time."""

    table: dict[str, Any]
    new_count: int
    seconds: float


class Interrupted(Exception):
    """The operator broke off; ``done`` insertions of those asked for are kept."""

    def __init__(self, done: int) -> None:
        super().__init__(done)
        self.done = done


def run_trial(
    trial: Trial, pool: Callable[[], AbstractContextManager[Pool]], begun: Callable[[int], Callable[[], None]]
) -> TrialOutcome:
    """Make the insertions that are still lacking, in a ``pool``.

    ``begun`` receives how many were there already, and returns what is called after each further one. Raises
    UserError, and Interrupted on Ctrl-C.
    """
    with TrialFile(trial.folder, trial.seed, trial.protocol_id) as file:
        lacking = [world for world in range(trial.worlds) if world not in file.insertions]
        progress = begun(trial.worlds - len(lacking))
        seconds = 0.0
        try:
            if lacking:
                with pool() as workers:
                    seconds = _make(trial, workers, lacking, file, progress)
        except KeyboardInterrupt:
            done = sum(world in file.insertions for world in range(trial.worlds))
            raise Interrupted(done) from None
        return TrialOutcome(tabulate(file.insertions[world] for world in range(trial.worlds)), len(lacking), seconds)


def _make(trial: Trial, workers: Pool, lacking: list[int], file: TrialFile, progress: Callable[[], None]) -> float:
    """Make what is ``lacking``; the seconds that took."""
    started = time.monotonic()
    for insertion in workers.results(trial.seed, lacking, trial.protocol_id):
        file.add(insertion)
        progress()
    return time.monotonic() - started
