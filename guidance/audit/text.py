"""An audit as lines of text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from guidance.audit.measures import MEASURES, Grouping, Measure
from guidance.audit.results import SMALL, Figure
from guidance.audit.run import Audit

SIMULATION = "SIMULATED PATIENTS: nobody was treated; these figures say nothing about people."
HIDDEN = f"hidden (fewer than {SMALL})"
_LISTED = 10
"""Procedures left out that are named one by one; of more, only the number. A judgement."""


def lines(audit: Audit, grouping: Grouping) -> Iterator[str]:
    """Yield ``audit`` as text: every measure of all procedures, then by ``grouping``, fields, and what is left out."""
    if audit.simulated:
        yield SIMULATION
    yield f"{audit.figures.procedures} procedures counted"
    yield ""
    for measure in MEASURES:
        for figure in audit.figures.of(measure, Grouping.ALL):
            yield f"  {measure.title:60}{shown(figure)}"
    if grouping is not Grouping.ALL:
        for measure in MEASURES:
            yield from _by_group(audit, measure, grouping)
    yield from _fields(audit)
    yield from left_out_lines(audit)


def shown(figure: Figure) -> str:
    """Return ``figure`` in words: a share with its 95 % interval, or a median with the 10 % and 90 % points."""
    if figure.hidden:
        return HIDDEN
    if figure.value is None or figure.low is None or figure.high is None:
        return f"not known ({figure.unknown} procedures)"
    unknown = f"; not known of {figure.unknown}" if figure.unknown else ""
    if figure.measure.is_share:
        interval = f"{100 * figure.low:.0f} to {100 * figure.high:.0f} %"
        return f"{figure.events} of {figure.known}, {100 * figure.value:.1f} % ({interval}){unknown}"
    unit = f" {figure.measure.unit}" if figure.measure.unit else ""
    return f"{figure.value:g}{unit} ({figure.low:g} to {figure.high:g}), {figure.known} procedures{unknown}"


def left_out_lines(audit: Audit) -> Iterator[str]:
    """Yield what the figures leave out, by reason, with the first procedures of each by name."""
    yield ""
    if audit.other:
        kind = "of patients" if audit.simulated else "simulated; --simulated counts those instead"
        yield f"Not counted: {audit.other} procedures {kind}."
    by_reason: dict[str, list[str]] = {}
    for label, procedures in audit.left_out.items():
        for name, why in procedures.items():
            by_reason.setdefault(why, []).append(f"{label}/{name}")
    for why, names in sorted(by_reason.items()):
        more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        yield f"Left out: {', '.join(names[:_LISTED])}{more}. {why}"


def as_json_object(audit: Audit) -> dict[str, Any]:
    """Return ``audit`` as JSON types; hidden figures have no numbers."""
    return {
        "simulated": audit.simulated,
        "procedures": audit.figures.procedures,
        "figures": [
            {
                "measure": each.measure.key,
                "by": each.grouping.value,
                "group": each.group,
                "kind": "share" if each.measure.is_share else "amount",
                "unit": each.measure.unit or None,
                "known": each.known,
                "unknown": each.unknown,
                "value": each.value,
                "low": each.low,
                "high": each.high,
                "events": each.events,
                "hidden": each.hidden,
            }
            for each in audit.figures.figures
        ],
        "fields": [
            {"key": row.key, "needed": row.needed, "missing": row.missing, "hidden": row.missing is None}
            for row in audit.figures.fields
        ],
        "left_out": {label: dict(Counter(names.values())) for label, names in audit.left_out.items()},
        "limits": {measure.key: measure.limit for measure in MEASURES},
    }


def _by_group(audit: Audit, measure: Measure, grouping: Grouping) -> Iterator[str]:
    figures = audit.figures.of(measure, grouping)
    if not figures:
        return
    yield ""
    yield f"{measure.title}, by {grouping}"
    for figure in figures:
        yield f"  {figure.group:40}{shown(figure)}"
    yield f"  It cannot tell: {measure.limit}"


def _fields(audit: Audit) -> Iterator[str]:
    if not audit.figures.fields:
        return
    yield ""
    yield "Required fields of the note without an answer"
    for row in sorted(audit.figures.fields, key=lambda row: (-(row.missing or 0) / row.needed, row.key)):
        missing = HIDDEN if row.missing is None else f"{row.missing} of {row.needed}"
        yield f"  {row.label:50}{missing}"
