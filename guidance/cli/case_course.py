"""The case that a live procedure belongs to: its label, and what its earlier sessions mean for this one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guidance.common.errors import UsageError, UserError
from guidance.engine.settings import Settings

if TYPE_CHECKING:
    from guidance.journal.encryption import EncryptionKey
    from guidance.note.case_sheet import CaseSheet
    from guidance.treatment.plan import TreatmentPlan
    from guidance.treatment.sessions import CaseSessions

_NO_PLAN = (
    "The plan of this case does not hold or cannot be read; 'needle-guidance plan list' says why. What it holds of "
    "earlier sessions is not counted."
)
"""It names no case label: it goes into the event stream."""


@dataclass(frozen=True, slots=True)
class LabelledSettings:
    """Settings with what the earlier sessions mean among the cautions, and the same as remarks for the record."""

    settings: Settings
    label: str | None = None
    remarks: tuple[str, ...] = ()


def with_earlier_sessions(
    settings: Settings, label: str | None, store: str, case: CaseSheet | None, key_file: str | None
) -> LabelledSettings:
    """Add to ``settings`` what the sessions under ``label`` in ``store`` mean. Raises a usage error.

    A case sheet of another patient than these sessions is refused. A plan that does not hold is reported, and the
    procedure can begin.
    """
    from guidance.journal.encryption import key_of_file
    from guidance.journal.visits import checked_label
    from guidance.treatment.sessions import sessions_with

    if label is None:
        return LabelledSettings(settings)
    now = datetime.now().astimezone()
    try:
        checked_label(label)
        key = key_of_file(Path(key_file)) if key_file else None
        plan, faults = _plan(Path(store), label, key)
        sessions = sessions_with(plan, Path(store), label, now, key)
        _refuse_other_patient(sessions, case, label)
    except UserError as fault:
        raise click.UsageError(str(fault)) from None
    found = (*faults, *_sentences(settings, plan, sessions, now))
    cautions = settings.cautions if settings.headless else (*found, *settings.cautions)
    return LabelledSettings(replace(settings, cautions=cautions), label, found)


def _plan(store: Path, label: str, key: EncryptionKey | None) -> tuple[TreatmentPlan | None, tuple[str, ...]]:
    from guidance.treatment.plan import has_plan, load_plan

    if not has_plan(store, label):
        return None, ()
    try:
        return load_plan(store, label, key), ()
    except UserError:
        return None, (_NO_PLAN,)


def _sentences(
    settings: Settings, plan: TreatmentPlan | None, sessions: CaseSessions, now: datetime
) -> tuple[str, ...]:
    from guidance.dose.plan import DosePlan
    from guidance.dose.site import table_here
    from guidance.note.fields import BOTULINUM
    from guidance.protocol.library import load_sheet
    from guidance.protocol.sheet import BotulinumProtocol
    from guidance.treatment.intervals import BegunSession, interval_sentences

    table, sheet = table_here().table, load_sheet(settings.protocol.id).sheet
    planned = plan.sheet.answers.get("product") if plan else None
    begun = BegunSession(
        now,
        table,
        toxin=settings.protocol.kind == BOTULINUM,
        product=settings.toxin.product if settings.toxin else table.known_toxin(planned),
        indication=sheet.indication if isinstance(sheet, BotulinumProtocol) else None,
        anaesthetic=isinstance(settings.dose, DosePlan) or settings.protocol.kind != BOTULINUM,
    )
    return interval_sentences(sessions, begun)


def _refuse_other_patient(sessions: CaseSessions, case: CaseSheet | None, label: str) -> None:
    from guidance.treatment.people import first_difference

    what = first_difference(sessions.identity, case.answers) if case else None
    if what is not None:
        raise UsageError(
            f"The case sheet has another {what} than earlier sessions under the case label {label}: two patients under "
            "one label are never mixed. Name the label of this patient's own case, or mend the case sheet."
        )
