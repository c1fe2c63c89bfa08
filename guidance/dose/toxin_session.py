"""The units of a toxin session at the bedside: by muscle, and as a share of the session's limit.

The operator enters a muscle and its units; nothing else is known of what was injected. Units beyond a limit are held
until the operator gives a reason, and then counted: the total must equal what is in the patient. It warns at 80 % of
the session's limit and alarms at 100 %, as the dose guard does.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from guidance.alarms.board import AlarmBoard
from guidance.common.text import clean
from guidance.contracts.commands import ToxinAliquot
from guidance.contracts.corrections import EntryNow
from guidance.contracts.events import Entry, Record
from guidance.contracts.task_views import ToxinView
from guidance.dose.cumulative_dose import ALARMS_FROM, ROUNDING, WARNS_FROM
from guidance.dose.drugs import DrugTable
from guidance.dose.formatting import percent
from guidance.dose.limit_alarm import LimitAlarm
from guidance.dose.text import DoseError
from guidance.dose.toxin import checked_units
from guidance.protocol.library import load_sheet, names
from guidance.protocol.sheet import BotulinumProtocol, Indication

PREFIX = "botulinum-"
ENTRY, REFUSED, PLAN = "toxin-units", "toxin-units-refused", "toxin-plan"
_DISEASE, _PREGNANCY = "neuromuscular junction", "pregnancy"
"""Words of the drug table's cautions that a nerve disease and a pregnancy call for."""
_WRITTEN = re.compile(r"\s*(.+?)\s+(\d+(?:[.,]\d+)?)\s*(?:u|units)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ToxinMuscle:
    """A muscle of the protocols: its short ``key`` such as fds, its name, search words, and the most units; None
    without a limit.
    """

    key: str
    name: str
    words: tuple[str, ...]
    most_units: float | None


@dataclass(frozen=True, slots=True)
class ToxinPlan:
    """The product of one session, what it is given for, the session's limit in its own units, and all muscles."""

    product: str
    indication: Indication
    most_units: float | None
    muscles: tuple[ToxinMuscle, ...] = field(repr=False)
    statements: tuple[str, ...] = ()
    is_pregnant: bool = False

    def cautions(self, *, has_disease: bool) -> tuple[str, ...]:
        """Return the label's cautions that the patient's state calls for."""
        found = [text for text in self.statements if has_disease and _DISEASE in text]
        return (*found, *(text for text in self.statements if self.is_pregnant and _PREGNANCY in text))

    def find(self, text: str) -> ToxinMuscle:
        """Return the muscle that ``text`` names. Raises DoseError with the most similar ones."""
        wanted = " ".join(text.casefold().replace("-", " ").split())
        exact = [muscle for muscle in self.muscles if wanted in _names_of(muscle)]
        if len(exact) == 1:
            return exact[0]
        part = [muscle for muscle in self.muscles if any(wanted in word for word in _names_of(muscle)[:2])]
        if len(part) == 1 and not exact:
            return part[0]
        near = [muscle.key for muscle in exact or part]
        near = near or difflib.get_close_matches(wanted, [muscle.key for muscle in self.muscles], 3, 0.6)
        hint = f"; did you mean {' or '.join(near[:3])}?" if near else "."
        raise DoseError(f"{clean(text)!r} names no one muscle with a protocol{hint}")


def toxin_plan(table: DrugTable, product: str, protocol_id: str, *, is_pregnant: bool = False) -> ToxinPlan:
    """Build the plan for ``product`` in a session that runs ``protocol_id``. Raises DoseError, ProtocolError."""
    key, _ = table.find_toxin(product)
    sheet = load_sheet(protocol_id).sheet
    if not isinstance(sheet, BotulinumProtocol):
        raise DoseError(f"--product is for botulinum toxin, and {protocol_id} is no protocol for it.")
    muscles = tuple(_muscle(key, each) for each in _sheets())
    statements = tuple(item.text for item in table.toxin_cautions)
    most_units = table.session_limit(key, sheet.indication)
    return ToxinPlan(key, sheet.indication, most_units, muscles, statements, is_pregnant)


class ToxinGuard:
    """The running units of one session."""

    def __init__(self, plan: ToxinPlan | None, alarms: AlarmBoard) -> None:
        """Count the units of ``plan``, and alarm at its limits; without a plan, nothing is counted."""
        self._plan, self._limit = plan, LimitAlarm(alarms, "toxin")
        self._warned = False
        self._units: dict[str, float] = {}
        self._held: ToxinAliquot | None = None
        self._why = ""
        self._begun = False

    def begin(self) -> Iterator[Entry]:
        """Yield the plan for the record, once."""
        plan = self._plan
        if plan and not self._begun:
            fields = {"product": plan.product, "indication": plan.indication, "most_units": plan.most_units}
            yield Entry(PLAN, fields)
        self._begun = True

    def obey(self, request: ToxinAliquot) -> Iterator[Record]:
        """Record the units of ``request``, or hold them; yield the entry of either, and any warning or alarm."""
        if self._plan is None:
            return
        self._why, self._held = "", None
        try:
            muscle, units = self._read(self._plan, request.text)
        except DoseError as fault:
            self._why = str(fault)
            yield Entry(REFUSED, {"text": clean(request.text), "why": self._why})
            return
        if not request.reason.strip() and (why := self._beyond(self._plan, muscle, units)):
            self._why, self._held = why, request
            yield Entry(REFUSED, {"text": clean(request.text), "why": why})
            return
        self._units[muscle.key] = self._units.get(muscle.key, 0.0) + units
        yield Entry(ENTRY, self._fields(self._plan, muscle, units, request.reason))
        yield from self.settle()

    def corrected(self, text: str) -> dict[str, object]:
        """Return the fields of an entry that is corrected to ``text``, such as ``fds 30``. Raises DoseError."""
        if self._plan is None:
            raise DoseError("no toxin product was named at the start, so no units are counted")
        muscle, units = self._read(self._plan, text)
        return {"muscle": muscle.key, "name": muscle.name, "units": units, "muscle_most_units": muscle.most_units}

    def recount(self, entries: Iterable[EntryNow]) -> dict[str, object]:
        """Count ``entries`` anew, which hold after a correction; return the new totals, for the record."""
        self._units, self._why, self._held = {}, "", None
        for fields in (each.fields for each in entries if each.what == ENTRY and each.fields):
            self._units[fields["muscle"]] = self._units.get(fields["muscle"], 0.0) + fields["units"]
        plan = self._plan
        return {"session_units": self._total, "fraction": self._fraction(plan)} if plan else {}

    def settle(self) -> Iterator[Record]:
        """Yield the warning and the alarm that begin or end with the units counted now.

        The session's limit alarms as a local anaesthetic's does. A muscle's alarms only beyond it, and is medium: the
        labels' range for a muscle ends there, and its effect is local (a judgement).
        """
        if self._plan is None:
            return
        fraction = self._fraction(self._plan) or 0.0
        beyond = [*self._beyond_muscles(self._plan)]
        alarms, is_over = fraction >= ALARMS_FROM - ROUNDING, fraction > ALARMS_FROM + ROUNDING
        session = f"{self._total:g} U {self._plan.product} in all{self._share(self._plan)}"
        exceeded = [*([session] if alarms else []), *beyond]
        where = "" if alarms else " there"
        text = f"Inject no more{where}. {'; '.join(exceeded)}." if exceeded else None
        yield from self._limit.report(text, is_over=is_over)
        warns = fraction >= WARNS_FROM - ROUNDING
        if warns and not alarms and not self._warned:
            yield Entry("dose-warning", {"fraction_at_least": fraction, "text": f"{session}."})
        self._warned = warns

    def view(self) -> ToxinView | None:
        """Return the view for the screen; None if no product was named."""
        plan = self._plan
        if plan is None:
            return None
        known = {muscle.key: muscle for muscle in plan.muscles}
        return ToxinView(
            product=plan.product,
            indication=plan.indication,
            muscles=tuple((known[key].name, units, known[key].most_units) for key, units in self._units.items()),
            total_units=self._total,
            most_units=plan.most_units,
            fraction=self._fraction(plan),
            next_step=self._why,
            held=self._held.text if self._held else "",
        )

    @property
    def _total(self) -> float:
        return sum(self._units.values())

    def _fraction(self, plan: ToxinPlan) -> float | None:
        return None if plan.most_units is None else self._total / plan.most_units

    def _beyond_muscles(self, plan: ToxinPlan) -> Iterator[str]:
        """Yield each muscle that has more than its limit, in words."""
        for muscle in plan.muscles:
            units = self._units.get(muscle.key, 0.0)
            if _exceeds(units, muscle.most_units):
                yield f"{muscle.name}: {units:g} U, its limit is {muscle.most_units:g} U"

    def _share(self, plan: ToxinPlan) -> str:
        fraction = self._fraction(plan)
        return "" if fraction is None else f", {percent(fraction)} of the session's limit"

    def _read(self, plan: ToxinPlan, text: str) -> tuple[ToxinMuscle, float]:
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise DoseError(f"{clean(text)!r} is no dose of a muscle; write its name and the units, such as 'fds 30'.")
        return plan.find(found[1]), checked_units(float(found[2].replace(",", ".")))

    def _beyond(self, plan: ToxinPlan, muscle: ToxinMuscle, units: float) -> str:
        """Return which limit ``units`` more in ``muscle`` would exceed; empty if none."""
        in_muscle, total = self._units.get(muscle.key, 0.0) + units, self._total + units
        if _exceeds(in_muscle, muscle.most_units):
            return (
                f"Held: {muscle.name} would have {in_muscle:g} U; its limit is {muscle.most_units:g} U. Give a reason."
            )
        if _exceeds(total, plan.most_units):
            limit = f"the limit for {plan.indication} is {plan.most_units:g} U"
            return f"Held: the session would have {total:g} U; {limit}. Give a reason."
        return ""

    def _fields(self, plan: ToxinPlan, muscle: ToxinMuscle, units: float, reason: str) -> dict[str, object]:
        return {
            "product": plan.product,
            "muscle": muscle.key,
            "name": muscle.name,
            "units": units,
            "muscle_units": self._units[muscle.key],
            "muscle_most_units": muscle.most_units,
            "session_units": self._total,
            "session_most_units": plan.most_units,
            "fraction": self._fraction(plan),
            "reason": reason.strip() or None,
            "text": f"{units:g} U {muscle.name}; {self._total:g} U in all{self._share(plan)}",
        }


def _exceeds(units: float, most: float | None) -> bool:
    return most is not None and units > most * (1.0 + ROUNDING)


def _names_of(muscle: ToxinMuscle) -> tuple[str, ...]:
    """Return how a muscle may be called: key and name first, then its search words."""
    return (muscle.key.replace("-", " "), muscle.name.casefold(), *(word.casefold() for word in muscle.words))


def _sheets() -> Iterator[BotulinumProtocol]:
    for name in names():
        sheet = load_sheet(name).sheet if name.startswith(PREFIX) else None
        if isinstance(sheet, BotulinumProtocol):
            yield sheet


def _muscle(product: str, sheet: BotulinumProtocol) -> ToxinMuscle:
    limits = next((entry for key, entry in sheet.limits.items() if key == product), None)
    name = sheet.title.partition(", ")[2] or sheet.title
    return ToxinMuscle(sheet.id.removeprefix(PREFIX), name, sheet.also, limits.muscle_max_u.value if limits else None)
