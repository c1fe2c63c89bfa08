"""The dose guard: adds up the aliquots, requests aspiration, warns at 80 % of the limit and alarms at 100 %.

The alarm at the limit is medium, beyond it high. The guard counts what the operator enters; it does not see the
syringe. It holds an aliquot above the limit until the operator gives a reason, and then counts it. The reason may be
that the aliquot is injected already: the total must equal what is in the patient.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from guidance.alarms.board import AlarmBoard
from guidance.contracts.commands import Aliquot, Aspiration
from guidance.contracts.corrections import EntryNow
from guidance.contracts.events import Entry, Record
from guidance.contracts.task_views import DoseView
from guidance.dose.cumulative_dose import ROUNDING, CumulativeDose, read_dose
from guidance.dose.drugs import load, needed
from guidance.dose.formatting import concentrations, percent, plan_fields, solution_name, total_words
from guidance.dose.limit_alarm import LimitAlarm
from guidance.dose.neurolytic import NeurolyticPlan
from guidance.dose.neurolytic_card import emergency_card
from guidance.dose.plan import DosePlan
from guidance.dose.running_count import RunningCount, count_of
from guidance.dose.text import MOST_ML, DoseError, bare_volume_ml, parse_amount

DoseRequest = Aliquot | Aspiration
DAY_MIN = 24.0 * 60.0
"""Minutes for which an earlier dose counts: the labels limit what is given in 24 h."""
_WATCH = "Watch for toxicity; have help and lipid at hand."


class DoseGuard:
    """The running dose of one procedure; times are device times, in s."""

    def __init__(
        self,
        plan: DosePlan | NeurolyticPlan | None,
        alarms: AlarmBoard,
        volume_ml: tuple[float, float] | None = None,
        agents: tuple[str, ...] = (),
    ) -> None:
        """Guard ``plan``; without one, count volumes only. The upper end of the protocol's ``volume_ml`` is a limit;
        ``agents`` are its neurolytic agents.
        """
        self._agent = plan if isinstance(plan, NeurolyticPlan) else None
        plan = None if isinstance(plan, NeurolyticPlan) else plan
        if self._agent and self._agent.volume_ml:
            volume_ml = self._agent.volume_ml
        self._plan, self._limit = plan, LimitAlarm(alarms)
        self._most_ml = volume_ml[1] if volume_ml else None
        self._planned_earlier = plan.earlier if plan else ()
        self.rescue_title, self.rescue_lines = emergency_card(plan, (self._agent.agent,) if self._agent else agents)
        """The rescue card for this patient: its first line, then (word, text, whether it is a volume), in order."""
        self._every_ml = needed((plan.table if plan else load()).technique.aspirate_every_ml)
        self._count = RunningCount()
        self._warned = self._begun = False
        self._why_refused = self._remark = ""
        self._refused_ml: float | None = None
        self._has_entries = False

    def begin(self) -> Iterator[Record]:
        """Yield the plan for the record, once, and the alarm or warning that earlier doses cause."""
        if self._begun:
            return
        self._begun = True
        if self._plan:
            yield Entry("dose-plan", plan_fields(self._plan))
            yield from self._levels(self._plan.total(0.0))
        elif self._agent:
            yield Entry("dose-plan", self._agent.fields())

    def obey(self, request: DoseRequest, t: float) -> Iterator[Record]:
        """Record an aspiration or an aliquot at ``t``; yield its entry and any warning or alarm."""
        self._why_refused, self._refused_ml, self._remark = "", None, ""
        self._has_entries = True
        if isinstance(request, Aspiration):
            yield from self._aspiration(request, t)
        elif why := self._refusal(request):
            self._why_refused, self._refused_ml = why, request.volume_ml if _is_volume(request.volume_ml) else None
            yield Entry("injection-refused", {"volume_ml": request.volume_ml, "why": why})
        else:
            yield from self._injection(request, t)

    def set_earlier(self, text: str) -> Iterator[Record]:
        """Count the local anaesthetic that ``text`` names as given within the last 24 h, instead of what was named so
        before; yield its entry and the alarm that it causes. Raises DoseError if it cannot be read, or is older.
        """
        dose = read_dose(self._plan.table if self._plan else load(), parse_amount(text))
        if dose.minutes_ago is not None and dose.minutes_ago > DAY_MIN:
            raise DoseError(f"{text}: that is more than 24 h ago; only doses of the last 24 h count.")
        if self._plan:
            self._plan = replace(self._plan, earlier=(*self._planned_earlier, dose))
        fields = {"drug": dose.drug, "mg": dose.mg, "minutes_ago": dose.minutes_ago, "counted": self._plan is not None}
        yield Entry("earlier-dose", fields)
        if self._plan:
            yield from self._levels(self._plan.total(self._count.injected_ml))

    def clear_earlier(self) -> Iterator[Record]:
        """Count no longer what ``set_earlier`` named; yield the end of the alarm that it caused."""
        if self._plan:
            self._plan = replace(self._plan, earlier=self._planned_earlier)
            yield from self._levels(self._plan.total(self._count.injected_ml))

    def corrected(self, text: str) -> dict[str, object]:
        """Return the fields of an aliquot whose volume is corrected to ``text``, such as ``5`` or ``2.5 mL``. Raises
        DoseError if it is no volume of an aliquot.
        """
        volume_ml = bare_volume_ml(text)
        return {"volume_ml": volume_ml, **self._drug_fields(volume_ml)}

    def recount(self, entries: Iterable[EntryNow]) -> dict[str, object]:
        """Count ``entries`` anew, which hold after a correction; return the new totals, for the record."""
        self._count = count_of(entries)
        self._remark = self._why_refused = ""
        self._refused_ml = None
        return self._totals(self._plan.total(self._count.injected_ml) if self._plan else None)

    def settle(self) -> Iterator[Record]:
        """Yield the warning and the alarms that begin or end with the dose counted anew."""
        if self._plan:
            yield from self._levels(self._plan.total(self._count.injected_ml))
        elif self._agent:
            yield from self._agent_level(self._agent)

    def view(self) -> DoseView | None:
        """Return the view for the screen; None as long as there is neither a plan nor an entry."""
        if self._plan is None and self._agent is None and not self._has_entries:
            return None
        agent = self._agent
        total = self._plan.total(self._count.injected_ml) if self._plan else None
        return DoseView(
            solution=solution_name(self._plan.solution) if self._plan else agent.name if agent else "",
            volume_ml=self._count.injected_ml,
            total_mg=tuple(self._total_mg(total).items()),
            fraction=self._fraction(total),
            at_least=total.fraction if total else self._fraction(total),
            level="over" if agent and agent.is_over(self._count.injected_ml) else _level(total),
            left_ml=self._left_ml(total),
            last_dose_t=self._count.last_t,
            aspirate_in_ml=self._aspirate_in_ml,
            next_step=self._why_refused or self._next_step(),
            held_ml=self._refused_ml,
            blood=self._count.blood,
            most_ml=self._most_ml,
            first_dose_t=self._count.first_t,
            aspirated_t=self._count.aspirated_t,
        )

    @property
    def _aspirate_in_ml(self) -> float:
        return max(self._every_ml - self._count.since_aspiration_ml, 0.0) if self._count.aspirated else 0.0

    def _aspiration(self, request: Aspiration, t: float) -> Iterator[Record]:
        fields = {"blood": request.blood, "volume_ml_since_last": self._count.since_aspiration_ml}
        self._count.aspirate(t, blood=request.blood)
        yield Entry("aspiration", fields)

    def _refusal(self, request: Aliquot) -> str | None:
        """Return why ``request`` is refused, or None; a reason overrides everything except an impossible volume."""
        if not _is_volume(request.volume_ml):
            return f"{request.volume_ml:g} mL cannot be an aliquot; it must be above 0 and at most {MOST_ML:g} mL."
        if request.reason.strip():
            return None
        if self._count.blood:
            return "Blood was aspirated: do not inject. Move the needle and aspirate again, or give a reason."
        return self._beyond_limits(request, self._count.injected_ml + request.volume_ml)

    def _beyond_limits(self, request: Aliquot, volume_ml: float) -> str | None:
        """Return which limit ``volume_ml`` in all, with ``request``, would exceed; None if none."""
        total = self._plan.total(volume_ml) if self._plan else None
        if total and total.is_over:
            return f"Held: {request.volume_ml:g} mL more would be {_least(total)} of the limit. Give a reason, or less."
        if self._agent and self._agent.is_over(volume_ml):
            held = f"Held: {volume_ml:g} mL would be {self._agent.mg(volume_ml):g} mg {self._agent.agent}"
            return f"{held}; {self._agent.limit_words()}. Give a reason, or less."
        if self._most_ml is not None and volume_ml > self._most_ml + ROUNDING:
            most = f"the protocol's volume ends at {self._most_ml:g} mL"
            return f"Held: with {request.volume_ml:g} mL it would be {volume_ml:g} mL; {most}. Give a reason, or less."
        return None

    def _injection(self, request: Aliquot, t: float) -> Iterator[Record]:
        self._remark = self._unaspirated(request.volume_ml)
        aspirated = self._count.aspirated
        self._count.inject(request.volume_ml, t)
        total = self._plan.total(self._count.injected_ml) if self._plan else None
        yield Entry("injection", self._fields(request, total, aspirated=aspirated))
        yield from self.settle()

    def _agent_level(self, agent: NeurolyticPlan) -> Iterator[Record]:
        given_mg, is_over = agent.mg(self._count.injected_ml), agent.is_over(self._count.injected_ml)
        text = f"Inject no more. {given_mg:g} mg {agent.agent}; {agent.limit_words()}."
        yield from self._limit.report(text if is_over else None, is_over=is_over)

    def _unaspirated(self, volume_ml: float) -> str:
        """Return the remark on missing aspiration before ``volume_ml``; empty if it was done."""
        if not self._count.aspirated:
            return f"The last {volume_ml:g} mL were injected without aspiration."
        if volume_ml > self._every_ml + ROUNDING:
            return f"The last {volume_ml:g} mL were injected at once; aspirate every {self._every_ml:g} mL."
        return ""

    def _fields(self, request: Aliquot, total: CumulativeDose | None, *, aspirated: bool) -> dict[str, object]:
        plan, why = self._plan, [self._remark] if self._remark else []
        if plan is None and self._agent is None:
            why.append("No solution was named, so no dose is known; start with --solution.")
        elif total and not total.is_whole:
            why.append("No weight was given, so the fraction is of the absolute limit only.")
        return {
            **self._drug_fields(request.volume_ml),
            "volume_ml": request.volume_ml,
            **self._totals(total),
            "aspirated": aspirated,
            "reason": request.reason.strip() or None,
            "why": " ".join(why) or None,
        }

    def _totals(self, total: CumulativeDose | None) -> dict[str, object]:
        return {
            "total_volume_ml": self._count.injected_ml,
            "total_mg": self._total_mg(total) or None,
            "fraction": self._fraction(total),
            "fraction_at_least": total.fraction if total else self._fraction(total),
        }

    def _drug_fields(self, volume_ml: float) -> dict[str, object]:
        """Return what is in ``volume_ml`` of the syringe, for the record; None for each if no solution was named."""
        plan, agent = self._plan, self._agent
        if agent:
            return {
                "drug": agent.agent,
                "concentration": f"{agent.percent:g} %",
                "mg": {agent.agent: agent.mg(volume_ml)},
            }
        return {
            "drug": " + ".join(part.drug for part in plan.solution) if plan else None,
            "concentration": concentrations(plan.solution) if plan else None,
            "mg": {part.drug: part.mg_per_ml * volume_ml for part in plan.solution} if plan else None,
        }

    def _total_mg(self, total: CumulativeDose | None) -> dict[str, float]:
        if self._agent:
            return {self._agent.agent: self._agent.mg(self._count.injected_ml)}
        return total.mg_by_drug() if total else {}

    def _fraction(self, total: CumulativeDose | None) -> float | None:
        if self._agent:
            return self._agent.fraction(self._count.injected_ml)
        return total.fraction if total and total.is_whole else None

    def _left_ml(self, total: CumulativeDose | None) -> float | None:
        """Return how many mL are left up to the limit; None where it is not known."""
        if self._agent:
            limits = [limit for limit in (self._most_ml, self._agent.max_ml) if limit is not None]
            return max(min(limits) - self._count.injected_ml, 0.0) if limits else None
        return self._plan.left_ml(self._count.injected_ml) if self._plan and total and total.is_whole else None

    def _levels(self, total: CumulativeDose) -> Iterator[Record]:
        text = f"Inject no more. {total_words(total)} {_WATCH}" if total.alarms else None
        yield from self._limit.report(text, is_over=total.is_over)
        if total.warns and not total.alarms and not self._warned:
            yield Entry("dose-warning", {"fraction_at_least": total.fraction, "text": total_words(total)})
        self._warned = total.warns

    def _next_step(self) -> str:
        """Return what to do before the next aliquot."""
        if self._count.blood:
            return "Blood aspirated: move the needle, aspirate again"
        if not self._count.aspirated:
            return " ".join(filter(None, (self._remark, "Aspirate before the next aliquot.")))
        return f"Aspirated: at most {self._every_ml:g} mL, then aspirate again"


def _is_volume(volume_ml: float) -> bool:
    return math.isfinite(volume_ml) and 0.0 < volume_ml <= MOST_ML


def _least(total: CumulativeDose) -> str:
    return percent(total.fraction) if total.is_whole else f"at least {percent(total.fraction)}"


def _level(total: CumulativeDose | None) -> str:
    if total is None or not total.warns:
        return ""
    return "over" if total.is_over else "limit" if total.alarms else "warning"
