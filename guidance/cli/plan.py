"""The commands about a patient's plan: make, show, change, and add scores, sessions and addenda."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guidance.cli.options import KEY, STATUS, CommandFunction
from guidance.cli.private_values import HELP, read_private
from guidance.cli.procedure_access import errors_end_command, folder_of
from guidance.cli.procedures import STORE, store_of
from guidance.common.errors import UsageError

if TYPE_CHECKING:
    from guidance.journal.encryption import EncryptionKey
    from guidance.treatment.plan import Author, OutsideSession, TreatmentPlan
    from guidance.treatment.sessions import CaseSessions

_LABEL = click.argument("label", metavar="LABEL")
_BY = click.option(
    "--by", metavar="NAME", callback=read_private, help=f"Name of who enters it. {HELP}  [default: prompt]"
)
_SHEET = click.option("--sheet", "sheet_file", metavar="FILE", required=True, help="Plan sheet in TOML.")


def on_plan(command: CommandFunction) -> CommandFunction:
    """Give ``command`` the argument LABEL, and the options that find the plan and decrypt its names."""
    return _LABEL(STORE(KEY(command)))


def adds_to_plan(command: CommandFunction) -> CommandFunction:
    """Give ``command`` what ``on_plan`` gives, and who enters it."""
    return on_plan(_BY(command))


@click.group(epilog=STATUS, name="plan")
def plan() -> None:
    """Keep a patient's plan: goals, targets and doses, scores, sessions, progress, a page for the patient.

    A plan has a case label, which is not a name. Procedures with the same label (--case-label) are its sessions. A plan
    is only added to; names are kept apart from it and can be encrypted.
    """


@plan.command("sheet", epilog=STATUS)
def sheet() -> None:
    """Print an empty plan sheet. Fill it in, and give it to plan new with --sheet."""
    from guidance.treatment.sheet import empty_plan_sheet

    click.echo(empty_plan_sheet(), nl=False)


@plan.command("new", epilog=STATUS)
@adds_to_plan
@_SHEET
@click.option("--case", "case_file", metavar="FILE", help="Case sheet in TOML with the patient's name and numbers.")
def new(label: str, *, sheet_file: str, case_file: str | None, **options: Any) -> None:
    """Make the plan of the case LABEL from a plan sheet. With --key, its names are encrypted."""
    from guidance.journal.store import default_store
    from guidance.note.case_sheet import case_from_file
    from guidance.treatment.people import People
    from guidance.treatment.plan import new_plan
    from guidance.treatment.sheet import sheet_from_file

    with errors_end_command():
        now = _now()
        people = People()
        if case_file is not None:
            people = people.with_patient(case_from_file(Path(case_file), now))
        store = Path(options["store"]) if options["store"] else default_store()
        author = author_of(options, None)
        made = new_plan(store, label, sheet_from_file(Path(sheet_file)), people, author)
    click.echo(f"Plan {label}: {len(made.sheet.targets)} targets, {len(made.baseline)} first scores.")


@plan.command("revise", epilog=STATUS)
@adds_to_plan
@_SHEET
@click.option("--why", required=True, metavar="TEXT", help="Why the plan changes.")
def revise(label: str, *, sheet_file: str, why: str, **options: Any) -> None:
    """Replace the plan sheet of LABEL by another one. The earlier one stays on record."""
    from guidance.treatment.plan import revise as revise_plan
    from guidance.treatment.sheet import sheet_from_file

    with errors_end_command():
        store = store_of(options["store"])
        revise_plan(store, label, sheet_from_file(Path(sheet_file)), why, author_of(options, label))
    click.echo(f"Plan {label} is changed; the earlier one stays on record.")


@plan.command("score", epilog=STATUS)
@adds_to_plan
@click.option(
    "--set", "entries", multiple=True, metavar="KEY=VALUE",
    help="A score, such as mas.elbow-flexors=1+, tardieu.elbow-flexors='2 40/95', range.elbow=110, nrs=4 or "
    "gas.washing=-1; may be repeated.",
)  # fmt: skip
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Day.  [default: today]")
def score(label: str, *, entries: tuple[str, ...], day: datetime | None, **options: Any) -> None:
    """Add scores to the plan of LABEL: Ashworth (mas), Tardieu, pain (nrs), range of motion, goals (gas)."""
    from guidance.treatment.plan import add_scores
    from guidance.treatment.scores import read_scores

    with errors_end_command():
        scores = read_scores(entries)
        author = author_of(options, label)
        add_scores(store_of(options["store"]), label, scores, _day(day), author)
    click.echo("\n".join(f"{one.title}: {one.text}" for one in scores))


@plan.command("session", epilog=STATUS)
@adds_to_plan
@click.argument("name", metavar="[PROCEDURE]", required=False)
@click.option("--relabel", is_flag=True, help="Move a procedure that has another case label.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Day of a toxin session "
              "that was recorded elsewhere.")  # fmt: skip
@click.option("--product", metavar="NAME", help="Its product.")
@click.option("--muscle", "muscles", multiple=True, metavar="TEXT", help="A muscle and its units, such as 'fds 50'.")
def session(label: str, *, name: str | None, **options: Any) -> None:
    """Hang a session on the plan of LABEL: a recorded PROCEDURE, or a toxin session that was recorded elsewhere.

    A procedure that was run with --case-label LABEL hangs on it already.
    """
    from guidance.treatment.plan import add_outside_session, add_session

    with errors_end_command():
        store = store_of(options["store"])
        outside = (options["day"], options["product"], options["muscles"])
        if (name is not None) == any(outside):
            raise UsageError("Name a recorded PROCEDURE, or --on, --product and --muscle of one recorded elsewhere.")
        if name is not None:
            folder = folder_of(name, options["store"])
            add_session(store, label, folder, author_of(options, label), relabel=options["relabel"])
            click.echo(f"{name} is a session of {label}.")
            return
        found = _outside_session(*outside)
        add_outside_session(store, label, found, author_of(options, label))
    click.echo(f"{found.day}: {sum(found.units.values()):g} U {found.product}.")


@plan.command("addendum", epilog=STATUS)
@adds_to_plan
@click.argument("text", callback=read_private)
def addendum(label: str, *, text: str, **options: Any) -> None:
    """Add TEXT to the plan of LABEL, dated. TEXT - reads it from standard input, @FILE from a file."""
    from guidance.treatment.plan import add_addendum

    with errors_end_command():
        add_addendum(store_of(options["store"]), label, text, author_of(options, label))
    click.echo(f"Added to the plan {label}.")


def author_of(options: dict[str, Any], label: str | None) -> Author:
    """Return who adds to the plan ``label``, with the key that decrypts its names; a new plan has no ``label``."""
    from guidance.treatment.plan import Author

    key = key_of_plan(options["store"], label, options["key_file"], must=True)
    by = options["by"]
    if by is None:
        if not sys.stdin.isatty():
            raise UsageError("Name who enters it with --by, such as --by 'Dr A. Example'.")
        by = str(click.prompt("Entered by", err=True))
    return Author(by, key, _now())


def key_of_plan(store: str | None, label: str | None, key_file: str | None, *, must: bool) -> EncryptionKey | None:
    """Read the key in ``key_file``, or prompt for it where the names of the plan ``label`` are encrypted.

    Unless it ``must`` be known, there is no prompt: a plan can be shown without names.
    """
    from guidance.cli.procedure_access import key_for
    from guidance.journal.encryption import key_of_file
    from guidance.treatment.plan import folder_of_plan

    if key_file:
        return key_of_file(Path(key_file))
    folder = folder_of_plan(store_of(store), label) if label and must else None
    return key_for(folder, None) if folder is not None and folder.is_dir() else None


def plan_and_sessions(label: str, store: str | None, key_file: str | None) -> tuple[TreatmentPlan, CaseSessions]:
    """Load the plan of ``label`` and its sessions. Raises UserError."""
    from guidance.treatment.plan import load_plan
    from guidance.treatment.sessions import sessions_with

    place, key = store_of(store), key_of_plan(store, label, key_file, must=False)
    loaded = load_plan(place, label, key)
    return loaded, sessions_with(loaded, place, label, _now(), key)


def _outside_session(day: datetime | None, product: str | None, muscles: tuple[str, ...]) -> OutsideSession:
    """Return the session of these options. Raises UsageError where one is missing or cannot be read."""
    from guidance.cli.dose_options import as_usage_errors
    from guidance.dose.site import table_here
    from guidance.dose.toxin import read_muscle
    from guidance.dose.toxin_session import PREFIX
    from guidance.treatment.plan import OutsideSession

    if day is None or product is None or not muscles:
        raise UsageError("A session recorded elsewhere needs --on, --product and at least one --muscle.")
    with as_usage_errors():
        key, _ = table_here().table.find_toxin(product)
        doses = [read_muscle(key, text) for text in muscles]
    units: dict[str, float] = {}
    for dose in doses:
        muscle = dose.protocol.removeprefix(PREFIX)
        units[muscle] = units.get(muscle, 0.0) + dose.units
    return OutsideSession(day.date(), key, units)


def _day(day: datetime | None) -> date:
    return day.date() if day is not None else _now().date()


def _now() -> datetime:
    return datetime.now().astimezone()
