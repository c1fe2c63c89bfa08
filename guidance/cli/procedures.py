"""The command ``procedures``: the records of finished procedures."""

from __future__ import annotations

import click

from guidance.cli.options import STATUS


@click.group(epilog=STATUS)
def procedures() -> None:
    """Look after the records of procedures."""
