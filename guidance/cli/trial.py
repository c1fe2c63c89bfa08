"""The command ``trial``: many simulated insertions, and how well the guidance worked."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

import click

from guidance.cli.options import JSON, PROTOCOL, STATUS
from guidance.common.errors import FAILED, UserError
from guidance.protocol import ProtocolError, load

if TYPE_CHECKING:
    from guidance.trial.run import TrialOutcome
    from guidance.trial.workers import DaskPool

_LINE_S = 5.0
"""Time in s between two lines of progress where standard error is no terminal (a judgement)."""
_ADDRESS = re.compile(r"(tcp|tls|ucx)://[^\s/]+:\d{1,5}")


@click.command(epilog=STATUS)
@click.option(
    "--worlds",
    type=click.IntRange(1, 1_000_000),
    required=True,
    metavar="N",
    help="Number of insertions, 1 to 1000000.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=10**18 - 1),
    default=1,
    show_default=True,
    help="Seed of the simulated patients and needle paths.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 1024),
    metavar="J",
    help="Number of processes on this machine.  [default: one per core]",
)
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="Use the workers of this Dask scheduler instead.")
@PROTOCOL
@click.option(
    "--front",
    metavar="KIND",
    help="Front end of the simulated amplifiers, by name; drawn: each insertion has another.  [default: clips at its "
    "range]",
)
@click.option("--out", metavar="FOLDER", help="Folder for the insertions.  [default: one for each seed]")
@JSON
def trial(**options: Any) -> None:
    """Guide many simulated insertions, and print how well the guidance worked.

    In each insertion a simulated needle moves in, sometimes too far, and back; the whole engine guides it in a closed
    loop, faster than real time. The same seed gives the same table, whatever the number of workers. Finished
    insertions are stored: after an interruption the same command goes on where it stopped, and with a larger N it adds
    to them.

    It is a simulation: its results need not hold for a person.
    """
    from guidance.trial.run import Interrupted, Trial, run_trial
    from guidance.trial.store import default_folder

    _check(options)
    folder = Path(options["out"]) if options["out"] else default_folder(options["seed"], options["front"])
    wanted = Trial(options["worlds"], options["seed"], options["protocol_id"], folder, options["front"])
    try:
        with _interrupts(), _Progress(wanted.worlds) as progress:
            outcome = run_trial(wanted, _pool(options), progress.begun)
    except UserError as fault:
        _leave(str(fault), fault.status)
    except Interrupted as stopped:
        _leave(f"Stopped after {stopped.done} of {wanted.worlds} insertions. To go on: {_again()}", FAILED)
    _print(outcome, as_json=options["as_json"])


def _check(options: dict[str, Any]) -> None:
    """Refuse bad options before anything is started."""
    if options["scheduler"] and options["jobs"]:
        raise click.UsageError("--jobs is for this machine and --scheduler for others; give one.")
    if options["scheduler"] and not _ADDRESS.fullmatch(options["scheduler"]):
        raise click.UsageError(f"--scheduler {options['scheduler']} is not an address; write it as tcp://HOST:8786.")
    _check_front(options["front"])
    try:
        load(options["protocol_id"])
    except ProtocolError as fault:
        raise click.UsageError(str(fault)) from None


def _check_front(front: str | None) -> None:
    from guidance.trial.world import fronts

    if front is not None and front not in fronts():
        raise click.UsageError(f"There is no front end {front!r}; choose one of {', '.join(fronts())}.")


def _pool(options: dict[str, Any]) -> Callable[[], DaskPool]:
    from guidance.trial.workers import DaskPool

    return lambda: DaskPool(options["jobs"], options["scheduler"])


class _Progress:
    """Progress on standard error: a line about stored insertions, then a bar; lines where it is no terminal."""

    def __init__(self, worlds: int) -> None:
        self._worlds = worlds
        self._bar: Any = None
        self._done, self._printed_s = 0, time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def begun(self, already: int) -> Callable[[], None]:
        """Report that ``already`` insertions are stored; returns a function to call after each further one."""
        lacking = self._worlds - already
        self._done = already
        if already:
            word = f"{lacking} are left to do" if lacking else "nothing is left to do"
            click.echo(f"{already} of {self._worlds} insertions were done before; {word}.", err=True)
        if lacking and sys.stderr.isatty():
            self._bar = click.progressbar(length=lacking, label="insertions", file=sys.stderr, show_pos=True)
            self._bar.render_progress()
        return self._one

    def _one(self) -> None:
        self._done += 1
        if self._bar is not None:
            self._bar.update(1)
        elif time.monotonic() - self._printed_s >= _LINE_S:
            self._printed_s = time.monotonic()
            click.echo(f"{self._done} of {self._worlds} insertions", err=True)


@contextlib.contextmanager
def _interrupts() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C; after the first of either, further ones are ignored while the trial ends in order."""

    def stop(number: int, _frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _again() -> str:
    return shlex.join(["needle-guidance", *sys.argv[1:]])


def _leave(sentence: str, status: int) -> NoReturn:
    click.echo(f"needle-guidance: {sentence}", err=True)
    sys.exit(status)


def _print(outcome: TrialOutcome, *, as_json: bool) -> None:
    """Print the table on standard output, and the speed, which differs from run to run, on standard error."""
    from guidance.trial.text import lines

    click.echo(json.dumps(outcome.table) if as_json else "\n".join(lines(outcome.table)))
    if outcome.new_count:
        rate = outcome.new_count / outcome.seconds
        click.echo(f"{outcome.new_count} insertions in {outcome.seconds:.1f} s: {rate:.3g} a second", err=True)
