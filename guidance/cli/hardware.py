"""The commands about devices: list them, and check whether one is fit for use."""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys

import click

from drivers.base import DeviceError
from guidance.cli.options import DEVICE, JSON, STATUS, Positive
from guidance.common.errors import DONE, FAILED, UserError

_HOW_ELSE = """\
A device behind a network: --device ona:socket://HOST:PORT
A simulated patient:       --device sim:1, or the command demo"""
_CHECK_STATUS = """\b
Exit status: 0 good; 1 something to fix, or another error; 2 bad arguments; 3 the device was lost."""


@click.command(epilog=STATUS)
@JSON
@click.option(
    "--probe", is_flag=True,
    help="Query the serial ports too; never a port whose device opening may reset, nor a server that it would close.",
)  # fmt: skip
def devices(*, as_json: bool, probe: bool) -> None:
    """List what may be an amplifier, without opening anything.

    Each line is a serial port, LSL stream or sound input: the value for --device, how certain it is, and what is known
    of it. Then `needle-guidance check --device ADDRESS` shows whether an amplifier responds there.
    """
    from guidance.device_check.addresses import builtin_addresses
    from guidance.device_check.check import find_devices

    result = find_devices(probe=probe)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(result)))
        return
    for device in result.devices:
        known = filter(None, (device.confidence, device.description, device.vendor_product, device.serial))
        click.echo(f"--device {shlex.quote(device.address)}   {', '.join(known)}")
    if not result.devices:
        click.echo("No device was found. Connect the amplifier.")
    click.echo("\n".join([*result.notes, _HOW_ELSE, builtin_addresses()]))


@click.command(epilog=_CHECK_STATUS)
@DEVICE
@click.option(
    "--seconds", type=click.FloatRange(2.0, 3600.0), default=5.0, metavar="N", show_default=True,
    help="Check for N seconds, 2 to 3600; the longer, the more exact the clock's rate.",
)  # fmt: skip
@click.option(
    "--known-uv", "known_uv", type=Positive(), metavar="UV",
    help="Peak-to-peak size of a calibration signal now at the first input; prints the address to use.",
)  # fmt: skip
@click.option("--no-audio", is_flag=True, help="Leave out the sound check.")
@JSON
def check(address: str, *, seconds: float, known_uv: float | None, no_audio: bool, as_json: bool) -> None:
    """Check whether an amplifier is fit for use, and show what to fix.

    Shows its rate and clock, each channel's noise, mains interference and electrode, the impedance, lost samples, and
    how long commands take. It never stimulates. Then it plays a tone, and records it where there is a microphone, or a
    monitor of the loudspeaker.

    Where six pulses or more are in the signal, of any stimulator or of a recording (--device file:PATH), it names the
    front end: rail, blanking, recovery and band, what they hide, and what mends it. Pulses below the motor threshold
    show it best.
    """
    from guidance.audio.settings import sound_settings
    from guidance.audio.sound_check import check_sound
    from guidance.device_check.advice import faults_to_fix, report, sound_report
    from guidance.device_check.check import check_device
    from guidance.processes import outcome_of

    try:
        device = sound_settings().device
        result = check_device(address, seconds, known_uv)
    except (DeviceError, UserError) as fault:
        outcome = outcome_of(fault)
        click.echo(f"needle-guidance: {outcome.sentence}", err=True)
        sys.exit(outcome.status)
    sound = None if no_audio else check_sound(device)
    faults = faults_to_fix(result) + ([sound.why] if sound and sound.why else [])
    if as_json:
        more = {"sound": dataclasses.asdict(sound) if sound else None, "mend": faults}
        click.echo(json.dumps(dataclasses.asdict(result) | more))
    else:
        sound_lines = sound_report(sound) if sound else []
        to_fix = [f"To fix: {fault}" for fault in faults or ["nothing."]]
        click.echo("\n".join([*report(result), *sound_lines, *to_fix]))
    sys.exit(FAILED if faults else DONE)
