"""Options about the patient and the solution, and the values that they give."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click

from guidance.citations import ProtocolError
from guidance.cli.private_values import HELP, private_value
from guidance.dose.neurolytic import NeurolyticPlan, names_neurolytic, neurolytic_plan
from guidance.dose.patient import DosePatient, Sex
from guidance.dose.plan import DosePlan, plan_of
from guidance.dose.site import SiteTable, table_from, table_here
from guidance.dose.text import DoseError
from guidance.dose.toxin_session import ToxinPlan, toxin_plan
from guidance.protocol import Protocol


class Quantity(click.ParamType[float]):
    """Number with or without its unit; another unit is refused, never converted."""

    def __init__(self, unit: str, example: str) -> None:
        """Accept numbers of ``unit``; ``example`` appears in the error."""
        self.name, self._unit, self._example = unit, unit, example
        self._pattern = re.compile(rf"(-?\d+(?:[.,]\d+)?)\s*(?:{unit})?", re.IGNORECASE)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert ``value`` to a float. Raises a usage error."""
        value = private_value(str(value), param, ctx)
        found = self._pattern.fullmatch(value.strip())
        if not found:
            self.fail(f"{value!r} is not a number of {self._unit}; write it as {self._example}.", param, ctx)
        return float(found[1].replace(",", "."))


WEIGHT = click.option(
    "--weight", "weight_kg", type=Quantity("kg", "70"), metavar="KG", help=f"The patient's weight in kg; {HELP}"
)
AGE = click.option(
    "--age", "age_years", type=Quantity("years", "40"), metavar="YEARS", help="The patient's age in years."
)
HEIGHT = click.option(
    "--height", "height_cm", type=Quantity("cm", "172"), metavar="CM",
    help="The patient's height in cm; obese patients are then dosed by ideal or lean weight, as the source says.",
)  # fmt: skip
SEX = click.option(
    "--sex",
    type=click.Choice(["female", "male"]),
    help="The patient's sex, for the ideal weight; without it the lower one is used.",
)
FRAIL = click.option("--frail", is_flag=True, help="The patient is frail or debilitated.")
PREGNANT = click.option("--pregnant", is_flag=True, help="The patient is pregnant.")
PATIENT = (WEIGHT, AGE, HEIGHT, SEX, FRAIL, PREGNANT)
TABLE = click.option("--table", metavar="FILE", help="Use this drug table (TOML) instead of the program's own.")
GIVEN = click.option(
    "--given", multiple=True, metavar="TEXT",
    help="A dose given before, such as 'bupivacaine 0.25% 10mL 40min ago' or 'lidocaine 50mg'; may be repeated.",
)  # fmt: skip
DOSING = (
    *PATIENT,
    click.option(
        "--solution", metavar="TEXT",
        help="Content of the syringe after mixing: 'ropivacaine 0.5% + lidocaine 1%'; its dose is then guarded.",
    ),
    GIVEN,
    click.option("--product", metavar="NAME", help="The botulinum product; its units are then counted by muscle."),
)  # fmt: skip


def patient_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options about the patient to ``command``."""
    for option in reversed(PATIENT):
        command = option(command)
    return command


@contextmanager
def as_usage_errors() -> Iterator[None]:
    """Turn an error of a dose or of a table into a usage error."""
    try:
        yield
    except (DoseError, ProtocolError) as fault:
        raise click.UsageError(str(fault)) from None


def inherited(context: click.Context, given: dict[str, Any]) -> dict[str, Any]:
    """Merge the options ``given`` with those before the subcommand's name, such as a weight."""
    before = context.parent.params if context.parent else {}
    return {key: before.get(key) if value is None or value is False else value for key, value in given.items()}


def patient_of(options: dict[str, Any]) -> DosePatient:
    """Build the patient from ``options``. Raises DoseError."""
    return DosePatient(
        options["weight_kg"],
        options["age_years"],
        options["height_cm"],
        cast("Sex | None", options["sex"]),
        frail=bool(options.get("frail")),
        pregnant=bool(options.get("pregnant")),
    )


def table_of(path: str | None) -> SiteTable:
    """Read the drug table in the file ``path``, or the site's. Raises ProtocolError."""
    return table_here() if path is None else table_from(Path(path))


def dose_plan_of(options: dict[str, Any], protocol: Protocol) -> DosePlan | NeurolyticPlan | None:
    """Build the dose plan to guard in ``protocol``, or None where no solution is given. Raises a usage error."""
    solution = options.get("solution")
    if solution is None:
        if options.get("given") or options.get("weight_kg") is not None:
            raise click.UsageError("--weight and --given are for a dose; give the --solution too, or leave them out.")
        return None
    try:
        here = table_here()
        if names_neurolytic(here.table, solution):
            if options["given"]:
                raise DoseError("--given counts local anaesthetics, and the solution is none; leave it out.")
            agent = neurolytic_plan(here.table, solution, protocol)
            changes = tuple(here.changed("neurolytic."))
            return replace(agent, changes=changes, weight_kg=patient_of(options).weight_kg)
        if protocol.agents:
            agents = " or ".join(item.agent for item in protocol.agents)
            raise DoseError(f"{protocol.id} is a neurolysis with {agents}, and the solution is {solution!r}.")
        plan = plan_of(here.table, patient_of(options), solution, options["given"])
        return replace(plan, changes=tuple(here.changed()))
    except (DoseError, ProtocolError) as fault:
        raise click.UsageError(str(fault)) from None


def toxin_plan_of(options: dict[str, Any], protocol: Protocol) -> ToxinPlan | None:
    """Build the plan of a toxin session in ``protocol``, or None where no product is named. Raises a usage error."""
    if options.get("product") is None:
        return None
    try:
        is_pregnant = bool(options.get("pregnant"))
        return toxin_plan(table_here().table, options["product"], protocol.id, is_pregnant=is_pregnant)
    except (DoseError, ProtocolError) as fault:
        raise click.UsageError(str(fault)) from None
