"""The command that records a device's signal and does nothing else."""

from __future__ import annotations

import click

from guidance.cli.launch import run_job
from guidance.cli.options import DEVICE, STATUS, Positive


@click.command(epilog=STATUS)
@DEVICE
@click.argument("path", metavar="OUT.bdf")
@click.option("--duration", "duration_s", type=Positive(), metavar="S", help="End after S seconds.")
def record(address: str, path: str, duration_s: float | None) -> None:
    """Record an amplifier's signal to a BDF+ file, which replay and other programs read. It never stimulates.

    Pulses that the amplifier reports become annotations 'stim', with current and width; lost samples are annotated
    BAD_ACQ_SKIP. The file can be read at any time, also after a power failure or with a full disk. An existing file is
    never overwritten. Ctrl-C ends the recording in order.
    """
    from guidance.session.recorder import RecordingJob

    run_job(RecordingJob(address, path, duration_s), headless=True)
