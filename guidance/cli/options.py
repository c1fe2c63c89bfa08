"""Options that several commands share, and the settings that they give."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from guidance.audio.settings import SoundSettings, sound_settings
from guidance.cli.dose_options import DOSING, dose_plan_of, toxin_plan_of
from guidance.common.errors import EXIT_STATUSES, UsageError
from guidance.cue import USUAL
from guidance.dose.site import table_here
from guidance.engine.settings import Mode, Settings
from guidance.protocol import Protocol, ProtocolError, check_window, names, resolve
from guidance.protocol.library import load_sheet
from guidance.protocol.strict import contradiction_of

STATUS = EXIT_STATUSES

CommandFunction = Callable[..., None]


class Positive(click.ParamType[float]):
    """Finite number above 0."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert ``value`` to a float. Raises a usage error."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            self.fail(f"{value!r} is not a number above 0.", param, ctx)
        return number


class AddressOption(click.Option):
    """Option whose help lists the addresses that ``list_addresses`` returns, for the ``{addresses}`` in its text.

    The list includes drivers of other packages, so it is made only when the help is shown.
    """

    def __init__(self, *args: Any, list_addresses: Callable[[], str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._list_addresses = list_addresses

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option's name and its help with the addresses filled in."""
        record = super().get_help_record(ctx)
        return record and (record[0], record[1].replace("{addresses}", self._list_addresses()))


def _amplifier_addresses() -> str:
    from guidance.device_check.addresses import amplifier_addresses

    return amplifier_addresses()


def _stimulator_addresses() -> str:
    from guidance.device_check.addresses import stimulator_addresses

    return stimulator_addresses()


DEVICE = click.option(
    "--device", "address", required=True, metavar="ADDRESS", cls=AddressOption, list_addresses=_amplifier_addresses,
    help="Amplifier, one of {addresses}. PORT is a serial port (such as /dev/ttyACM0 or COM5) or socket://HOST:PORT; "
    "sim:SEED is a simulated patient. The command devices lists the devices of this machine.",
)  # fmt: skip
STIMULATOR = click.option(
    "--stimulator", metavar="ADDRESS", cls=AddressOption, list_addresses=_stimulator_addresses,
    help="An external stimulator with its own clock, one of {addresses}. ttl takes ?line=rts, ?line=dtr or ?byte=0x41; "
    "hand is set by hand. Its pulses are found in the recording.",
)  # fmt: skip
MARKER = click.option(
    "--marker", metavar="CHANNEL",
    help="Amplifier channel with the stimulator's trigger; without it, artefacts show the pulses.",
)  # fmt: skip
PROTOCOL = click.option(
    "--protocol", "protocol_id", default="generic-block", metavar="ID", show_default=True,
    help="Procedure to follow; the command protocols list shows all. Another name that only one protocol has, such as "
    "fds, works too.",
)  # fmt: skip
WINDOW = click.option(
    "--window",
    nargs=2,
    type=float,
    metavar="START_MS END_MS",
    help="Response window: where a response is searched for, in ms after the pulse.",
)
CRITERION = click.option(
    "--criterion-uv", type=Positive(), metavar="UV", help="Smallest peak-to-peak amplitude that counts as a response."
)
SILENT = click.option(
    "--below-threshold", "silent_pulses", type=click.IntRange(min=0), default=0, metavar="N",
    help="The first N pulses are known to be below threshold: the signal after them is learned as artefact.",
)  # fmt: skip
FULL_SCALE = click.option(
    "--full-scale-uv", type=Positive(), metavar="UV", help="Full scale of a WAV or FLAC file in microvolts."
)
SAMPLE_RATE = click.option(
    "--sample-rate-hz", type=Positive(), metavar="HZ", help="Sampling rate of a table without times."
)
STIM_LABEL = click.option(
    "--stim-label", metavar="TEXT", help="Text with which the annotations of pulses begin.  [default: stim]"
)
EVENTS = click.option(
    "--events", metavar="PATH",
    help="Copy the event stream to a new file, over an earlier copy, or to a pipe; - is standard output.",
)  # fmt: skip
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for a program.")
HEADLESS = click.option("--headless", is_flag=True, help="Run without a screen.")

THEME = click.option(
    "--theme", type=click.Choice(["dark", "light", "contrast"]), help="Colours of the screen.  [default: dark]"
)
KEY = click.option(
    "--key", "key_file", metavar="FILE", envvar="NEEDLE_GUIDANCE_KEY",
    help="File with the age key, or the passphrase, that encrypts patient and note; the environment variable "
    "NEEDLE_GUIDANCE_KEY may name it.",
)  # fmt: skip

CASE_LABEL = click.option(
    "--case-label", "label", metavar="WORD",
    help="Label of the case that this belongs to, to follow it over visits; not a name.",
)  # fmt: skip

_PROCEDURE = (
    PROTOCOL,
    click.option("--headless", is_flag=True, help="Run without a screen; the stimulator arms by itself."),
    EVENTS,
    click.option(
        "--mode", type=click.Choice([mode.value for mode in Mode]),
        help="Who chooses the current. auto: the controller; manual: the operator; listen: an independent stimulator "
        "or nobody.  [default: auto; listen where the protocol does not need stimulation]",
    ),
    click.option(
        "--current", "current_ma", type=Positive(), metavar="MA",
        help="First current in mA; in manual mode the current; in listen mode that set on the stimulator.",
    ),
    click.option("--width", "width_ms", type=Positive(), metavar="MS", help="Pulse width in ms."),
    click.option(
        "--probe-widths", is_flag=True,
        help="In auto mode, interleave pulses of 0.1, 0.3 and 1.0 ms as evidence of distance. It depends on a "
        "model of the axon, and models differ widely; tested on simulation only.",
    ),
    click.option("--rate", "pulse_rate_hz", type=Positive(), metavar="HZ", help="Pulses per second."),
    click.option("--max-current", "max_current_ma", type=Positive(), metavar="MA", help="Highest current in mA."),
    WINDOW,
    CRITERION,
    SILENT,
    click.option("--duration", "duration_s", type=Positive(), metavar="S", help="End after S seconds."),
    click.option("--store", metavar="DIR", help="Folder where the record of the procedure is stored."),
    click.option(
        "--raw-log", is_flag=True, help="Store every byte from the amplifier in the record too, for its developers."
    ),
    click.option(
        "--lsl-out", is_flag=True,
        help="Stream signal and events to the Lab Streaming Layer too, for LabRecorder and others.",
    ),
    click.option("--no-audio", is_flag=True, help="Run without sound."),
    THEME,
    click.option(
        "--sounds", metavar="NAME",
        help="Sound mapping; the command sounds list shows all.  [default: the user's, or tempo]",
    ),
    click.option(
        "--case", "case_file", metavar="FILE",
        help="Case sheet in TOML, for the note: patient, performer, side, needle and more; stored apart from the "
        "events. The command procedures case-sheet prints an empty one.",
    ),
    KEY,
    CASE_LABEL,
    click.option(
        "--worklist", metavar="FILE", help="Worklist (FHIR or CSV) whose --entry names patient, side and protocol."
    ),
    click.option("--entry", type=click.IntRange(min=1), metavar="N", help="Entry of the --worklist, from 1."),
    *DOSING,
)  # fmt: skip


def procedure_options(command: CommandFunction) -> CommandFunction:
    """Give ``command`` the options that ``run`` and ``demo`` share."""
    for option in reversed(_PROCEDURE):
        command = option(command)
    return command


def settings_of(options: dict[str, Any], *, sound: SoundSettings | None = None) -> Settings:
    """Build the settings from ``options``; ``sound`` is given for a live procedure. Raises a usage error."""
    try:
        window = check_window(options["window"], "--window") if options["window"] else None
        protocol = _loaded(options["protocol_id"])
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
        current_ma=options.get("current_ma"),
        width_ms=options.get("width_ms"),
        pulse_rate_hz=options.get("pulse_rate_hz"),
        max_current_ma=options.get("max_current_ma"),
        headless=options["headless"],
        dose=dose_plan_of(options, protocol),
        toxin=toxin_plan_of(options, protocol),
        silent_pulses=options["silent_pulses"],
        probe_widths=_probes(options, mode),
        marker=options.get("marker"),
        sounds=sound.mapping if sound else USUAL,
    )


def _loaded(name: str) -> Protocol:
    """Load the protocol ``name``. Raises ProtocolError, also if it is the site's and contradicts itself."""
    loaded = load_sheet(resolve(name))
    if loaded.changes or loaded.sheet.id not in names():
        fault = contradiction_of(loaded.sheet, table_here().table.session_limit)
        if fault:
            raise ProtocolError(f"{loaded.file} contradicts itself: {fault}.")
    return loaded.protocol


def _probes(options: dict[str, Any], mode: Mode) -> bool:
    requested = bool(options.get("probe_widths"))
    if requested and mode is not Mode.AUTO:
        raise click.UsageError(f"--probe-widths is for --mode auto; in {mode.value} mode the width does not change.")
    return requested


def sound_of(options: dict[str, Any]) -> SoundSettings:
    """Return the user's sound settings as ``options`` change them. Raises a usage error."""
    try:
        return sound_settings(options["sounds"])
    except UsageError as fault:
        raise click.UsageError(str(fault)) from None


def _usual_mode(protocol: Protocol) -> Mode:
    """Choose the default mode: automatic stimulation only where the protocol requires stimulation."""
    return Mode.AUTO if protocol.stimulation == "required" else Mode.LISTEN


def check_events(options: dict[str, Any]) -> None:
    """Refuse an ``--events`` that cannot be written."""
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
        raise click.UsageError(f"--events {events}: there is no folder {Path(events).parent}; create it first.")
