"""``needle-guidance replay FOLDER``: all recordings of a folder, on as many cores as there are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NoReturn

import click

from guidance.common.errors import FAILED

if TYPE_CHECKING:
    from guidance.session.replay import ReplayJob
    from guidance.session.replay_folder import ReplayedFile


def replay_folder(job: ReplayJob, jobs: int | None) -> NoReturn:
    """Replay the recordings in the folder of ``job``, a line for each; exit with 1 where one could not be replayed."""
    from guidance.session.replay_folder import recordings_in, replay_all

    folder = Path(job.path)
    try:
        paths = recordings_in(folder)
        events = _events_folder(job.events)
    except OSError as fault:
        raise click.UsageError(f"{fault.filename}: {fault.strerror}") from None
    if not paths:
        raise click.UsageError(f"{job.path!r} is a folder without a procedure or a recording; name one in it.")
    done: list[ReplayedFile] = []
    began, processes = perf_counter(), jobs or os.cpu_count() or 1
    for replayed in replay_all(job, paths, events, processes):
        done.append(replayed)
        click.echo(_line(replayed))
    good = [each for each in done if each.fault is None]
    total_s, took_s = sum(each.duration_s for each in good), perf_counter() - began
    click.echo(f"{len(good)} of {len(done)} recordings, {total_s:.0f} s of signal in {took_s:.1f} s "
               f"({total_s / took_s:.0f} x real time, {min(processes, len(paths))} processes)")  # fmt: skip
    sys.exit(0 if len(good) == len(done) else FAILED)


def _events_folder(name: str | None) -> Path | None:
    if name is None:
        return None
    if name == "-":
        raise click.UsageError("--events - holds one recording; for a folder name a folder for the events.")
    Path(name).mkdir(exist_ok=True)
    return Path(name)


def _line(replayed: ReplayedFile) -> str:
    if replayed.fault is not None:
        return f"{replayed.name}: not replayed: {replayed.fault}"
    return f"{replayed.name}: {replayed.duration_s:.0f} s of signal in {replayed.took_s:.1f} s"
