"""The command ``needle-guidance``: its subcommands, and the exit status of each end."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import click

from guidance import __version__
from guidance.cli.command_table import CommandTable
from guidance.cli.language import LANGUAGE, after_language, misplaced, set_language
from guidance.common.errors import BAD_ARGUMENTS, DONE, EXIT_STATUSES, FAILED, UsageError
from guidance.common.start_lines import early_lines
from guidance.common.terminal import opens_screen, without_echo
from guidance.language import in_use

if TYPE_CHECKING:
    from guidance.session import Host


@click.group(
    cls=CommandTable,
    invoke_without_command=True,
    epilog=EXIT_STATUSES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="needle-guidance")
@LANGUAGE
@click.pass_context
def cli(context: click.Context, language: str | None) -> None:
    """Needle guidance by evoked EMG: where the needle tip is, by sound and on a screen.

    Without a command, on a terminal, Start opens: everything below by keys, mouse and touch. Research software, not a
    medical device.
    """
    set_language(language)
    if context.invoked_subcommand is not None:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.exceptions.NoArgsIsHelpError(context)
    from guidance.cli.start import open_start

    sys.exit(open_start(partial(_status_of, context.obj)))


def _status_of(host: Host | None, words: list[str]) -> int:
    """Run ``words`` in the language in use as the command line would, and return the exit status."""
    try:
        main(host, ["--language", in_use(), *words])
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else FAILED if leave.code else DONE
    return DONE


def main(host: Host | None = None, words: list[str] | None = None) -> None:
    """Run the command line on this computer, or on ``host``; every error ends as one sentence on standard error.

    ``words`` stand for those of the command line.
    """
    typed = sys.argv[1:] if words is None else words
    try:
        command = after_language(typed)
        with without_echo(wanted=opens_screen(command)), early_lines(command):
            cli.main(args=words, standalone_mode=False, obj=host)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except click.exceptions.NoArgsIsHelpError as bare:
        click.echo(bare.format_message())
        sys.exit(BAD_ARGUMENTS)
    except click.Abort:
        sys.exit(FAILED)
    except click.ClickException as fault:
        sentence = misplaced(fault) or " ".join(fault.format_message().split())
        click.echo(f"needle-guidance: {sentence}", err=True)
        sys.exit(BAD_ARGUMENTS)
    except UsageError as fault:
        click.echo(f"needle-guidance: {fault}", err=True)
        sys.exit(BAD_ARGUMENTS)
    except OSError as refused:
        _unexpected(refused)


def _unexpected(refused: OSError) -> NoReturn:
    """Report an error of the system that no command reports, such as a standard output on a full disk."""
    what = refused.filename or "Reading or writing"
    click.echo(f"needle-guidance: {what} failed ({refused.strerror or refused}).", err=True)
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python flushes again at its end
    sys.exit(FAILED)
