"""The figures of an audit from its counts: shares and medians by group, with intervals, and small cells hidden."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist

from guidance.audit.counts import MISSING, PROCEDURES, CellCounts
from guidance.audit.measures import MEASURES, Grouping, Measure
from guidance.note.fields import fields_of

SMALL = 5
"""Cells of fewer procedures are hidden: the least count that many statistical offices publish. A judgement."""
_Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure in one group of procedures.

    ``known`` procedures show it and ``unknown`` ones do not. Of a share, ``value`` is the share, ``events`` how many it
    holds for, and ``low`` and ``high`` its 95 % interval; of an amount, the median and the 10 % and 90 % points.
    ``hidden``: the cell is small, or would show a small one by subtraction; its numbers are then None.
    """

    measure: Measure
    grouping: Grouping
    group: str
    known: int | None
    unknown: int | None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    events: int | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class FieldFigure:
    """How many of the procedures that need the field ``key`` of the note have no answer to it."""

    key: str
    label: str
    needed: int
    missing: int | None


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """All figures of an audit of ``procedures`` procedures."""

    procedures: int
    figures: tuple[Figure, ...]
    fields: tuple[FieldFigure, ...]

    def of(self, measure: Measure, grouping: Grouping) -> list[Figure]:
        """Return the figures of ``measure`` by ``grouping``, in the order of the groups."""
        return [each for each in self.figures if (each.measure, each.grouping) == (measure, grouping)]


def figures_of(counts: CellCounts, *, small_cells: bool = False) -> AuditFigures:
    """Compute the figures of ``counts``; with ``small_cells`` none is hidden."""
    values: dict[tuple[str, str], dict[str, Counter[float | None]]] = defaultdict(lambda: defaultdict(Counter))
    for cell, number in counts.items():
        values[cell.measure, cell.grouping][cell.group][cell.value] += number
    figures: list[Figure] = []
    for measure in MEASURES:
        for grouping in Grouping:
            groups = values[measure.key, grouping.value]
            row = [_figure(measure, grouping, group, groups[group]) for group in sorted(groups)]
            figures += row if small_cells else _without_small(row)
    kinds = {cell.group: number for cell, number in counts.items() if cell.measure == PROCEDURES}
    lacking = {cell.group: number for cell, number in counts.items() if cell.measure == MISSING}
    return AuditFigures(sum(kinds.values()), tuple(figures), tuple(_fields(kinds, lacking, small_cells=small_cells)))


def wilson(events: int, known: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, ``events`` of ``known`` (at least 1), by Wilson's score."""
    share, z2 = events / known, _Z95**2
    middle = (share + z2 / (2 * known)) / (1 + z2 / known)
    half = _Z95 / (1 + z2 / known) * (share * (1 - share) / known + z2 / (4 * known**2)) ** 0.5
    return max(middle - half, 0.0), min(middle + half, 1.0)


def percentile(values: Mapping[float, int], share: float) -> float:
    """Return the least value at or below which at least ``share`` of the counted values lie."""
    needed, below = share * sum(values.values()), 0
    for value in sorted(values):
        below += values[value]
        if below >= needed:
            return value
    raise ValueError("There is no value.")


def amounts_of(counts: CellCounts, measure: Measure) -> Counter[float]:
    """Return how often each known value of ``measure`` occurs in all procedures."""
    every = Counter[float]()
    for cell, number in counts.items():
        if (cell.measure, cell.grouping) == (measure.key, Grouping.ALL.value) and cell.value is not None:
            every[cell.value] += number
    return every


def _figure(measure: Measure, grouping: Grouping, group: str, values: Counter[float | None]) -> Figure:
    known = {value: number for value, number in values.items() if value is not None}
    total = sum(known.values())
    blank = Figure(measure, grouping, group, total, values[None])
    if not total:
        return blank
    if measure.is_share:
        events = known.get(1.0, 0)
        low, high = wilson(events, total)
        return replace(blank, value=events / total, low=low, high=high, events=events)
    low, value, high = (percentile(known, share) for share in (0.1, 0.5, 0.9))
    return replace(blank, value=value, low=low, high=high)


def _without_small(row: list[Figure]) -> list[Figure]:
    """Hide the small cells of ``row``, the groups of one measure; one alone takes the next smallest with it.

    A group is also small where fewer than ``SMALL`` procedures, but some, have the event, or have it not.
    """
    hidden = {figure.group for figure in row if _is_small(figure)}
    if len(hidden) == 1 and len(row) > 1:
        others = [figure for figure in row if figure.group not in hidden and figure.known]
        hidden |= {min(others, key=lambda figure: (figure.known or 0, figure.group)).group} if others else set()
    return [_hidden(figure) if figure.group in hidden else figure for figure in row]


def _is_small(figure: Figure) -> bool:
    known = figure.known or 0
    parts = [known] if figure.events is None else [known, figure.events, known - figure.events]
    return any(0 < part < SMALL for part in parts)


def _hidden(figure: Figure) -> Figure:
    return Figure(figure.measure, figure.grouping, figure.group, None, None, hidden=True)


def _fields(kinds: Mapping[str, int], lacking: Mapping[str, int], *, small_cells: bool) -> list[FieldFigure]:
    needed: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for kind, number in kinds.items():
        for field in fields_of(kind):
            if field.required:
                needed[field.key] += number
                labels[field.key] = field.label
    rows = []
    for key, number in needed.items():
        missing = lacking.get(key, 0)
        small = any(0 < part < SMALL for part in (number, missing, number - missing)) and not small_cells
        rows.append(FieldFigure(key, labels[key], number, None if small else missing))
    return rows
