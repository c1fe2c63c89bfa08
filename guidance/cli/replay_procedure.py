"""The command ``replay`` for a recorded procedure: today's decisions compared with the recorded ones."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
from click.core import ParameterSource

from guidance.cli.procedures import leave, store_of
from guidance.common.errors import UserError

_ALSO_HERE = {"file", "store", "as_json", "fast", "headless"}


def procedure_at(name: str, store: str | None) -> Path | None:
    """Return the folder of the procedure ``name``, or None where it names a file. Raises a usage error for neither."""
    from guidance.journal.event_log import EVENTS_NAME
    from guidance.journal.store import find_procedure

    path = Path(name)
    try:
        if os.path.lexists(path / EVENTS_NAME):
            return path
        if path.is_dir():
            raise click.UsageError(
                f"{name!r} is a folder without a procedure; give a file in it, or a procedure; "
                "for all recordings in it add --fast --headless."
            )
        if path.exists():
            return None
    except OSError as fault:
        raise click.UsageError(f"{name!r}: {fault.strerror}") from None
    try:
        return find_procedure(store_of(store), name)
    except UserError as fault:
        raise click.UsageError(f"There is no file {name!r}. {fault}") from None


def is_folder_of_recordings(name: str) -> bool:
    """Return whether ``name`` is a folder that holds no procedure."""
    from guidance.journal.event_log import EVENTS_NAME

    return os.path.isdir(name) and not os.path.lexists(Path(name) / EVENTS_NAME)  # noqa: PTH112 (never raises)


def replay_procedure(folder: Path, *, as_json: bool) -> None:
    """Print where today's decisions differ from the recorded ones."""
    from drivers.base import DeviceError
    from guidance.journal.event_reader import read_events
    from guidance.reprocess.differences import as_json_object, compare, lines
    from guidance.reprocess.procedure import reprocess_procedure
    from guidance.reprocess.training import COMPARED, compare_exercise, is_exercise, reprocess_exercise

    given = _given_for_a_file()
    if given:
        raise click.UsageError(
            f"{given[0]} is for a recorded file; a procedure is replayed with its own settings. Leave it out."
        )
    try:
        then = read_events(folder)
        of_exercise = is_exercise(then)
        rerun_result = reprocess_exercise(folder, then) if of_exercise else reprocess_procedure(folder)
    except UserError as fault:
        leave(fault)
    except DeviceError as fault:
        leave(UserError(str(fault)))
    rows = compare_exercise(rerun_result) if of_exercise else compare(rerun_result)
    text = [*lines(rerun_result, rows), *([COMPARED] if of_exercise else [])]
    click.echo(json.dumps(as_json_object(rerun_result, rows)) if as_json else "\n".join(text))


def _given_for_a_file() -> list[str]:
    """List the options on this command line that apply to files only."""
    context = click.get_current_context()
    return [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name and parameter.name not in _ALSO_HERE
        if context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    ]
