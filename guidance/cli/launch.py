"""How a command runs its job: with or without a screen, which screen, and the status to leave with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from guidance.cli.notes import sign_at_end
from guidance.common.config import Config, load_config
from guidance.common.errors import UserError
from guidance.ui.parting import Parting

Screen = Callable[[Any], None]
Loader = Callable[[], Screen]


def run_job(job: Any, *, headless: bool, theme: str | None = None, exercise: bool = False) -> None:
    """Run ``job`` with or without a screen, that of an ``exercise`` or the usual one, and leave with its status; where
    the operator left it to sign the note, that comes first.
    """
    from guidance.processes import run_headless, run_with_screen

    if not headless and not sys.stdout.isatty():
        raise click.UsageError("The screen needs a terminal, and standard output is none; add --headless.")
    parting = Parting()
    outcome = run_headless(job) if headless else run_with_screen(job, screen_of(theme, parting, exercise=exercise))
    if outcome.sentence:
        click.echo(f"needle-guidance: {outcome.sentence}", err=True)
    if parting.folder is not None:
        sign_at_end(Path(parting.folder), job.key_file)
    sys.exit(outcome.status)


def screen_of(
    theme: str | None, parting: Parting | None = None, *, looks_on: bool = False, exercise: bool = False
) -> Loader:
    """What loads the screen that the user's settings and ``--theme`` ask for, or a usage error.

    Loading takes a while; where no setting has to be checked first, it is left until the engine is starting too.
    """
    try:
        config = load_config()
        load = partial(_load_screen, config, theme, parting, looks_on=looks_on, exercise=exercise)
        if config.keys or config.screen:
            load()
    except UserError as fault:
        raise click.UsageError(str(fault)) from None
    return load


def _load_screen(
    config: Config, theme: str | None, parting: Parting | None, *, looks_on: bool, exercise: bool
) -> Screen:
    from guidance.ui import run_screen
    from guidance.ui.appearance import look_of

    if exercise:
        from guidance.ui.training import run_training_screen

        return partial(run_training_screen, look=look_of(config, theme))
    return partial(run_screen, look=look_of(config, theme, looks_on=looks_on), parting=parting)
