"""The command that shows patients the activity of their muscles, and the summary that they take home."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guidance.audio.settings import sound_settings
from guidance.cli.launch import run_job
from guidance.cli.options import CASE_LABEL, EVENTS, FULL_SCALE, SAMPLE_RATE, STATUS, THEME, Positive, check_events
from guidance.cli.procedures import STORE, chosen, leave, store_of
from guidance.common.errors import UsageError, UserError
from guidance.contracts.origin import is_simulation
from guidance.engine.settings import Mode, Settings
from guidance.protocol import ProtocolError, load, resolve

if TYPE_CHECKING:
    from guidance.biofeedback.plan import ExercisePlan


@click.command(epilog=STATUS)
@click.option(
    "--device", "address", metavar="ADDRESS", help="Amplifier, as in the command run; sim:SEED is a simulated person."
)
@click.option(
    "--file",
    metavar="FILE",
    help="A recorded signal instead of an amplifier, in a format that the command replay reads.",
)
@click.option(
    "--protocol", "protocol_id", default="relax", metavar="ID", show_default=True,
    help="Exercise: relax, contract-hold, contract-relax, antagonist-quiet, discriminate, or one of the site's own.",
)  # fmt: skip
@click.option(
    "--channel", "channels", multiple=True, metavar="LABEL",
    help="Channel of the electrodes over a muscle; for two muscles give it twice, the antagonist second.  "
    "[default: the first two]",
)  # fmt: skip
@click.option("--trials", type=click.IntRange(1, 60), metavar="N", help="Number of trials.  [default: the protocol's]")
@CASE_LABEL
@click.option(
    "--symptom-before", type=click.IntRange(0, 10), metavar="N",
    help="Symptom score before the exercise, 0 (none) to 10 (the worst).  [default: a live screen asks]",
)  # fmt: skip
@click.option(
    "--symptom-after", type=click.IntRange(0, 10), metavar="N",
    help="Symptom score after the exercise, where the visit is a recorded signal.  [default: a live screen asks]",
)  # fmt: skip
@click.option(
    "--sound", type=click.Choice(["none", "tone"]), default="tone", show_default=True,
    help="tone: a slow beep while the patient does the exercise, a faster and lower one while not.",
)  # fmt: skip
@click.option(
    "--effort", metavar="FILE|follow",
    help="What a simulated person does: 'follow' the prompts, or act out a FILE with lines of seconds and efforts "
    "from 0 to 1.",
)  # fmt: skip
@FULL_SCALE
@SAMPLE_RATE
@click.option("--speed", type=Positive(), metavar="N", help="Play the file at N times real time.")
@click.option("--fast", is_flag=True, help="Play the file as fast as possible.")
@click.option("--headless", is_flag=True, help="Run without a screen.")
@THEME
@EVENTS
@click.option("--duration", "duration_s", type=Positive(), metavar="S", help="End after S seconds.")
@click.option("--store", metavar="DIR", help="Folder for the record.")
def biofeedback(**options: Any) -> None:
    """Show the activity of one or two muscles while the patient relaxes or contracts them.

    The program first measures rest, and the strongest effort where the exercise needs it; then the trials begin. The
    screen asks for a symptom score before and after. It never stimulates. The record is stored like that of a
    procedure; biofeedback-summary turns it into a page for the patient.
    """
    from guidance.journal.store import default_store
    from guidance.journal.visits import checked_label
    from guidance.session.biofeedback import BiofeedbackJob
    from guidance.session.simulated_subject import FOLLOW, read_script

    _check(options)
    plan, settings = _exercise(options)
    symptoms = (options["symptom_before"], options["symptom_after"])
    needs_scores = options["address"] is not None and not options["headless"] and symptoms == (None, None)
    effort = options["effort"]
    try:
        label = checked_label(options["label"]) if options["label"] is not None else None
        script = read_script(effort) if effort not in (None, FOLLOW) else None
        sound = sound_settings() if options["sound"] == "tone" else None
    except UsageError as fault:
        raise click.UsageError(str(fault)) from None
    job = BiofeedbackJob(
        settings=settings,
        plan=replace(plan, requests_symptom=needs_scores),
        symptoms=symptoms,
        store=options["store"] or str(default_store()),
        address=options["address"],
        file=options["file"],
        speed=None if options["fast"] else options["speed"] or 1.0,
        full_scale_uv=options["full_scale_uv"],
        sample_rate_hz=options["sample_rate_hz"],
        channels=options["channels"],
        label=label,
        events=options["events"],
        duration_s=options["duration_s"],
        sound=sound,
        script=script,
        follows=effort == FOLLOW,
    )
    run_job(job, headless=options["headless"], theme=options["theme"], exercise=True)


def _check(options: dict[str, Any]) -> None:
    """Refuse options that do not go together."""
    if (options["address"] is None) == (options["file"] is None):
        raise click.UsageError("Give either --device or --file: an amplifier, or a recorded signal.")
    if options["file"] is None and (options["fast"] or options["speed"]):
        raise click.UsageError("--fast and --speed are for a recorded signal; give one with --file.")
    if options["file"] is None and (options["full_scale_uv"] or options["sample_rate_hz"]):
        raise click.UsageError("--full-scale-uv and --sample-rate-hz are for a recorded signal; give one with --file.")
    if options["file"] is None and options["symptom_after"] is not None:
        raise click.UsageError(
            "--symptom-after is for a recorded signal: of a live visit it is not known yet, and the screen asks for it."
        )
    if options["fast"] and options["speed"]:
        raise click.UsageError("--fast and --speed exclude each other; give one.")
    if options["effort"] and not is_simulation(options["address"] or ""):
        raise click.UsageError("--effort steers a simulated person; use it with --device sim:SEED.")
    check_events(options)


def _exercise(options: dict[str, Any]) -> tuple[ExercisePlan, Settings]:
    """Return the plan and the settings of the exercise. Raises a usage error."""
    from guidance.biofeedback.plan import plan_of
    from guidance.protocol.library import load_sheet
    from guidance.protocol.sheet import BiofeedbackProtocol

    try:
        name = resolve(options["protocol_id"])
        sheet, protocol = load_sheet(name).sheet, load(name)
    except ProtocolError as fault:
        raise click.UsageError(str(fault)) from None
    if not isinstance(sheet, BiofeedbackProtocol):
        raise click.UsageError(
            f"The protocol {name} is a procedure with a needle, not an exercise; use the command run."
        )
    plan, assumed = plan_of(sheet, options["trials"])
    return plan, Settings(replace(protocol, assumed=assumed), Mode.LISTEN, headless=options["headless"])


@click.command(name="biofeedback-summary", epilog=STATUS)
@click.argument("name", metavar="PROCEDURE")
@STORE
@click.option("--out", metavar="FILE", help="Write it to the new FILE.  [default: standard output]")
@click.option(
    "--times-a-day", type=click.IntRange(1, 20), metavar="N",
    help="How often to practise at home.  [default: a line to fill in]",
)  # fmt: skip
@click.option("--home", metavar="TEXT", help="A sentence of the therapist on what to practise at home.")
def biofeedback_summary(
    name: str, store: str | None, out: str | None, times_a_day: int | None, home: str | None
) -> None:
    """Summarise a recorded exercise on a page in plain words for the patient, in Markdown."""
    from guidance.journal.home_programme import HomeAdvice
    from guidance.journal.private_files import refuse_existing, write_private
    from guidance.journal.take_home_summary import take_home

    place = store_of(store)
    (folder,) = chosen(place, (name,))
    try:
        if out is not None:
            refuse_existing(Path(out), "--out")
        text = take_home(place, folder, HomeAdvice(times_a_day, home))
        if out is None:
            click.echo(text, nl=False)
        else:
            write_private(Path(out), text.encode())
    except UserError as fault:
        leave(fault)
