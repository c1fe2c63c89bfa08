"""The commands that run the guidance: on an amplifier, on a simulated patient, on a recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guidance.cli.case_course import with_earlier_sessions
from guidance.cli.launch import run_job
from guidance.cli.options import (
    CRITERION,
    DEVICE,
    EVENTS,
    FULL_SCALE,
    HEADLESS,
    JSON,
    MARKER,
    PROTOCOL,
    SAMPLE_RATE,
    SILENT,
    STATUS,
    STIM_LABEL,
    STIMULATOR,
    THEME,
    WINDOW,
    Positive,
    check_events,
    procedure_options,
    settings_of,
    sound_of,
)
from guidance.cli.procedures import STORE
from guidance.cli.replay_folder import replay_folder
from guidance.cli.replay_procedure import is_folder_of_recordings, procedure_at, replay_procedure
from guidance.cli.stop_moment import with_stop_moment
from guidance.cli.worklist import with_worklist
from guidance.common.errors import UsageError
from guidance.engine.settings import Mode, Settings
from guidance.protocol import Protocol

if TYPE_CHECKING:
    from guidance.note.case_sheet import CaseSheet


@click.command(epilog=STATUS)
@DEVICE
@STIMULATOR
@MARKER
@procedure_options
def run(address: str, **options: Any) -> None:
    """Guide a procedure on an amplifier.

    Only the operator arms the stimulator, on the screen; with --headless it arms by itself once the signal is fit. No
    pulse exceeds the device's limits, the protocol's limits, or 6 mA, 1 ms, 5 pulses per second and 2 uC per pulse. The
    record of the procedure is stored. Ctrl-C ends the procedure in order.
    """
    _run_live(address, options)


DEMO_SEED = 7
"""The patient of the demo: the needle comes so near within half a minute that the search at the comfort ceiling evokes
responses. With many other seeds the operator must press ``y`` first."""


@click.command(epilog=STATUS)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=10**18 - 1),
    default=DEMO_SEED,
    show_default=True,
    help="Number of the simulated patient.",
)
@click.option(
    "--front", default="rail-below", show_default=True, metavar="KIND",
    help="Front end of the simulated amplifier: how it clips, filters and blanks; none: it clips at its range.",
)  # fmt: skip
@procedure_options
def demo(seed: int, front: str, **options: Any) -> None:
    """Guide a procedure on a simulated patient, through the real driver.

    It is a simulation: its results need not hold for a person. The needle begins with arming and stays at the nerve;
    arrow keys steer it. The amplifier has a front end as real ones have; see drivers/README.md for the kinds.
    """
    _run_live(f"sim:{seed}" if front == "none" else f"sim:{seed},front={front}", options, is_demo=True)


def _run_live(address: str, options: dict[str, Any], *, is_demo: bool = False) -> None:
    """Run a procedure at ``address``; in a demo the needle records too where the protocol is guided by needle EMG."""
    from guidance.journal.store import default_store
    from guidance.session import HOST, Host, LiveJob

    check_events(options)
    options = with_worklist(click.get_current_context(), options)
    sound, case_options = sound_of(options), _case(options)
    settings = _named(settings_of(options, sound=sound), case_options.get("case"))
    settings = with_stop_moment(settings, case_options.get("case"), is_demo=is_demo)
    store = options["store"] or str(default_store())
    of_case = with_earlier_sessions(settings, options["label"], store, case_options.get("case"), options["key_file"])
    if is_demo:
        begins_by_arming = settings.mode is not Mode.LISTEN
        words = ("stays", *(["waits"] if begins_by_arming else []), *simulated_target(settings.protocol))
        address += "".join(f",{word}" for word in words)
    job = LiveJob(
        settings=of_case.settings,
        store=store,
        address=address,
        events=options["events"],
        duration_s=options["duration_s"],
        stimulator=options.get("stimulator"),
        lsl_out=options["lsl_out"],
        sound=None if options["no_audio"] else sound,
        raw_log=options["raw_log"],
        host=click.get_current_context().find_object(Host) or HOST,
        label=of_case.label,
        remarks=of_case.remarks,
        **case_options,
    )
    run_job(job, headless=options["headless"], theme=options["theme"])


def simulated_target(protocol: Protocol) -> Iterator[str]:
    """Yield what makes the simulated patient one of ``protocol``: the target muscle, its latencies, the nerve's depth.

    Of several target muscles it is the first whose latency is known. For needle EMG the needle records too.
    """
    from guidance.protocol.library import load_sheet

    if protocol.needle_emg:
        yield "needle"
    target = next((muscle for muscle in protocol.muscles if muscle.m_ms), next(iter(protocol.muscles), None))
    if target is not None:
        yield f"muscle={target.muscle.partition(',')[0]}"
        spans = (("m", target.m_ms), ("h", target.h_ms))
        yield from (f"{key}={span[0]:g}-{span[1]:g}" for key, span in spans if span)
    needle = getattr(load_sheet(protocol.id).sheet, "needle", None)
    if needle is not None and needle.depth_mm.value is not None:
        yield f"depth={needle.depth_mm.value[1]:g}"


def _named(settings: Settings, case: CaseSheet | None) -> Settings:
    """Add patient and side of the case sheet to ``settings``, for the screen only."""
    if case is None:
        return settings
    patient = "  ".join(filter(None, [case.get("patient"), case.get("birth_date")]))
    return replace(settings, patient=patient or None, side=case.get("side"))


def _case(options: dict[str, Any]) -> dict[str, Any]:
    """Read the case sheet, and check the key file that encrypts it, so that a fault ends the command at once."""
    from guidance.journal.encryption import key_of_file
    from guidance.note.case_sheet import case_from_file

    key_file, listed = options["key_file"], options["worklist_case"]
    if options["case_file"] is None and listed is None:
        return {}
    try:
        if key_file:
            key_of_file(Path(key_file))
        case = listed or case_from_file(Path(options["case_file"]), datetime.now().astimezone())
        return {"case": case, "key_file": key_file}
    except UsageError as fault:
        raise click.UsageError(str(fault)) from None


@click.command(epilog=STATUS)
@click.argument("file")
@click.option("--channel", metavar="LABEL", help="Channel to use.  [default: every voltage channel]")
@PROTOCOL
@WINDOW
@CRITERION
@SILENT
@EVENTS
@click.option("--speed", type=Positive(), metavar="N", help="Play at N times real time.")
@THEME
@click.option("--fast", is_flag=True, help="Play as fast as possible; the records are the same.")
@HEADLESS
@click.option(
    "--mode", type=click.Choice(["listen"]), help="Ignore annotated pulses, and find pulses by their artefact."
)
@FULL_SCALE
@SAMPLE_RATE
@STIM_LABEL
@STORE
@JSON
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Processes for a folder.  [default: one for each core]"
)
def replay(file: str, store: str | None, jobs: int | None, *, as_json: bool, **options: Any) -> None:
    """Replay a recorded signal through the same engine as a live one.

    FILE is of any format that help formats lists. Its annotations 'stim' are the pulses, optionally followed by
    'current_ma=0.50 width_ms=0.10'; without annotations, pulses are found by their artefact. Without --fast and --speed
    it plays in real time.

    FILE may also be a recorded procedure, by its name or its folder. Its signal then runs through today's code, and a
    table shows where today's decisions differ from the recorded ones; --json lists all of them.

    With --fast --headless FILE may be a folder of recordings: they are replayed in several processes, and --events
    names a folder for their events.
    """
    from guidance.session.replay import ReplayJob

    is_folder = options["fast"] and options["headless"] and is_folder_of_recordings(file)
    folder = None if is_folder else procedure_at(file, store)
    if folder is not None:
        replay_procedure(folder, as_json=as_json)
        return
    if jobs and not is_folder:
        raise click.UsageError("--jobs is for a folder of recordings, with --fast --headless.")
    if as_json or store:
        raise click.UsageError("--json and --store are for a recorded procedure, but FILE is a file; leave them out.")
    if options["fast"] and options["speed"]:
        raise click.UsageError("--fast and --speed exclude each other; give one.")
    if not is_folder:
        check_events(options)
    speed = None if options["fast"] else options["speed"] or 1.0
    job = ReplayJob(
        path=file,
        settings=settings_of(options),
        channel=options["channel"],
        full_scale_uv=options["full_scale_uv"],
        sample_rate_hz=options["sample_rate_hz"],
        stim_label=options["stim_label"],
        events=options["events"],
        speed=speed,
    )
    if is_folder:
        replay_folder(job, jobs)
    run_job(job, headless=options["headless"], theme=options["theme"])
