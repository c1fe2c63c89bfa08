"""Values that name a person: every user of the machine can read a command line, so they may come from elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

HELP = "- reads it from standard input, @FILE from a file: other users can read a command line."


def private_value(value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
    """Return ``value``; ``-`` stands for the next line of standard input, ``@FILE`` for the first line of a file.

    Raises a usage error where there is no such line.
    """
    if value != "-" and not (value.startswith("@") and len(value) > 1):
        return value
    try:
        line = sys.stdin.readline() if value == "-" else _first_line(Path(value[1:]))
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is not text in UTF-8"
        raise click.BadParameter(f"{value} cannot be read ({reason}).", ctx, param) from None
    if not line.strip():
        source = "Standard input" if value == "-" else value[1:]
        raise click.BadParameter(f"{source} has no line for it.", ctx, param)
    return line.strip()


def read_private(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Read the value of an option or argument, or each of its values, from where it is: a callback of click."""
    if isinstance(value, tuple):
        return tuple(private_value(one, param, ctx) for one in value)
    return None if value is None else private_value(value, param, ctx)


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline()
