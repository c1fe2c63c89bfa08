"""The command ``dose``: a calculator for local anaesthetics, the lipid rescue card, and botulinum units."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from guidance.citations import ProtocolError, cited
from guidance.cli.dose_neurolytic import neurolytic
from guidance.cli.dose_options import GIVEN, TABLE, as_usage_errors, inherited, patient_of, patient_options, table_of
from guidance.cli.dose_toxin import toxin
from guidance.cli.options import JSON
from guidance.common.errors import DONE, FAILED
from guidance.dose import listing
from guidance.dose import rescue_card as card
from guidance.dose.calculation import DoseCalculation, json_of, lines_of
from guidance.dose.cumulative_dose import GivenDose, read_dose
from guidance.dose.drugs import DrugTable, load
from guidance.dose.rescue import rescue
from guidance.dose.site import SiteTable
from guidance.dose.text import DoseError, Epinephrine, concentration_mg_per_ml, epinephrine, parse_amount, volume_ml

_EPILOG = """\b
Examples:
  needle-guidance dose --weight 70 --drug ropivacaine --concentration 0.5% --volume 30mL
  needle-guidance dose --weight 70 --drug lidocaine --concentration 1% --volume 20mL \\
      --epinephrine 1:200000 --with 'ropivacaine 0.5% 10mL' --given 'bupivacaine 25mg 40min ago'
  needle-guidance dose rescue --weight 70
\b
Exit status: 0 within the limits; 1 over a limit; 2 bad arguments."""


@click.group(invoke_without_command=True, no_args_is_help=True, epilog=_EPILOG)
@patient_options
@click.option("--drug", metavar="NAME", help="The local anaesthetic, by generic or trade name.")
@click.option("--concentration", metavar="TEXT", help="Concentration with its unit: 0.5% or 5mg/mL.")
@click.option("--volume", metavar="TEXT", help="Volume with its unit: 30mL. Without it only the limit is shown.")
@click.option(
    "--epinephrine", is_flag=False, flag_value="", default=None, metavar="[STRENGTH]",
    help="The solution contains epinephrine: 1:200000 or 5ug/mL.",
)  # fmt: skip
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="TEXT",
    help="A further dose, such as 'lidocaine 1% 10mL'; may be repeated.",
)
@GIVEN
@TABLE
@JSON
@click.pass_context
def dose(context: click.Context, /, *, as_json: bool, **options: Any) -> None:
    """Calculate a dose of local anaesthetic, and compare it with its limits.

    Shows the dose in mg, the limit and the rule that sets it, the dose as a fraction of the limit, and what is left,
    with the source and the certainty of each number. It is a calculation from a table that a clinician of the site must
    approve, not advice. Without --weight no weight is assumed.
    """
    if context.invoked_subcommand is not None:
        return
    with as_usage_errors():
        calculation = _calculation(options)
        shown = json.dumps(json_of(calculation)) if as_json else "\n".join(lines_of(calculation))
    click.echo(shown)
    sys.exit(FAILED if calculation.is_over else DONE)


def _calculation(options: dict[str, Any]) -> DoseCalculation:
    if options["drug"] is None:
        raise DoseError("Name the drug: --drug ropivacaine.")
    here = table_of(options["table"])
    table = here.table
    drug, _ = table.find_anaesthetic(options["drug"])
    solution, added = options["concentration"], options["epinephrine"]
    mg_per_ml = None if solution is None else concentration_mg_per_ml(solution)
    with_it = None if added is None else epinephrine(added)
    planned = _planned_dose(drug, mg_per_ml, with_it, options["volume"])
    return DoseCalculation(
        table=table,
        patient=patient_of(options),
        drug=drug,
        mg_per_ml=mg_per_ml,
        added=with_it,
        planned=(*planned, *_read(table, options["others"])),
        earlier=_read(table, options["given"]),
        changes=tuple(here.changed("anaesthetic.", "epinephrine.", "patient.", "mixture.", "earlier.")),
    )


def _planned_dose(
    drug: str, mg_per_ml: float | None, added: Epinephrine | None, volume: str | None
) -> tuple[GivenDose, ...]:
    if volume is None:
        return ()
    if mg_per_ml is None:
        raise DoseError("A volume needs a --concentration, such as 0.5%.")
    millilitres = volume_ml(volume)
    return (GivenDose(drug, mg_per_ml * millilitres, mg_per_ml, millilitres, added),)


def _read(table: DrugTable, texts: tuple[str, ...]) -> tuple[GivenDose, ...]:
    return tuple(read_dose(table, parse_amount(text)) for text in texts)


@dose.command("rescue")
@patient_options
@TABLE
@JSON
@click.pass_context
def rescue_card(context: click.Context, /, **given: Any) -> None:
    """Show the lipid rescue card, with the volumes for this weight.

    Without --weight it shows the doses per kg and the fixed ones; no weight is assumed.
    """
    options = inherited(context, given)
    with as_usage_errors():
        here, fault = _table_at_any_cost(options["table"])
        drugs, plan, changes = here.table, rescue(here.table, patient_of(options)), here.changed("lipid.", "patient.")
        lines = [*card.lines_of(drugs, plan), *(f"Changed at this site: {text}" for text in changes), *fault]
        content = card.json_of(drugs, plan) | {"site_changes": changes, "amiss": fault}
        shown = json.dumps(content) if options["as_json"] else "\n".join(lines)
    click.echo(shown)


def _table_at_any_cost(path: str | None) -> tuple[SiteTable, list[str]]:
    """Read the table, and report its fault: in an emergency the program's own numbers are better than none."""
    try:
        return table_of(path), []
    except ProtocolError as fault:
        if path is not None:
            raise
        return SiteTable(load()), [
            f"These are the program's own numbers, because the site's drug table is not valid: {fault}"
        ]


@dose.command("drugs")
@TABLE
@click.pass_context
def drugs_list(context: click.Context, /, **given: Any) -> None:
    """List the limits of every local anaesthetic, each with its source and certainty."""
    with as_usage_errors():
        here = table_of(inherited(context, given)["table"])
    lines = [*listing.lines_of(here.table), *(f"Changed at this site: {text}" for text in here.changed())]
    click.echo("\n".join([*lines, *here.table.references(item for _, item in cited(here.table))]))


dose.add_command(toxin)
dose.add_command(neurolytic)
