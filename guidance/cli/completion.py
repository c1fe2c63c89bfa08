"""The command that installs the completion of commands and options for a shell."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from guidance.cli.options import STATUS
from guidance.cli.procedures import leave
from guidance.common.errors import UserError

_PROGRAM, _VARIABLE = "needle-guidance", "_NEEDLE_GUIDANCE_COMPLETE"
_PLACES = {
    "bash": ".local/share/bash-completion/completions/needle-guidance",
    "zsh": ".local/share/zsh/site-functions/_needle-guidance",
    "fish": ".config/fish/completions/needle-guidance.fish",
}
"""Where each shell looks for completions of this user, below the home folder."""
_AFTER = {
    "bash": "Open a new terminal; bash needs the package bash-completion.",
    "zsh": "Add to ~/.zshrc: fpath+=(~/.local/share/zsh/site-functions); autoload -U compinit; compinit",
    "fish": "Open a new terminal.",
}


@click.command(epilog=STATUS)
@click.argument("shell", required=False, type=click.Choice(tuple(_PLACES)))
@click.option("--print", "only_print", is_flag=True, help="Print the script, and install nothing.")
@click.pass_context
def completion(context: click.Context, shell: str | None, *, only_print: bool) -> None:
    """Install the completion of commands and options with the Tab key.

    Without SHELL it is that of the variable SHELL. An earlier installation is replaced.
    """
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name not in _PLACES:
        raise click.UsageError(f"Name the shell: {', '.join(_PLACES)}.")
    script = _script(context.find_root().command, name)
    if only_print:
        click.echo(script)
        return
    try:
        path = Path.home() / _PLACES[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script, encoding="utf-8")
    except (OSError, RuntimeError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "this user has no home folder"
        leave(UserError(f"The completion for {name} cannot be installed ({reason}); use --print."))
    click.echo(f"Installed: {path}\n{_AFTER[name]}")


def _script(command: click.Command, shell: str) -> str:
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    complete = found(command, {}, _PROGRAM, _VARIABLE)
    return complete.source_template % complete.source_vars()
