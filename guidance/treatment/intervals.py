"""The interval guard: how long ago this case had toxin, how much of it, and how much local anaesthetic in a day.

It speaks when a session begins, and forbids nothing. Its limits are those of the drug table, each with its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guidance.dose.drugs import DrugTable
from guidance.dose.formatting import percent
from guidance.note.fields import BOTULINUM
from guidance.protocol.sheet import Indication
from guidance.treatment.sessions import CaseSession, CaseSessions
from guidance.treatment.sheet import target_name

WINDOW = timedelta(weeks=12)
"""Time over which units add up: the limits of the table that name a time name 3 months, here 12 weeks."""
DAY = timedelta(hours=24)
"""Time over which local anaesthetic adds up, as in the dose guard."""
_NAMED = 3
"""Procedures left out that are named one by one; a judgement."""


@dataclass(frozen=True, slots=True)
class BegunSession:
    """What begins now, and whether it gives ``toxin`` or ``anaesthetic``.

    ``product`` is a key of the table, None if it is not known yet; ``indication`` is what the toxin is given for.
    """

    now: datetime
    table: DrugTable
    toxin: bool = False
    product: str | None = None
    indication: Indication | None = None
    anaesthetic: bool = False


def interval_sentences(case: CaseSessions, begun: BegunSession) -> tuple[str, ...]:
    """Return what the sessions of ``case`` mean for the one that begins, the most urgent first."""
    earlier = [each for each in case.sessions if each.began <= begun.now]
    found = [*_clock(case, begun)]
    if begun.toxin:
        found += [*_too_soon(earlier, begun), *_units(earlier, begun)]
    if begun.anaesthetic:
        found += _anaesthetic(earlier, begun)
    return (*found, *_not_counted(case))


def _clock(case: CaseSessions, begun: BegunSession) -> Iterator[str]:
    later = [each.began for each in case.sessions if each.began > begun.now]
    if later:
        yield (
            f"CLOCK: a session of this case is dated {max(later):%Y-%m-%d %H:%M}, later than now by this computer's "
            "clock. Check date and time; until then the interval is not known."
        )


def _too_soon(earlier: Sequence[CaseSession], begun: BegunSession) -> Iterator[str]:
    """Yield how long ago the last toxin was, against the longest interval that the table names for both products."""
    last = next((each for each in reversed(earlier) if each.kind == BOTULINUM), None)
    if last is None:
        return
    ago = begun.now - last.began
    weeks, source = _interval(begun, last.product)
    if weeks is None:
        yield f"Last toxin of this case: {_ago(ago)} ago. The drug table has no interval for it: {source}."
    elif ago < timedelta(weeks=weeks):
        first = last.began + timedelta(weeks=weeks)
        allowed = f"not before {weeks:g} weeks, {first:%Y-%m-%d} [{source}]"
        yield f"TOXIN TOO SOON: {_ago(ago)} since the last one; {allowed}."
    else:
        yield f"Last toxin of this case: {_ago(ago)} ago; the interval of {weeks:g} weeks is over [{source}]."
    yield f"Last toxin, {last.began:%Y-%m-%d}: {_given(last)}."


def _interval(begun: BegunSession, last: str | None) -> tuple[float | None, str]:
    """Return the weeks until the next toxin and their source; None and why where the table names no interval."""
    missing = "it has no session for this indication"
    known: list[tuple[float, str]] = []
    for product in dict.fromkeys(filter(None, (begun.product, begun.table.known_toxin(last)))):
        session = begun.table.toxin[product].sessions.get(begun.indication) if begun.indication else None
        if session is not None and session.reinject_weeks.value is not None:
            known.append((session.reinject_weeks.value, begun.table.citation(session.reinject_weeks)))
        elif session is not None:
            missing = session.reinject_weeks.missing or missing
    return max(known) if known else (None, missing)


def _units(earlier: Sequence[CaseSession], begun: BegunSession) -> Iterator[str]:
    recent = [each for each in earlier if each.kind == BOTULINUM and begun.now - each.began < WINDOW]
    same = [each for each in recent if begun.table.known_toxin(each.product) == begun.product]
    total = sum(each.total_units for each in same)
    most = begun.table.session_limit(begun.product or "", begun.indication) if begun.indication else None
    if begun.product is None and recent:
        yield "The product of today is not known, so no units are added; name it with --product."
    if total and begun.product is not None:
        over = most is not None and total >= most
        share = "" if most is None else f", {percent(total / most)} of {most:g} U; {max(most - total, 0):g} U are left"
        yield f"{'UNITS AT THE LIMIT: ' if over else ''}{begun.product} in the last 12 weeks: {total:g} U{share}."
    other = [each for each in recent if each not in same and each.units]
    if other:
        given = "; ".join(f"{each.began:%Y-%m-%d} {_given(each)}" for each in other)
        yield f"Another product in the last 12 weeks, whose units are not added: {given}."
    if any(not each.units for each in recent):
        yield "A toxin session in the last 12 weeks has no units on record, so the sum may be too low."


def _anaesthetic(earlier: Sequence[CaseSession], begun: BegunSession) -> Iterator[str]:
    for session in earlier:
        ago = begun.now - session.began
        for drug, mg in session.anaesthetic_mg.items():
            if ago >= DAY or drug not in begun.table.anaesthetic:
                continue
            minutes = round(ago.total_seconds() / 60)
            most = begun.table.anaesthetic[drug].max_mg_24h
            limit = "" if most.value is None else f"; at most {most.value:g} mg in 24 h [{begun.table.citation(most)}]"
            yield (
                f"LOCAL ANAESTHETIC IN THE LAST 24 H: {mg:g} mg {drug}, {minutes / 60:.1f} h ago{limit}. Count it with "
                f"--given '{drug} {mg:g}mg {minutes}min ago', unless you did."
            )


def _not_counted(case: CaseSessions) -> Iterator[str]:
    if case.left_out:
        named = " ".join(f"{name}: {why}" for name, why in list(case.left_out.items())[:_NAMED])
        more = f" And {len(case.left_out) - _NAMED} more." if len(case.left_out) > _NAMED else ""
        yield f"NOT COUNTED, so doses may be higher and intervals shorter: {named}{more}"
    locked = sum(not each.compared for each in case.sessions)
    if locked:
        count = (
            "1 session has an encrypted case sheet" if locked == 1 else f"{locked} sessions have encrypted case sheets"
        )
        yield f"{count}, so it was not compared whose they are; name the --key."


def _given(session: CaseSession) -> str:
    if not session.units:
        return "units not on record"
    muscles = ", ".join(f"{target_name(key)} {units:g}" for key, units in session.units.items())
    return f"{session.total_units:g} U {session.product or 'of a product not recorded'} ({muscles})"


def _ago(ago: timedelta) -> str:
    return f"{ago.days} days" if ago < timedelta(weeks=3) else f"{ago.days / 7:.1f} weeks"
