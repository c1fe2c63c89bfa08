"""The command ``info``: what a recording holds, and how the other commands would take it."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from guidance.cli.options import FULL_SCALE, JSON, SAMPLE_RATE, STATUS, STIM_LABEL


@click.command(epilog=STATUS)
@click.argument("file")
@click.option("--channel", metavar="LABEL", help="Channel to use.  [default: what may be a muscle]")
@FULL_SCALE
@SAMPLE_RATE
@STIM_LABEL
@JSON
def info(file: str, *, as_json: bool, **options: Any) -> None:
    """Say what a recording holds, and how it would be taken.

    It names the channel that is taken for the muscle's and what is left out, the rate, gaps, annotations and pulses,
    and what in the file contradicts itself.
    """
    from drivers.base import DeviceError
    from guidance.processes import outcome_of
    from guidance.session.inspection import inspect_recording, text_of_inspection

    try:
        found = inspect_recording(file, **options)
    except DeviceError as fault:
        outcome = outcome_of(fault)
        click.echo(f"needle-guidance: {outcome.sentence}", err=True)
        sys.exit(outcome.status)
    click.echo(json.dumps(found, allow_nan=False) if as_json else text_of_inspection(found))
