"""Options that several commands share, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from guidance.audio.settings import SoundSettings, sound_settings
from guidance.cli.dose_options import DOSING, dose_plan_of
from guidance.common.errors import UsageError
from guidance.cue import USUAL
from guidance.engine.settings import Mode, Settings
from guidance.protocol import Protocol, ProtocolError, check_window, load, resolve

STATUS = """\b
Exit status: 0 done; 1 an error, told in one sentence; 2 bad arguments; 3 the device was lost."""

CommandFunction = Callable[..., None]


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


DEVICE = click.option(
    "--device", "address", required=True, metavar="ADDRESS",
    help="Amplifier: ona:PORT, PORT being a serial port (/dev/ttyACM0, COM5) or socket://HOST:PORT; sound:NAME, "
    "lsl:NAME, rhx:HOST:PORT, spikerbox:PORT, brainflow:BOARD; sim:SEED is a simulated patient. The command devices "
    "lists what is there.",
)  # fmt: skip
STIMULATOR = click.option(
    "--stimulator", metavar="ADDRESS",
    help="A stimulator beside the amplifier, on a clock of its own: stimjim:PORT, pulsepal:PORT?ma_per_v=MA, p24:PORT, "
    "ttl:PORT?line=rts (or dtr, or ?byte=0x41), or hand. Its pulses are found in the recording.",
)  # fmt: skip
MARKER = click.option(
    "--marker", metavar="CHANNEL",
    help="The amplifier's channel that shows the stimulator's trigger; without it pulses are found by their artefact.",
)  # fmt: skip
PROTOCOL = click.option(
    "--protocol", "protocol_id", default="generic-block", metavar="ID", show_default=True,
    help="Procedure to follow; protocols list shows all. A name that one alone has, such as fds, will do.",
)  # fmt: skip
WINDOW = click.option(
    "--window",
    nargs=2,
    type=float,
    metavar="START_MS END_MS",
    help="Where the response is looked for, after the pulse.",
)
CRITERION = click.option(
    "--criterion-uv", type=Positive(), metavar="UV", help="Least peak-to-peak amplitude that counts as a response."
)
SILENT = click.option(
    "--below-threshold", "silent_pulses", type=click.IntRange(min=0), default=0, metavar="N",
    help="The first N pulses are known to be below threshold: all they show is learned as artefact.",
)  # fmt: skip
EVENTS = click.option(
    "--events", metavar="PATH", help="Copy the event stream to a file or pipe, or with - to standard output."
)
JSON = click.option("--json", "as_json", is_flag=True, help="As one JSON object, for a program.")
HEADLESS = click.option("--headless", is_flag=True, help="Without a screen.")

THEME = click.option(
    "--theme", type=click.Choice(["dark", "light", "contrast"]), help="Colours of the screen.  [default: dark]"
)
KEY = click.option(
    "--key", "key_file", metavar="FILE", envvar="NEEDLE_GUIDANCE_KEY",
    help="File with the age key, or the passphrase, that encrypts patient and note; NEEDLE_GUIDANCE_KEY may name it.",
)  # fmt: skip

_PROCEDURE = (
    PROTOCOL,
    click.option("--headless", is_flag=True, help="Without a screen; the stimulator arms by itself."),
    EVENTS,
    click.option(
        "--mode", type=click.Choice([mode.value for mode in Mode]),
        help="Who chooses the current: the controller, the operator, or another maker's stimulator (or nobody).  "
        "[default: auto; listen where the protocol does not need stimulation]",
    ),
    click.option(
        "--current", "current_ma", type=Positive(), metavar="MA",
        help="First current; in manual mode the current; in listen mode what the dial shows.",
    ),
    click.option("--width", "width_ms", type=Positive(), metavar="MS", help="Pulse width."),
    click.option(
        "--probe-widths", is_flag=True,
        help="In auto mode, interleave pulses of 0.1, 0.3 and 1.0 ms as evidence of distance. What they say rests on a "
        "model of the axon, and models differ widely; tried on simulation only.",
    ),
    click.option("--rate", "pulse_rate_hz", type=Positive(), metavar="HZ", help="Pulses a second."),
    click.option("--max-current", "max_current_ma", type=Positive(), metavar="MA", help="Never more than this."),
    WINDOW,
    CRITERION,
    SILENT,
    click.option("--duration", "duration_s", type=Positive(), metavar="S", help="End after so many seconds."),
    click.option("--store", metavar="DIR", help="Where the record of the procedure is kept."),
    click.option(
        "--raw-log", is_flag=True, help="Keep every byte of the amplifier's line in the record too, for its makers."
    ),
    click.option(
        "--lsl-out", is_flag=True,
        help="Stream signal and events to the Lab Streaming Layer too: LabRecorder and others can follow.",
    ),
    click.option("--no-audio", is_flag=True, help="Without sound."),
    THEME,
    click.option(
        "--sounds", metavar="NAME",
        help="Mapping of what is heard; sounds list shows all.  [default: the user's, or tempo]",
    ),
    click.option(
        "--case", "case_file", metavar="FILE",
        help="Case sheet in TOML: patient, performer, side, needle and the rest, for the note; kept apart from the "
        "events. procedures case-sheet prints an empty one.",
    ),
    KEY,
    *DOSING,
)  # fmt: skip


def procedure_options(command: CommandFunction) -> CommandFunction:
    """Give ``command`` the options that ``run`` and ``demo`` share."""
    for option in reversed(_PROCEDURE):
        command = option(command)
    return command


def settings_of(options: dict[str, Any], *, sound: SoundSettings | None = None) -> Settings:
    """Protocol and overrides of ``options``, or a usage error; ``sound`` is there for a live procedure."""
    try:
        window = check_window(options["window"], "--window") if options["window"] else None
        protocol = load(resolve(options["protocol_id"]))
    except ProtocolError as fault:
        raise click.UsageError(str(fault)) from None
    is_manual = options.get("stimulator") == "hand"
    usual = Mode.LISTEN if is_manual else _usual_mode(protocol) if sound else Mode.MANUAL
    mode = Mode(options["mode"] or usual)
    return Settings(
        protocol,
        mode,
        window,
        criterion_uv=options.get("criterion_uv"),
        **{key: options.get(key) for key in ("current_ma", "width_ms", "pulse_rate_hz", "max_current_ma")},
        headless=options["headless"],
        dose=dose_plan_of(options),
        silent_pulses=options["silent_pulses"],
        probe_widths=_probes(options, mode),
        marker=options.get("marker"),
        sounds=sound.mapping if sound else USUAL,
    )


def _probes(options: dict[str, Any], mode: Mode) -> bool:
    requested = bool(options.get("probe_widths"))
    if requested and mode is not Mode.AUTO:
        raise click.UsageError(f"--probe-widths is for --mode auto; in {mode.value} mode the width stays as it is set.")
    return requested


def sound_of(options: dict[str, Any]) -> SoundSettings:
    """The sound as the user has it and ``options`` change it, or a usage error."""
    try:
        return sound_settings(options["sounds"])
    except UsageError as fault:
        raise click.UsageError(str(fault)) from None


def _usual_mode(protocol: Protocol) -> Mode:
    """Nothing is stimulated by itself where the protocol can do without."""
    return Mode.AUTO if protocol.stimulation == "required" else Mode.LISTEN


def check_events(options: dict[str, Any]) -> None:
    """Refuse an ``--events`` that cannot be."""
    events = options["events"]
    if events == "-" and not options["headless"]:
        raise click.UsageError("--events - writes to the terminal that the screen needs; add --headless.")
    if not events or events == "-":
        return
    try:
        is_folder, has_folder = Path(events).is_dir(), Path(events).absolute().parent.is_dir()
    except OSError as fault:
        raise click.UsageError(f"--events {events}: {fault.strerror}; name another file.") from None
    if is_folder:
        raise click.UsageError(f"--events {events} is a folder; name a file in it.")
    if not has_folder:
        raise click.UsageError(f"--events {events}: there is no folder {Path(events).parent}; make it first.")
