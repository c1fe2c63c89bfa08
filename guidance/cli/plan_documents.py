"""The commands that show a plan: as text or on a page of the screen, its progress, and the patient's page."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from guidance.cli.options import JSON, KEY, STATUS, THEME
from guidance.cli.plan import on_plan, plan, plan_and_sessions
from guidance.cli.procedure_access import errors_end_command
from guidance.cli.procedures import STORE, store_of
from guidance.common.errors import UsageError, UserError
from guidance.common.text import clean, one_line

if TYPE_CHECKING:
    from guidance.treatment.plan import TreatmentPlan
    from guidance.treatment.sessions import CaseSessions
    from guidance.ui.appearance import Appearance
    from guidance.ui.plan_page import PlanApp


@plan.command("show", epilog=STATUS)
@on_plan
@click.option("--plain", is_flag=True, help="Print it, also on a terminal.")
@THEME
@JSON
def show(
    label: str, *, store: str | None, key_file: str | None, plain: bool, theme: str | None, as_json: bool
) -> None:  # fmt: skip
    """Show the plan of LABEL with its sessions: on a terminal as a page of the screen, otherwise as text.

    Planned doses stand beside those of the last session and the limit of each muscle. Procedures under the label whose
    record does not hold, or whose case sheet shows another patient, are left out and named.
    """
    from guidance.treatment.overview import overview_lines

    with errors_end_command():
        found, case = plan_and_sessions(label, store, key_file)
        if as_json:
            click.echo(json.dumps(_json(found, case)))
        elif plain or not sys.stdout.isatty():
            click.echo("\n".join(map(clean, overview_lines(found, case))))
        else:
            _show_page(found, case, theme)


@plan.command("progress", epilog=STATUS)
@on_plan
@click.option("--to", metavar="FILE.pdf", help="Write the plan with its charts as PDF.")
def progress(label: str, *, store: str | None, key_file: str | None, to: str | None) -> None:
    """Draw the course of LABEL: scores, units of toxin, the muscle at rest, the time to relax."""
    from guidance.treatment.progress import progress_lines, progress_of

    with errors_end_command():
        found, case = plan_and_sessions(label, store, key_file)
        if to is not None:
            _write(Path(to), {".pdf": lambda: _progress_pdf(found, case)})
            return
    click.echo("\n".join([f"Course of {label}", *progress_lines(progress_of(found, case), case)]))


@plan.command("page", epilog=STATUS)
@on_plan
@click.option("--to", metavar="FILE", help="Write it to a new FILE (.md or .pdf, in large print).")
def page(label: str, *, store: str | None, key_file: str | None, to: str | None) -> None:
    """Make a page about the plan of LABEL for the patient, in plain words, without names."""
    from guidance.treatment.large_print import large_print
    from guidance.treatment.patient_page import patient_markdown, patient_page

    now = datetime.now().astimezone()
    with errors_end_command():
        found = patient_page(*plan_and_sessions(label, store, key_file), now)
        if to is not None:
            _write(Path(to), {".md": lambda: patient_markdown(found).encode(), ".pdf": lambda: large_print(found, now)})
            return
    click.echo(patient_markdown(found), nl=False)


@plan.command("export", epilog=STATUS)
@on_plan
@click.option("--to", required=True, metavar="FILE.json", help="New file to write.")
@click.option("--deidentify", is_flag=True, help="Leave out names, numbers and free text; dates begin at 1985-01-01.")
def export(label: str, *, store: str | None, key_file: str | None, to: str, deidentify: bool) -> None:
    """Export the plan of LABEL and its sessions as a FHIR R4 bundle: CarePlan, EpisodeOfCare, scores, procedures."""
    from guidance.export.care_plan import CareSource, write_care_plan
    from guidance.journal.private_files import refuse_existing

    with errors_end_command():
        refuse_existing(Path(to))
        found, case = plan_and_sessions(label, store, key_file)
        _warn_left_out(label, case)
        write_care_plan(CareSource(found, case, deidentify), Path(to))
    click.echo(f"Written: {to}")


@plan.command("registry", epilog=STATUS)
@STORE
@KEY
@click.option("--to", required=True, metavar="FILE.csv", help="New file to write; its data dictionary lies beside it.")
def registry(store: str | None, key_file: str | None, to: str) -> None:
    """Write the sessions of all plans as one flat table for a registry, with a data dictionary. It names nobody."""
    from guidance.export.registry import write_registry
    from guidance.treatment.plan import plan_labels

    with errors_end_command():
        cases = []
        for label in plan_labels(store_of(store)):
            try:
                cases.append(plan_and_sessions(label, store, key_file))
            except UserError as fault:
                click.echo(f"needle-guidance: Left out: {fault}", err=True)
                continue
            _warn_left_out(label, cases[-1][1])
        dictionary = write_registry(cases, Path(to))
    click.echo(f"Written: {to}\nWritten: {dictionary}")


def _warn_left_out(label: str, case: CaseSessions) -> None:
    for name, why in case.left_out.items():
        click.echo(one_line(f"needle-guidance: Left out of {label}: {name}. {why}"), err=True)


@plan.command("list", epilog=STATUS)
@STORE
@JSON
def list_(store: str | None, *, as_json: bool) -> None:
    """List the plans, each with its problem and review; one that does not hold is named with the reason."""
    with errors_end_command():
        _print_list(store_of(store), as_json=as_json)


def _print_list(store: Path, *, as_json: bool) -> None:
    """Print the plans in ``store``. Raises UserError."""
    from guidance.treatment.plan import load_plan, plan_labels

    rows: list[dict[str, Any]] = []
    for label in plan_labels(store):
        try:
            loaded = load_plan(store, label)
            answers = loaded.sheet.answers
            rows.append({"label": label, "problem": answers["problem"], "review": answers["review"], "fault": None})
        except UserError as fault:
            rows.append({"label": label, "problem": None, "review": None, "fault": str(fault)})
    if as_json:
        click.echo(json.dumps({"plans": rows}))
        return
    lines = [f"{row['label']}  {row['fault'] or _row_words(row)}" for row in rows]
    click.echo("\n".join(map(one_line, lines)) or f"There is no plan in {store}.")


def _row_words(row: dict[str, Any]) -> str:
    return f"{row['problem']}; review {row['review']}"


def _write(path: Path, writers: dict[str, Callable[[], bytes]]) -> None:
    """Write what the ending of ``path`` names to a new file. Raises UserError."""
    from guidance.journal.private_files import refuse_existing, write_private

    if path.suffix.lower() not in writers:
        raise UsageError(f"--to {path}: end the file name in {' or '.join(writers)}.")
    refuse_existing(path)
    write_private(path, writers[path.suffix.lower()]())
    click.echo(f"Written: {path}")


def _progress_pdf(found: TreatmentPlan, case: CaseSessions) -> bytes:
    from guidance.note.pdf import pdf
    from guidance.treatment.overview import overview_page
    from guidance.treatment.pictures import progress_picture
    from guidance.treatment.progress import progress_of

    pictures = progress_picture(progress_of(found, case), case)
    return pdf(overview_page(found, case), pictures, datetime.now().astimezone())


def plan_screen(found: TreatmentPlan, case: CaseSessions, appearance: Appearance | None = None) -> PlanApp:
    """Return the plan's page of the screen: a tab for each part of the plan, and its progress."""
    from guidance.treatment.overview import overview_page
    from guidance.treatment.progress import progress_lines, progress_of
    from guidance.ui.plan_page import PlanApp, PlanTab

    parts = overview_page(found, case)
    tabs = [
        PlanTab(
            section.title,
            tuple((item.label, " ".join(part.text for part in item.sentences)) for item in section.items),
            (section.table.header, *section.table.rows) if section.table else (),
        )
        for section in parts.sections
    ]
    drawn = dropwhile(lambda line: not line, progress_lines(progress_of(found, case), case))
    tabs.append(PlanTab("Progress", tuple(_labelled(line) for line in drawn)))
    return PlanApp(parts.title, parts.banners, tabs, appearance)


def _labelled(line: str) -> tuple[str, str]:
    """Return a line of the progress as label and text: the titles of the series are labels."""
    title, sign, rest = line.partition(", ")
    return (title, rest) if sign and not line.startswith((" ", "Left out")) else ("", line)


def _show_page(found: TreatmentPlan, case: CaseSessions, theme: str | None) -> None:
    from guidance.common.config import load_config
    from guidance.ui.appearance import appearance_of
    from guidance.ui.plan_page import run_plan_page

    run_plan_page(plan_screen(found, case, appearance_of(load_config(), theme)))


def _json(found: TreatmentPlan, case: CaseSessions) -> dict[str, Any]:
    return {
        "label": found.label,
        "since": found.since.isoformat(),
        "revisions": found.revisions,
        "answers": dict(found.sheet.answers),
        "targets": {each.key: dict(each.answers) for each in found.sheet.targets},
        "scores": [
            {"day": visit.day.isoformat(), "scores": {one.key: one.text for one in visit.scores}}
            for visit in found.visits
        ],
        "sessions": [
            {
                "name": each.name,
                "began": each.began.isoformat(),
                "kind": each.kind,
                "product": each.product,
                "units": dict(each.units),
                "anaesthetic_mg": dict(each.anaesthetic_mg),
                "simulated": each.simulated,
            }
            for each in case.sessions
        ],
        "left_out": dict(case.left_out),
    }


PLAN_GROUP = plan
"""The group ``plan`` with the commands of this module."""
