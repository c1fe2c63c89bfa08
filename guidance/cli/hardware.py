"""The commands about devices: which ports there are, and whether what is connected is fit for use."""

from __future__ import annotations

import dataclasses
import json
import sys

import click

from drivers.base import DeviceError
from guidance.cli.options import DEVICE, JSON, STATUS
from guidance.faults import DONE, FAILED, Fault

_HOW_ELSE = """\
A device behind a network: --device ona:socket://HOST:PORT
A simulated patient:       --device sim:1, or the command demo"""
_CHECK_STATUS = """\b
Exit status: 0 good; 1 something to mend, or another error; 2 bad arguments; 3 the device was lost."""


@click.command(epilog=STATUS)
@JSON
def devices(*, as_json: bool) -> None:
    """List the serial ports, without opening any.

    Each line is what to give as --device, and what is known of the port: USB vendor and product, description. Then
    `needle-guidance check --device ADDRESS` shows whether an amplifier answers there.
    """
    from guidance.live.check import found_ports

    ports = found_ports()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(port) for port in ports]))
        return
    for port in ports:
        known = filter(None, (port.vendor_product, port.description, port.serial))
        click.echo(f"--device {port.address}   {', '.join(known)}")
    click.echo(_HOW_ELSE if ports else f"No serial port was found. Connect the amplifier.\n{_HOW_ELSE}")


@click.command(epilog=_CHECK_STATUS)
@DEVICE
@click.option(
    "--seconds", type=click.FloatRange(2.0, 3600.0), default=5.0, metavar="N", show_default=True,
    help="Listen for so long, 2 to 3600; the longer, the better the clock is known.",
)  # fmt: skip
@click.option("--no-audio", is_flag=True, help="Leave the sound out.")
@JSON
def check(address: str, *, seconds: float, no_audio: bool, as_json: bool) -> None:
    """See whether an amplifier is fit for use, and what to mend.

    Shows its rate and clock, each channel's noise, mains and electrode, the impedance, what was lost on the line, and
    how long commands take. Nothing is stimulated. Then a tone is played; where there is a microphone, or a monitor of
    the loudspeaker, it is listened for.
    """
    from guidance.audio.settings import sound_settings
    from guidance.audio.trying import check_sound
    from guidance.host import outcome_of
    from guidance.live.advice import report, sound_report, to_mend
    from guidance.live.check import check_device

    try:
        device = sound_settings().device
        found = check_device(address, seconds)
    except (DeviceError, Fault) as fault:
        outcome = outcome_of(fault)
        click.echo(f"needle-guidance: {outcome.sentence}", err=True)
        sys.exit(outcome.status)
    sound = None if no_audio else check_sound(device)
    faults = to_mend(found) + ([sound.why] if sound and sound.why else [])
    if as_json:
        told = {"sound": dataclasses.asdict(sound) if sound else None, "mend": faults}
        click.echo(json.dumps(dataclasses.asdict(found) | told))
    else:
        heard = sound_report(sound) if sound else []
        click.echo("\n".join([*report(found), *heard, *(f"To mend: {fault}" for fault in faults or ["nothing."])]))
    sys.exit(FAILED if faults else DONE)
