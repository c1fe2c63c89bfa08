"""The commands about procedures that run now: list them, attach a screen to one, end one."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import click

from guidance.cli.launch import screen_of
from guidance.cli.notes import sign_at_end
from guidance.cli.options import KEY, STATUS, THEME
from guidance.cli.procedures import STORE, leave, store_of
from guidance.common.errors import DONE, FAILED, UserError

_END_S = 15.0
"""Longest wait for a procedure to end in order, in s: it switches off, confirms that, and seals its record."""

LIST = click.option("--list", "only_list", is_flag=True, help="Only list what runs: procedure, protocol, since when.")


def place_of(store: str | None) -> Path | None:
    """Return the store that ``--store`` names; None for all."""
    return store_of(store) if store else None


@click.command(epilog=STATUS)
@click.argument("name", required=False, metavar="[PROCEDURE]")
@LIST
@STORE
@THEME
@KEY
def attach(name: str | None, *, only_list: bool, store: str | None, theme: str | None, key_file: str | None) -> None:
    """Take over the screen of a running procedure, for instance after its terminal was closed.

    The stimulator is switched off until it is armed again. A screen that the procedure has elsewhere ends, and says
    why. Without PROCEDURE the only one that runs is taken.
    """
    from guidance.processes.running_procedures import attach as attach_to
    from guidance.processes.running_procedures import choose_running

    if only_list:
        _list(store)
        return
    if not sys.stdout.isatty():
        raise click.UsageError("The screen needs a terminal, and standard output is not one; --list needs none.")
    show = screen_of(theme)()
    try:
        link = attach_to(choose_running(name, place_of(store)))
        folder_to_sign = show(link)
        link.drain(_END_S)
    except UserError as fault:
        leave(fault)
    outcome = link.outcome
    if outcome and outcome.sentence:
        click.echo(f"needle-guidance: {outcome.sentence}", err=True)
    if folder_to_sign is not None:
        sign_at_end(Path(folder_to_sign), key_file)
    sys.exit(outcome.status if outcome else FAILED)


@click.command(epilog=STATUS)
@click.argument("name", required=False, metavar="[PROCEDURE]")
@LIST
@STORE
@click.option("--yes", is_flag=True, help="End without a prompt, for scripts.")
def end(name: str | None, *, only_list: bool, store: str | None, yes: bool) -> None:
    """End a running procedure in order: the stimulator goes off, and its record is completed.

    Without PROCEDURE the only one that runs is ended.
    """
    from guidance.journal.store import is_running, request_end, store_option
    from guidance.processes.running_procedures import choose_running

    if only_list:
        _list(store)
        return
    try:
        chosen = choose_running(name, place_of(store))
        if chosen.folder is None:
            raise UserError(f"{chosen.name} has no record, and is ended on its own screen or with Ctrl-C.")
        if not yes and not _agreed(f"{chosen.line}\nEnd it?"):
            raise UserError("Nothing was ended; in a script, use --yes.")
        request_end(chosen.folder)
        until = time.monotonic() + _END_S
        while is_running(chosen.folder) and time.monotonic() < until:
            time.sleep(0.05)
        if is_running(chosen.folder):
            raise UserError(f"{chosen.name} has not ended within {_END_S:g} s; it may be hanging.")
    except UserError as fault:
        leave(fault)
    place = store_option(chosen.folder.parent)
    where = f" --store {shlex.quote(place)}" if place else ""
    click.echo(f"Ended: {chosen.name}. Its note: needle-guidance procedures sign {chosen.name}{where}")
    sys.exit(DONE)


def _agreed(question: str) -> bool:
    try:
        return sys.stdin.isatty() and click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)
        return False


def _list(store: str | None) -> None:
    from guidance.processes.running_procedures import running_procedures

    try:
        found = running_procedures(place_of(store))
    except UserError as fault:
        leave(fault)
    click.echo("\n".join(one.line for one in found) or "No procedure is running here.")
