"""The injected muscles of a toxin session as one table, from the case sheet."""

from __future__ import annotations

from guidance.dose.formatting import percent
from guidance.note.case_sheet import MUSCLES, CaseSheet
from guidance.note.field_forms import is_left_out
from guidance.note.fields import MUSCLE_FIELDS
from guidance.note.page import Table
from guidance.note.toxin_record import share_words

_NOT_RECORDED = "not recorded"


def muscle_table(case: CaseSheet, limit: tuple[float, str] | None = None) -> Table | None:
    """Return a row for each muscle, with units a site and the share of the ``limit``; None without a muscle."""
    if not case.muscles:
        return None
    optional = [item for item in MUSCLE_FIELDS if not item.required]
    left_out = {item.key for item in optional if not any(case.get(_key(m, item.key)) for m in case.muscles)}
    shown = [item for item in MUSCLE_FIELDS if item.key not in left_out]
    of_limit = ("Of session",) if limit else ()
    header = (*(item.label for item in shown), "Units a site", *of_limit)
    rows = [
        (
            *(_cell(case, name, item.key) for item in shown),
            _units_a_site(case, name),
            *((_share(case, name, limit[0]),) if limit else ()),
        )
        for name in case.muscles
    ]
    return Table(header, tuple(rows))


def session_title(title: str, case: CaseSheet) -> str:
    """Return the protocol's ``title``; for a toxin session over several muscles, one that names their number."""
    several = len(case.muscles) > 1
    return f"{title.partition(',')[0]}, {len(case.muscles)} muscles" if several else title


def common_side(case: CaseSheet) -> str:
    """Return the side of all muscles; empty if they differ or one has none."""
    sides = {case.get(_key(muscle, "side")) or "" for muscle in case.muscles}
    return sides.pop() if len(sides) == 1 else ""


def guidance_by_muscle(case: CaseSheet) -> tuple[str, ...]:
    """Return the kinds of guidance that the muscles of the case sheet have, each once, in their order."""
    kinds = (case.get(_key(muscle, "guidance")) for muscle in case.muscles)
    return tuple(dict.fromkeys(kind for kind in kinds if kind and not is_left_out(kind)))


def total_units(case: CaseSheet, limit: tuple[float, str] | None = None) -> str | None:
    """State the sum of the units over all muscles, and its share of the ``limit``; None if no muscle has units."""
    units = [case.get(_key(muscle, "units")) for muscle in case.muscles]
    numbers = [float(each) for each in units if each and not is_left_out(each)]
    if not numbers:
        return None
    whole = "" if len(numbers) == len(units) else f" ({len(numbers)} of {len(units)} muscles)"
    product = case.get("product") or "the product"
    share = share_words(sum(numbers), limit)
    return f"{sum(numbers):g} units of {product}{whole}{share}; units of different products are not interchangeable."


def _key(muscle: str, part: str) -> str:
    return f"{MUSCLES}.{muscle}.{part}"


def _cell(case: CaseSheet, muscle: str, part: str) -> str:
    answer = case.get(_key(muscle, part))
    return answer or (muscle if part == "name" else _NOT_RECORDED)


def _share(case: CaseSheet, muscle: str, most_units: float) -> str:
    units = case.get(_key(muscle, "units"))
    return _NOT_RECORDED if not units or is_left_out(units) else percent(float(units) / most_units)


def _units_a_site(case: CaseSheet, muscle: str) -> str:
    units, sites = case.get(_key(muscle, "units")), case.get(_key(muscle, "sites"))
    if not units or not sites or is_left_out(units) or is_left_out(sites):
        return _NOT_RECORDED
    return f"{float(units) / float(sites):.3g}"
