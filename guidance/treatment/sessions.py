"""The sessions of a case: the procedures in a store under its label, and those that were entered from elsewhere.

A record that does not hold, or whose case sheet shows another patient, is left out with the reason, never mixed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path

from guidance.common.errors import UserError
from guidance.journal.encryption import EncryptionKey, is_encrypted
from guidance.journal.visits import Visit, folders_of_case, read_visit
from guidance.note.case_sheet import MUSCLES, CaseSheet, load_case
from guidance.note.event_query import EventQuery
from guidance.note.field_forms import is_left_out
from guidance.note.fields import BOTULINUM
from guidance.note.toxin_record import with_recorded_units
from guidance.note.usable_record import read_usable
from guidance.treatment.people import first_difference
from guidance.treatment.plan import OutsideSession, TreatmentPlan, has_plan, load_plan

_TWO_PATIENTS = (
    "Two patients under one label: its case sheet has another {what} than {other}. Give it the label of its own case "
    "with 'plan session', or mend its case sheet."
)
_DUPLICATE = "The same procedure is on record under another name too, and counts once."


@dataclass(frozen=True, slots=True)
class CaseSession:
    """A session of a case. ``name`` is the procedure's, or None for one from elsewhere.

    ``units`` of toxin by muscle, ``anaesthetic_mg`` by drug; ``visit`` holds the scores of an exercise.
    """

    name: str | None
    began: datetime
    kind: str
    title: str
    simulated: bool = False
    product: str | None = None
    units: Mapping[str, float] = field(default_factory=dict)
    anaesthetic_mg: Mapping[str, float] = field(default_factory=dict)
    visit: Visit | None = None
    compared: bool = True

    @property
    def total_units(self) -> float:
        """The units of toxin in all muscles."""
        return sum(self.units.values())


@dataclass(frozen=True, slots=True)
class CaseSessions:
    """The sessions of a case, the oldest first, and the procedures that are left out, each with the reason."""

    sessions: tuple[CaseSession, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    identity: Mapping[str, str] = field(default_factory=dict)

    @property
    def toxin(self) -> tuple[CaseSession, ...]:
        """The sessions in which toxin was given."""
        return tuple(each for each in self.sessions if each.product is not None and each.units)

    @property
    def exercises(self) -> tuple[Visit, ...]:
        """The visits of biofeedback."""
        return tuple(each.visit for each in self.sessions if each.visit is not None)

    @property
    def simulated(self) -> bool:
        """Whether a session is of a simulated patient."""
        return any(each.simulated for each in self.sessions)


def sessions_of(store: Path, label: str, now: datetime, key: EncryptionKey | None = None) -> CaseSessions:
    """Return the sessions of the case ``label`` in ``store``, with those of its plan. Raises UserError."""
    return sessions_with(load_plan(store, label, key) if has_plan(store, label) else None, store, label, now, key)


def sessions_with(
    plan: TreatmentPlan | None, store: Path, label: str, now: datetime, key: EncryptionKey | None = None
) -> CaseSessions:
    """Return the sessions of the case ``label`` in ``store`` with those of its ``plan``, if any. Raises UserError."""
    identity: dict[str, str] = dict(plan.people.answers) if plan else {}
    other = "the plan" if identity else ""
    found: list[CaseSession] = [_from_outside(each) for each in plan.outside] if plan else []
    left_out: dict[str, str] = {}
    chains: set[str] = set()
    for folder in folders_of_case(store, label):
        try:
            chain, session, case = _read(folder, now, key)
        except UserError as fault:
            left_out[folder.name] = str(fault)
            continue
        what = first_difference(identity, case.answers)
        if what is not None:
            left_out[folder.name] = _TWO_PATIENTS.format(what=what, other=other)
        elif chain in chains:
            left_out[folder.name] = _DUPLICATE
        else:
            identity, other = identity | dict(case.answers), other or folder.name
            chains.add(chain)
            found.append(session)
    return CaseSessions(*_without_simulated(found, left_out), identity)


def _without_simulated(
    found: list[CaseSession], left_out: dict[str, str]
) -> tuple[tuple[CaseSession, ...], dict[str, str]]:
    """Leave out simulated sessions where others are of a patient: the two are never mixed."""
    of_patient = [each for each in found if not each.simulated]
    if any(each.name is not None for each in of_patient):
        why = "Its patient was simulated, and other sessions under this label were not."
        left_out |= {each.name: why for each in found if each.simulated and each.name is not None}
        found = of_patient
    return tuple(sorted(found, key=lambda each: each.began)), left_out


def _from_outside(session: OutsideSession) -> CaseSession:
    noon = datetime.combine(session.day, time(12)).astimezone()
    title = "Botulinum toxin, recorded elsewhere"
    return CaseSession(None, noon, BOTULINUM, title, product=session.product, units=session.units)


def _read(folder: Path, now: datetime, key: EncryptionKey | None) -> tuple[str, CaseSession, CaseSheet]:
    chain, stream = read_usable(folder, now)
    locked = key is None and is_encrypted(folder)
    stated = CaseSheet() if locked else load_case(folder, key)
    case = with_recorded_units(stated, stream)
    title, kind, _ = stream.protocol
    units = dict(_units(case)) if kind == BOTULINUM else {}
    session = CaseSession(
        name=folder.name,
        began=stream.began,
        kind=kind,
        title=title,
        simulated=stream.is_simulated,
        product=case.get("product") if kind == BOTULINUM else None,
        units=units,
        anaesthetic_mg=_anaesthetic(stream),
        visit=read_visit(folder),
        compared=not locked,
    )
    return chain, session, stated


def _units(case: CaseSheet) -> Iterator[tuple[str, float]]:
    for muscle in case.muscles:
        text = case.get(f"{MUSCLES}.{muscle}.units")
        if text is not None and not is_left_out(text):
            yield muscle, float(text)


def _anaesthetic(stream: EventQuery) -> dict[str, float]:
    """Return the mg of each drug in the aliquots on record."""
    total: dict[str, float] = {}
    for event in stream.entries("injection"):
        for drug, mg in (event["fields"].get("mg") or {}).items():
            total[str(drug)] = total.get(str(drug), 0.0) + float(mg)
    return total
