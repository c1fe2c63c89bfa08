"""The command ``dose neurolytic``: a dose of phenol or alcohol against what the protocol and the sources allow."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from guidance.citations import ProtocolError
from guidance.cli.dose_options import TABLE, as_usage_errors, inherited, table_of
from guidance.cli.options import JSON
from guidance.common.errors import DONE, FAILED
from guidance.dose.drugs import DrugTable
from guidance.dose.formatting import percent
from guidance.dose.neurolytic import NeurolyticPlan, neurolytic_plan
from guidance.dose.neurolytic_card import emergency_instructions
from guidance.dose.text import DoseError, volume_ml
from guidance.protocol import load, resolve

_EPILOG = """\b
Example:
  needle-guidance dose neurolytic 'phenol 6%' --protocol neurolysis-obturator --volume 8mL
\b
Exit status: 0 within the limits; 1 over a limit; 2 bad arguments."""


@click.command("neurolytic", epilog=_EPILOG)
@click.argument("solution")
@click.option("--protocol", "protocol_id", required=True, metavar="ID", help="The protocol of the neurolysis.")
@click.option("--volume", required=True, metavar="TEXT", help="Volume with its unit: 8mL.")
@TABLE
@JSON
@click.pass_context
def neurolytic(context: click.Context, /, solution: str, protocol_id: str, volume: str, **given: Any) -> None:
    """Compare a volume of a neurolytic SOLUTION, such as 'phenol 6%', with the protocol and the largest known dose.

    No rule of local anaesthetics holds for these agents, and their doses are added to no other.
    """
    options = inherited(context, given)
    with as_usage_errors():
        table = table_of(options["table"]).table
        plan, ml = _plan(table, solution, protocol_id), volume_ml(volume)
    span = plan.volume_ml or load(resolve(protocol_id)).volume_ml
    limit_ml = span[1] if span else None
    is_over = plan.is_over(ml) or (limit_ml is not None and ml > limit_ml)
    fraction = plan.fraction(ml)
    if options["as_json"]:
        values = {"agent": plan.agent, "mg": plan.mg(ml), "max_mg": plan.max_mg, "fraction": fraction}
        click.echo(json.dumps(values | {"volume_ml": ml, "max_ml": limit_ml, "over": is_over}))
    else:
        share = "" if fraction is None else f", {percent(fraction)} of it"
        upper = "not known" if limit_ml is None else f"{limit_ml:g} mL"
        click.echo(f"{plan.name}, {ml:g} mL: {plan.mg(ml):g} mg{' OVER A LIMIT' if is_over else ''}")
        click.echo(f"  {plan.limit_words()}{share}; upper end of the protocol's volume {upper}")
        entry = table.neurolytic[plan.agent]
        for item in entry.cautions:
            click.echo(f"  Caution: {item.text} [{table.citation(item)}]")
        for line in emergency_instructions(table, (plan.agent,)):
            click.echo(f"  Emergency: {line.word} {line.text}".replace(":  ", ": "))
        click.echo("\n".join(f"  {text}" for text in table.references([entry.percent, entry.max_mg, *entry.cautions])))
    sys.exit(FAILED if is_over else DONE)


def _plan(table: DrugTable, solution: str, protocol_id: str) -> NeurolyticPlan:
    try:
        return neurolytic_plan(table, solution, load(resolve(protocol_id)))
    except ProtocolError as fault:
        raise DoseError(str(fault)) from None
