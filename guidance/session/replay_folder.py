"""Replay of all recordings of a folder, as fast as possible, each in one of several processes.

A recording is never divided: what its end shows depends on what was learned from its begin.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from drivers.base import DeviceError
from guidance.common.errors import UserError
from guidance.processes.screen_channel import NoScreenChannel
from guidance.session.replay import ReplayJob

EVENTS_ENDING = ".events.jsonl"
"""What is added to a recording's name for the file of its events."""

_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class ReplayedFile:
    """A recording that was replayed: how long it is and how long that took, in s; or ``fault``, a sentence."""

    name: str
    duration_s: float = 0.0
    took_s: float = 0.0
    fault: str | None = None


class SilentChannel(NoScreenChannel):
    """The channel of one replay of many: its notices are in its events."""

    def notify(self, sentence: str) -> None:
        """Write nothing."""


def recordings_in(folder: Path) -> list[Path]:
    """Return the recordings of ``folder``, by name; other files are left out. Raises OSError."""
    from drivers.formats.registry import guess_format

    return [path for path in sorted(folder.iterdir()) if path.is_file() and guess_format(_head(path)) is not None]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def replay_all(job: ReplayJob, paths: Sequence[Path], events: Path | None, processes: int) -> Iterator[ReplayedFile]:
    """Replay each of ``paths`` as ``job`` does, in so many ``processes``; yield each as soon as it is done.

    Events go to a file of the same name in the folder ``events``, where one is given. A file that cannot be replayed
    stops none of the others.
    """
    jobs = [replace(job, path=str(path), events=_events_of(path, events), speed=None) for path in paths]
    if processes == 1:
        yield from map(replay_one, jobs)
        return
    with ProcessPoolExecutor(min(processes, len(jobs)), multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(replay_one, each): each for each in jobs}
        for future in as_completed(running):
            try:
                yield future.result()
            except BrokenProcessPool:
                yield ReplayedFile(Path(running[future].path).name, fault="its process died; replay it by itself")


def _events_of(path: Path, events: Path | None) -> str | None:
    return None if events is None else str(events / f"{path.name}{EVENTS_ENDING}")


def replay_one(job: ReplayJob) -> ReplayedFile:
    """Replay one recording in this process."""
    name, began = Path(job.path).name, perf_counter()
    try:
        session = job.open()
        duration_s = session.recording.total_samples / session.recording.info.sample_rate_hz
        fault = session.run(SilentChannel(), lambda: False)
    except (UserError, DeviceError, OSError) as error:
        return ReplayedFile(name, fault=str(error))
    return ReplayedFile(name, duration_s, perf_counter() - began, fault)
