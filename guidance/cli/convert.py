"""The command ``convert``: a recording in another format."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from guidance.cli.options import FULL_SCALE, JSON, SAMPLE_RATE, STATUS, STIM_LABEL
from guidance.common.text import digits

if TYPE_CHECKING:
    from guidance.session.conversion import ConversionReport


@click.command(epilog=STATUS)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option(
    "--channel", metavar="LABEL", help="Write this channel only.  [default: all in volts at the muscle's rate]"
)
@FULL_SCALE
@SAMPLE_RATE
@STIM_LABEL
@JSON
def convert(source: str, target: str, *, as_json: bool, **options: Any) -> None:
    """Convert a recording to BDF+, EDF+, CSV or Parquet, by the ending of OUT.

    IN is any recording that replay reads. Pulses become annotations 'stim' with current and width; other annotations
    and gaps are kept. The file is read again, and the largest difference is reported: BDF+ has 24 bits, EDF+ 16. It
    names no date and no patient, but annotations are copied as they are. An existing file is never overwritten.
    """
    from drivers.base import DeviceError
    from guidance.common.errors import UserError
    from guidance.processes import outcome_of
    from guidance.session.conversion import convert as convert_recording

    try:
        report = convert_recording(source, target, options)
    except (DeviceError, UserError) as fault:
        outcome = outcome_of(fault)
        click.echo(f"needle-guidance: {outcome.sentence}", err=True)
        sys.exit(outcome.status)
    click.echo(json.dumps(asdict(report), allow_nan=False) if as_json else _text(report))


def _text(report: ConversionReport) -> str:
    seconds = report.samples / report.sample_rate_hz
    differences = ", ".join(
        f"'{name}' {digits(uv)} uV" for name, uv in zip(report.channels, report.largest_uv, strict=True)
    )
    lines = [
        f"Written:     {report.path}",
        f"Signal:      {seconds:.3f} s at {report.sample_rate_hz:.10g} Hz, {report.samples} samples",
        f"Pulses:      {report.pulses}; other annotations: {report.annotations}",
        f"Difference:  {differences}; texts in time {digits(report.moved_us)} us at most",
    ]
    return "\n".join([*lines, *(f"Note:        {note}." for note in report.notes)])
