"""The stop moment of a live procedure: what the site requires, and what the case sheet changes in its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from guidance.common.config import load_config
from guidance.common.errors import UsageError
from guidance.dose.limits import patient_statements
from guidance.dose.plan import DosePlan
from guidance.engine.settings import Settings
from guidance.stop_moment.items import ALWAYS_REQUIRED, BY_KEY, StopPlan

if TYPE_CHECKING:
    from guidance.note.case_sheet import CaseSheet

_TABLE = "stop_moment"


def with_stop_moment(settings: Settings, case: CaseSheet | None, *, is_demo: bool) -> Settings:
    """Add the stop moment to ``settings``, or why it is left out, and the cautions of the ``case``."""
    settings = replace(settings, cautions=tuple(_cautions(settings, case)))
    if is_demo or settings.headless:
        why = "demo on a simulated patient" if is_demo else "run without a screen"
        return replace(settings, stop_left_out=why)
    plan = StopPlan(
        required=_required(),
        depth=settings.protocol.bleeding_depth,
        patient=settings.patient,
        side=settings.side,
    )
    return replace(settings, stop_plan=plan)


def _required() -> frozenset[str]:
    """Return the items that this site requires: ``required`` of ``[stop_moment]``, and always patient and side."""
    try:
        config = load_config()
        table = dict(config.stop_moment)
        required = table.pop("required", [])
        if table:
            raise config.fault(_TABLE, f"there is no key {next(iter(table))!r}; the only one is required.")
        if not isinstance(required, list) or not all(isinstance(key, str) for key in required):
            raise config.fault(_TABLE, "required is a list of items, such as ['consent', 'access'].")
        if unknown := [key for key in required if key not in BY_KEY]:
            raise config.fault(_TABLE, f"there is no item {unknown[0]!r}; the items are {', '.join(BY_KEY)}.")
    except UsageError as fault:
        raise click.UsageError(str(fault)) from None
    return frozenset((*required, *ALWAYS_REQUIRED))


def _cautions(settings: Settings, case: CaseSheet | None) -> Iterator[str]:
    """Yield what the patient's state changes: the meaning of a threshold, and the dose in the words of the sources."""
    from guidance.note.nerve_disease import before, stated_disease

    protocol, plan = settings.protocol, settings.dose
    disease = stated_disease(case.get("nerve_disease")) if case else None
    if disease and protocol.stimulation != "never":
        yield before(disease, protocol.target_ma, protocol.lower_bound_ma)
    if isinstance(plan, DosePlan):
        yield from (f"Dose: {item.text}." for item in patient_statements(plan.table, plan.patient))
    if settings.toxin:
        yield from (f"Toxin: {text}." for text in settings.toxin.cautions(has_disease=disease is not None))
