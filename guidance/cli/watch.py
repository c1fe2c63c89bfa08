"""The command ``watch``: observe a running procedure, in another terminal or in a browser."""

from __future__ import annotations

import ipaddress
import os
import sys

import click

from guidance.cli.launch import screen_of
from guidance.cli.options import STATUS, THEME
from guidance.cli.procedures import STORE, leave
from guidance.cli.running import place_of
from guidance.common.errors import DONE, UserError
from guidance.language import in_use

_SERVED = "TEXTUAL_DRIVER"
"""Variable that textual-serve sets for the programs it serves: the browser is then the terminal."""
_NO_SERVER = "The view in a browser needs textual-serve: pip install 'needle-guidance[web]'."


@click.command(epilog=STATUS)
@click.argument("name", required=False, metavar="[PROCEDURE]")
@STORE
@click.option(
    "--pid",
    type=click.IntRange(min=1),
    metavar="N",
    help="Process id of the engine, where several procedures are running.",
)
@THEME
@click.option(
    "--names/--no-names",
    "names",
    default=None,
    help="Show the patient's name and the words of notes.  [default: yes in a terminal, no in a browser]",
)
@click.option("--web", is_flag=True, help="Serve the view to browsers on this machine.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="With --web: loopback address to listen on.",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="With --web: port to listen on."
)
def watch(
    name: str | None,
    *,
    store: str | None,
    pid: int | None,
    theme: str | None,
    names: bool | None,
    web: bool,
    host: str,
    port: int,
) -> None:
    """Watch a procedure that runs on this machine.

    The view shows what the operator sees, and has no influence on the procedure: you cannot arm, stop or note anything
    here. Only the user who runs the procedure can watch it.

    Without PROCEDURE it watches the only one that runs; with --store, the only one that is recorded there.

    With --web it prints an address that opens the view in one browser, once; the next address follows when it was used.
    Two browsers can watch at a time.
    """
    from guidance.processes.running_procedures import choose_running

    if name or store:
        try:
            pid = choose_running(name, place_of(store), pid).pid
        except UserError as fault:
            leave(fault)
    if web:
        _serve(["--names" if names else "--no-names"], pid, theme, host, port)
        return
    from guidance.processes.observer_link import open_watch

    if not (sys.stdout.isatty() or os.environ.get(_SERVED)):
        raise click.UsageError("The view needs a terminal, and standard output is not one.")
    show = screen_of(theme, is_observer=True)()
    try:
        link = open_watch(pid, names=names is not False)
        show(link)
    except UserError as fault:
        leave(fault)
    sys.exit(DONE)


def _serve(words: list[str], pid: int | None, theme: str | None, host: str, port: int) -> None:
    """Serve the view to browsers until Ctrl-C; each browser has a process of its own, started with ``words`` too."""
    if not _is_loopback(host):
        raise click.UsageError(
            f"--host {host} is not an address of this machine alone; to watch from another, forward the port by SSH."
        )
    try:
        from guidance.processes.web import serve
    except ImportError:
        raise click.UsageError(_NO_SERVER) from None
    command = [sys.executable, "-m", "guidance", "--language", in_use(), "watch", *words]
    command += ["--pid", str(pid)] if pid else []
    command += ["--theme", theme] if theme else []
    try:
        serve(command, host, port, click.echo)
    except UserError as fault:
        leave(fault)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
