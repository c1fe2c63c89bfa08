"""The command ``dose toxin``: units of a botulinum product by muscle and session against their limits."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import Any, get_args

import click

from guidance.citations import Cited
from guidance.cli.dose_options import TABLE, as_usage_errors, inherited, patient_of, patient_options, table_of
from guidance.cli.options import JSON
from guidance.common.errors import DONE, FAILED
from guidance.dose.drugs import DrugTable
from guidance.dose.formatting import percent
from guidance.dose.patient import DosePatient
from guidance.dose.text import DoseError
from guidance.dose.toxin import (
    ADULT_FROM_YEARS,
    MuscleDose,
    SessionShare,
    ToxinShare,
    read_muscle,
    session_shares,
    toxin_shares,
)
from guidance.protocol.sheet import Indication

_EPILOG = """\b
Examples:
  needle-guidance dose toxin botox --muscle 'fds 50' --muscle 'fcr 50' --muscle 'biceps 100'
  needle-guidance dose toxin botox --units 200 --indication 'cervical dystonia'
\b
Exit status: 0 within the limits; 1 over a limit of a muscle or of the session; 2 bad arguments."""


@click.command("toxin", epilog=_EPILOG)
@patient_options
@click.argument("product")
@click.option("--units", type=float, metavar="N", help="Number of units of this product in this session.")
@click.option(
    "--muscle", "muscles", multiple=True, metavar="TEXT",
    help="A muscle and its units, such as 'fds 50'; may be repeated. The session is their sum.",
)  # fmt: skip
@click.option("--indication", type=click.Choice(get_args(Indication)), help="What the toxin is given for.")
@TABLE
@JSON
@click.pass_context
def toxin(context: click.Context, /, product: str, **given: Any) -> None:
    """Compare units of a botulinum toxin PRODUCT with its limits: of each muscle, of the session, of parts of the body.

    Units of one product are not units of another; they are never converted.
    """
    options = inherited(context, given)
    with as_usage_errors():
        here = table_of(options["table"])
        key, _ = here.table.find_toxin(product)
        doses = tuple(read_muscle(key, text) for text in options["muscles"])
        units, indications = _units(options["units"], doses), _indications(options["indication"], doses)
        parts = toxin_shares(here.table, key, units, patient_of(options))
        sessions = session_shares(here.table, key, units, indications)
    is_over = _is_over(doses, sessions, parts, patient_of(options))
    if options["as_json"]:
        click.echo(json.dumps(_json(key, units, doses, sessions, parts) | {"over": is_over}))
    else:
        lines = [*_lines(here.table, key, units, doses, sessions, parts)]
        click.echo("\n".join(lines + [f"  Changed at this site: {text}" for text in here.changed(f"toxin.{key}.")]))
    sys.exit(FAILED if is_over else DONE)


def _units(units: float | None, doses: tuple[MuscleDose, ...]) -> float:
    """Return the units of the session: those given, or the sum over the muscles; they must agree."""
    total = math.fsum(dose.units for dose in doses)
    if units is None and not doses:
        raise DoseError("Give --units, or --muscle for each muscle.")
    if units is not None and doses and not math.isclose(units, total):
        raise DoseError(f"--units {units:g} is not the sum of the muscles, {total:g}; leave one of them out.")
    return total if units is None else units


def _indications(given: Indication | None, doses: tuple[MuscleDose, ...]) -> tuple[Indication, ...]:
    return (given,) if given else tuple(dict.fromkeys(dose.indication for dose in doses))


def _is_over(
    doses: tuple[MuscleDose, ...],
    sessions: tuple[SessionShare, ...],
    parts: tuple[ToxinShare, ...],
    patient: DosePatient,
) -> bool:
    """Whether a limit is exceeded: of a muscle, of every session that may apply, or of a child."""
    if patient.age_years is not None and patient.age_years < ADULT_FROM_YEARS:
        return any(share.fraction is not None and share.fraction > 1.0 for share in parts)
    over = [share.is_over for share in sessions]
    return any(dose.is_over for dose in doses) or (bool(over) and all(over))


def _lines(
    table: DrugTable,
    key: str,
    units: float,
    doses: tuple[MuscleDose, ...],
    sessions: tuple[SessionShare, ...],
    parts: tuple[ToxinShare, ...],
) -> Iterator[str]:
    yield f"{key}, {units:g} of its own units; they are not units of any other product."
    yield from (_muscle_line(dose) for dose in doses)
    for share in sessions:
        yield _session_line(table, share)
    if not sessions:
        yield "  The drug table has no limit of a session of this product for this indication: no source states one."
    yield from (_part_line(table, share, units) for share in parts)
    yield from (f"  Caution: {item.text} [{table.citation(item)}]" for item in table.toxin_cautions)
    numbers = [item for share in sessions for item in (share.session.max_units, share.session.reinject_weeks)]
    statements: list[Cited] = [*table.toxin[key].limits, *table.toxin_cautions]
    yield from (f"  {text}" for text in table.references([*numbers, *statements]))


def _muscle_line(dose: MuscleDose) -> str:
    if dose.most_units is None or dose.fraction is None:
        return f"  {dose.protocol}: {dose.units:g} units; no source gives this product a limit there"
    verdict = "OVER THE LIMIT, " if dose.is_over else ""
    return f"  {dose.protocol}: {dose.units:g} units, {verdict}{percent(dose.fraction)} of {dose.most_units:g}"


def _session_line(table: DrugTable, share: SessionShare) -> str:
    most, weeks = share.session.max_units, share.session.reinject_weeks
    limit = f"not known ({most.missing})" if most.value is None else f"at most {most.value:g} units"
    fraction = "" if share.fraction is None else f"; {percent(share.fraction)} of it"
    verdict = " OVER THE LIMIT" if share.is_over else ""
    again = weeks.missing if weeks.value is None else f"not before {weeks.value:g} weeks [{table.citation(weeks)}]"
    note = f" ({most.note})" if most.note else ""
    return f"  session, {share.indication}: {limit}{fraction}{verdict}{note} [{table.citation(most)}]; next: {again}"


def _part_line(table: DrugTable, share: ToxinShare, units: float) -> str:
    limit = share.limit
    unknown = "an amount that depends on the weight, which is not known"
    most = unknown if share.units is None else f"{share.units:g} units"
    fraction = "" if share.fraction is None else f"; all {units:g} units there would be {percent(share.fraction)}"
    note = f" ({limit.note})" if limit.note else ""
    return f"  {limit.whose}, {limit.where}: at most {most}{fraction}{note} [{table.citation(limit)}]"


def _json(
    key: str,
    units: float,
    doses: tuple[MuscleDose, ...],
    sessions: tuple[SessionShare, ...],
    parts: tuple[ToxinShare, ...],
) -> dict[str, Any]:
    return {
        "product": key,
        "units": units,
        "muscles": [
            {"protocol": dose.protocol, "units": dose.units, "most_units": dose.most_units, "fraction": dose.fraction}
            for dose in doses
        ],
        "sessions": [
            {"indication": share.indication, "most_units": share.session.max_units.value, "fraction": share.fraction}
            for share in sessions
        ],
        "limits": [share.limit.model_dump() | {"units": share.units, "fraction": share.fraction} for share in parts],
    }
