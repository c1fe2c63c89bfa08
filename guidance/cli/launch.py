"""The run of a command's job: with or without a screen, which screen, and the exit status."""

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
from guidance.common.terminal import require_screen

Screen = Callable[[Any], str | None]
Loader = Callable[[], Screen]


def run_job(job: Any, *, headless: bool, theme: str | None = None, exercise: bool = False) -> None:
    """Run ``job`` without a screen, with that of an ``exercise`` or with the usual one, and exit with its status.

    Where the operator left the screen to sign the note, the signing comes first.
    """
    from guidance.processes import run_headless, run_with_screen

    if not headless and not sys.stdout.isatty():
        raise click.UsageError("The screen needs a terminal, and standard output is not one; add --headless.")
    outcome = run_headless(job) if headless else run_with_screen(job, screen_of(theme, exercise=exercise))
    if outcome.sentence:
        click.echo(f"needle-guidance: {outcome.sentence}", err=True)
    if outcome.folder_to_sign is not None:
        sign_at_end(Path(outcome.folder_to_sign), job.key_file)
    sys.exit(outcome.status)


def screen_of(theme: str | None, *, is_observer: bool = False, exercise: bool = False) -> Loader:
    """Return the loader of the screen that the user's settings and ``--theme`` name. Raises a usage error.

    Loading takes a while; where no setting must be checked first, it is done while the engine starts.
    """
    try:
        require_screen()
        config = load_config()
        load = partial(_load_screen, config, theme, is_observer=is_observer, exercise=exercise)
        if config.keys or config.screen:
            load()
    except UserError as fault:
        raise click.UsageError(str(fault)) from None
    return load


def _load_screen(config: Config, theme: str | None, *, is_observer: bool, exercise: bool) -> Screen:
    from guidance.ui import run_screen
    from guidance.ui.appearance import appearance_of

    if exercise:
        from guidance.ui.training import run_training_screen

        return partial(run_training_screen, appearance=appearance_of(config, theme))
    return partial(run_screen, appearance=appearance_of(config, theme, is_observer=is_observer))
