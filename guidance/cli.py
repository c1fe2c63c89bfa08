"""The command ``needle-guidance``: what it takes, and the exit status of each end."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from guidance import __version__
from guidance.faults import BAD_ARGUMENTS, FAILED
from guidance.protocol import ProtocolError, check_window, load
from guidance.settings import Mode, Settings

_STATUS = """\b
Exit status: 0 done; 1 an error, told in one sentence; 2 bad arguments; 3 the device was lost."""


class Positive(click.ParamType[float]):
    """A finite number above 0."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """``value`` as a float, or a usage error."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            self.fail(f"{value!r} is not a number above 0.", param, ctx)
        return number


@click.group(epilog=_STATUS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="needle-guidance")
def cli() -> None:
    """Needle guidance by evoked EMG: where the tip is, by ear and at a glance.

    Research software, not a medical device.
    """


@cli.command(epilog=_STATUS)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--channel", metavar="LABEL", help="Use this channel alone; otherwise every voltage channel.")
@click.option(
    "--protocol", "protocol_id", default="generic-block", metavar="ID", show_default=True, help="Procedure to follow."
)
@click.option(
    "--window",
    nargs=2,
    type=float,
    metavar="START_MS END_MS",
    help="Where the response is looked for, after the pulse.",
)
@click.option(
    "--criterion-uv", type=Positive(), metavar="UV", help="Least peak-to-peak amplitude that counts as a response."
)
@click.option("--events", metavar="PATH", help="Copy the event stream to a file or pipe, or with - to standard output.")
@click.option("--speed", type=Positive(), metavar="N", help="Play at N times real time.")
@click.option("--fast", is_flag=True, help="Play as fast as the machine can; the records are the same.")
@click.option("--headless", is_flag=True, help="Without a screen.")
@click.option(
    "--mode", type=click.Choice(["listen"]), help="Leave annotated pulses aside and find pulses by their artefact."
)
@click.option(
    "--full-scale-uv", type=Positive(), metavar="UV", help="What full scale of a WAV or FLAC file is, in microvolts."
)
@click.option("--sample-rate-hz", type=Positive(), metavar="HZ", help="Sampling rate of a CSV file without times.")
def replay(file: str, **options: Any) -> None:
    """Run a recorded signal through the same path as a live one.

    FILE is EDF, EDF+, BDF, BDF+, WAV, FLAC or CSV. Pulses are its annotations 'stim', optionally with
    'current_ma=0.50 width_ms=0.10' after it; where there are none, they are found by their artefact.
    Without --fast and --speed it plays in real time.
    """
    from guidance.replay import Replay

    if options["fast"] and options["speed"]:
        raise click.UsageError("--fast and --speed exclude each other; give one.")
    _check_events(options)
    speed = None if options["fast"] else options["speed"] or 1.0
    job = Replay(
        path=file,
        settings=_settings(options),
        channel=options["channel"],
        full_scale_uv=options["full_scale_uv"],
        sample_rate_hz=options["sample_rate_hz"],
        events=options["events"],
        speed=speed,
    )
    _run(job, headless=options["headless"])


def _procedure_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that ``run`` and ``demo`` share."""
    options = [
        click.option("--protocol", "protocol_id", default="generic-block", metavar="ID", show_default=True,
                     help="Procedure to follow."),
        click.option("--headless", is_flag=True, help="Without a screen; the stimulator arms by itself."),
        click.option("--events", metavar="PATH", help="Copy the event stream to a file or pipe, or with - to stdout."),
        click.option("--mode", type=click.Choice([m.value for m in Mode]), default="auto", show_default=True,
                     help="Who chooses the current: the controller, the operator, or another maker's stimulator."),
        click.option("--current", "current_ma", type=Positive(), metavar="MA",
                     help="First current; in manual mode the current; in listen mode what the dial shows."),
        click.option("--width", "width_ms", type=Positive(), metavar="MS", help="Pulse width."),
        click.option("--rate", "rate_hz", type=Positive(), metavar="HZ", help="Pulses a second."),
        click.option("--max-current", "max_current_ma", type=Positive(), metavar="MA", help="Never more than this."),
        click.option("--window", nargs=2, type=float, metavar="START_MS END_MS",
                     help="Where the response is looked for, after the pulse."),
        click.option("--criterion-uv", type=Positive(), metavar="UV",
                     help="Least peak-to-peak amplitude that counts as a response."),
        click.option("--duration", "duration_s", type=Positive(), metavar="S", help="End after so many seconds."),
        click.option("--store", metavar="DIR", help="Where the record of the procedure is kept."),
        click.option("--no-audio", is_flag=True, help="Without sound."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@cli.command(epilog=_STATUS)
@click.option("--device", "address", required=True, metavar="ADDRESS", help="Amplifier, such as ona:/dev/ttyACM0.")
@_procedure_options
def run(address: str, **options: Any) -> None:
    """Guide a procedure on an amplifier."""
    _run_live(options, address=address)


@cli.command(epilog=_STATUS)
@click.option("--seed", type=int, default=1, show_default=True, help="Which simulated patient.")
@_procedure_options
def demo(seed: int, **options: Any) -> None:
    """Guide a procedure on a simulated patient, through the real driver. It is a simulation."""
    from guidance.live import Demo

    _run_live(options, demo=Demo(seed))


def _run_live(options: dict[str, Any], **source: Any) -> None:
    from guidance.journal import default_store
    from guidance.live import Live

    _check_events(options)
    job = Live(
        settings=_settings(options),
        store=options["store"] or str(default_store()),
        events=options["events"],
        duration_s=options["duration_s"],
        **source,
    )
    _run(job, headless=options["headless"])


def _settings(options: dict[str, Any]) -> Settings:
    """Protocol and overrides of ``options``, or a usage error."""
    try:
        window = check_window(options["window"], "--window") if options["window"] else None
        protocol = load(options["protocol_id"])
    except ProtocolError as fault:
        raise click.UsageError(str(fault)) from None
    given = {key: options.get(key) for key in ("current_ma", "width_ms", "rate_hz", "max_current_ma", "criterion_uv")}
    mode = Mode(options["mode"] or Mode.MANUAL)
    return Settings(protocol, mode, window, **given, headless=options["headless"])


def _check_events(options: dict[str, Any]) -> None:
    events = options["events"]
    if events == "-" and not options["headless"]:
        raise click.UsageError("--events - writes to the terminal that the screen needs; add --headless.")
    if events and Path(events).is_dir():
        raise click.UsageError(f"--events {events} is a folder; name a file in it.")
    if events and events != "-" and not Path(events).absolute().parent.is_dir():
        raise click.UsageError(f"--events {events}: there is no folder {Path(events).parent}; make it first.")


def _run(job: Any, *, headless: bool) -> None:
    from guidance.host import run_headless, run_with_screen

    if not headless and not sys.stdout.isatty():
        raise click.UsageError("The screen needs a terminal, and standard output is none; add --headless.")
    outcome = run_headless(job) if headless else run_with_screen(job)
    if outcome.sentence:
        click.echo(f"needle-guidance: {outcome.sentence}", err=True)
    sys.exit(outcome.status)


def main() -> None:
    """Run the command line; every error ends as one sentence on standard error."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except click.exceptions.NoArgsIsHelpError as bare:
        click.echo(bare.format_message())
        sys.exit(BAD_ARGUMENTS)
    except click.Abort:
        sys.exit(FAILED)
    except click.ClickException as fault:
        click.echo(f"needle-guidance: {fault.format_message()}", err=True)
        sys.exit(BAD_ARGUMENTS)
