"""The command that records a device's signal, and does nothing else with it."""

from __future__ import annotations

import click

from guidance.cli.launch import run_job
from guidance.cli.options import DEVICE, STATUS, Positive


@click.command(epilog=STATUS)
@DEVICE
@click.argument("path", metavar="OUT.bdf")
@click.option("--duration", "duration_s", type=Positive(), metavar="S", help="End after so many seconds.")
def record(address: str, path: str, duration_s: float | None) -> None:
    """Record an amplifier's signal to a BDF+ file that replay and others read. Nothing is stimulated.

    Pulses that the amplifier reports become annotations 'stim', with current and width; what was lost on the line is
    annotated BAD_ACQ_SKIP. The file can be read at any time, also after the plug was pulled or the disk was full; an
    existing one is never written over. Ctrl-C ends it in order.
    """
    from guidance.session.recorder import RecordingJob

    run_job(RecordingJob(address, path, duration_s), headless=True)
