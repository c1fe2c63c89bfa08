"""The report of an audit as PDF: a sheet for each measure, with a run chart, a funnel plot and what it cannot tell."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure as Sheet

from guidance.audit.limits import limits_of_median, limits_of_share
from guidance.audit.measures import MEASURES, Grouping, Measure
from guidance.audit.results import Figure, amounts_of
from guidance.audit.run import Audit
from guidance.audit.text import SIMULATION, left_out_lines, shown

_A4_IN = (8.27, 11.69)
_FUNNEL = {"95 %": 0.95, "99.8 %": 0.998}
"""Shares of what chance makes inside the lines of a funnel plot: about 2 and 3 standard deviations, as is usual for
such plots (unsourced)."""
_RUN_CHART = 0.9973
"""Share of what chance makes inside the limits of a run chart: 3 standard deviations of a normal distribution, as
Shewhart drew them."""
_SHIFT = 6
"""Months in a row on one side of the centre that a run chart marks as a shift: the rule of common use (unsourced)."""
_MOST_HIDDEN = 0.2
"""Largest share of groups that may be hidden in a chart. Hidden are above all groups with few events, and a chart of
the others would show too many extremes; a judgement."""
_CHART, _LINE, _GAP = 0.2, 0.03, 0.08
"""Heights of a chart, of the line in place of one, and of the space below it, in shares of the sheet."""
_LISTED, _ROWS = (Grouping.PROTOCOL, Grouping.DEVICE, Grouping.SITE), 27
"""Groups in the rows below the charts, and how many rows there is room for; measured on the sheet."""
_LETTERS = 105
"""Letters of a line at the size of the text; measured on the sheet."""


def pdf(audit: Audit, written_at: datetime) -> bytes:
    """Return the report of ``audit``, dated ``written_at``."""
    held = io.BytesIO()
    with PdfPages(held, metadata={"Title": "Audit", "CreationDate": written_at}) as pages:
        pages.savefig(_cover(audit, written_at))
        for measure in MEASURES:
            if any(figure.known or figure.hidden for figure in audit.figures.of(measure, Grouping.ALL)):
                pages.savefig(_sheet(audit, measure))
    return held.getvalue()


def _cover(audit: Audit, written_at: datetime) -> Sheet:
    sheet = _titled("Audit of procedures", audit)
    rows = [f"{m.title:62} {shown(f)}" for m in MEASURES for f in audit.figures.of(m, Grouping.ALL)]
    text = [
        f"Written {written_at:%Y-%m-%d %H:%M}. {audit.figures.procedures} procedures counted.",
        "Research software, not a medical device. Figures of a department are no verdict on a person.",
        "",
        *rows,
        *left_out_lines(audit),
    ]
    _text(sheet, 0.93, [line for row in text for line in textwrap.wrap(row, 120, subsequent_indent="   ") or [""]], 6.5)
    return sheet


def _sheet(audit: Audit, measure: Measure) -> Sheet:
    sheet = _titled(measure.title, audit)
    (whole,) = audit.figures.of(measure, Grouping.ALL)
    _text(
        sheet,
        0.93,
        [f"All procedures: {shown(whole)}", *textwrap.wrap(f"It cannot tell: {measure.limit}", _LETTERS)],
    )
    top = 0.82
    for grouping, draw in ((Grouping.MONTH, _run_chart), (Grouping.OPERATOR, _funnel)):
        figures = audit.figures.of(measure, grouping)
        height = _CHART if _is_enough(figures) else _LINE
        draw(sheet.add_axes((0.1, top - height, 0.84, height)), audit, whole, figures)
        top -= height + _GAP
    _text(sheet, top + 0.02, _group_rows(audit, measure), 6.5)
    return sheet


def _group_rows(audit: Audit, measure: Measure) -> list[str]:
    """Return a row for each protocol, device and site, as far as the sheet has room, and how many it has none for."""
    groups = [(by, figure) for by in _LISTED for figure in audit.figures.of(measure, by)]
    rows = [f"{f'{by}: {figure.group}':44} {shown(figure)}" for by, figure in groups]
    if len(rows) <= _ROWS:
        return rows
    left_out = groups[_ROWS - 1 :]
    kinds = " and ".join(f"--by {by}" for by in dict.fromkeys(by for by, _ in left_out))
    return [*rows[: _ROWS - 1], f"{len(left_out)} more rows have no room here; 'audit {kinds}' shows them."]


def _titled(title: str, audit: Audit) -> Sheet:
    sheet = Sheet(figsize=_A4_IN)
    sheet.text(0.07, 0.95, title, fontsize=14, weight="bold", va="bottom")
    if audit.simulated:
        sheet.text(0.07, 0.975, SIMULATION, fontsize=8, color="firebrick", va="bottom")
    return sheet


def _text(sheet: Sheet, top: float, rows: Sequence[str], size: float = 8.0) -> None:
    sheet.text(0.07, top, "\n".join(rows), fontsize=size, family="monospace", va="top", linespacing=1.4)


def _limits(audit: Audit, whole: Figure, sizes: np.ndarray, inside: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of chance of groups of ``sizes`` procedures that are like ``whole``, all procedures."""
    if whole.measure.is_share:
        return limits_of_share(whole.value or 0.0, sizes, inside)
    return limits_of_median(amounts_of(audit.counts, whole.measure), sizes, inside)


def _run_chart(axes: Axes, audit: Audit, whole: Figure, months: Sequence[Figure]) -> None:
    """Draw a measure by month beside ``whole``, its value over all months, inside the limits of chance alone."""
    seen = _to_draw(axes, "By month", "months", months)
    if not seen or whole.value is None:
        return
    x = np.array([_month_number(month.group) for month in seen])
    values = np.array([month.value for month in seen], float)
    axes.axhline(whole.value, color="grey", linewidth=0.8)
    low, high = _limits(audit, whole, np.array([month.known for month in seen]), _RUN_CHART)
    axes.fill_between(x, low, high, step="mid", alpha=0.15)
    axes.plot(x, values, "o-", markersize=3, linewidth=0.8, color="black")
    shifted = in_shift(values > whole.value, values < whole.value)
    axes.plot(x[shifted], values[shifted], "o", markersize=4, color="firebrick")
    every = max(len(seen) // 8, 1)
    axes.set_xticks(x[::every], [month.group for month in seen][::every])
    _scale(axes, whole.measure)


def _month_number(month: str) -> int:
    """Return the months since year 0 of a month such as 2026-03."""
    year, number = month.split("-")
    return 12 * int(year) + int(number)


def _to_draw(axes: Axes, title: str, groups: str, figures: Sequence[Figure]) -> list[Figure]:
    """Write the title of a chart; return the figures to draw, none where those that remain would mislead."""
    hidden = sum(figure.hidden for figure in figures)
    known = [figure for figure in figures if figure.value is not None]
    axes.set_title(f"{title} ({hidden} of {len(figures)} {groups} hidden)" if hidden else title, fontsize=9, loc="left")
    if _is_enough(figures):
        return known
    axes.set_axis_off()
    reason = f"Not drawn: so few {groups} would mislead. Inside the department, --small-cells shows all."
    axes.text(0.0, 0.8, reason if hidden else "Not known.", fontsize=8, transform=axes.transAxes)
    return []


def _is_enough(figures: Sequence[Figure]) -> bool:
    """Return whether enough of ``figures`` are shown for a chart of them."""
    hidden = sum(figure.hidden for figure in figures)
    return any(figure.value is not None for figure in figures) and hidden <= _MOST_HIDDEN * len(figures)


def in_shift(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return which points belong to a shift: at least ``_SHIFT`` in a row on one side of the centre."""
    marked = np.zeros(len(above), bool)
    for side in (above, below):
        first = 0
        for at in range(len(side) + 1):
            if at == len(side) or not side[at]:
                if at - first >= _SHIFT:
                    marked[first:at] = True
                first = at + 1
    return marked


def _funnel(axes: Axes, audit: Audit, whole: Figure, operators: Sequence[Figure]) -> None:
    """Draw a measure by operator over the number of procedures, inside the limits of chance alone."""
    seen = _to_draw(axes, "By operator, over the number of procedures", "operators", operators)
    if not seen or whole.value is None:
        return
    axes.axhline(whole.value, color="grey", linewidth=0.8)
    most = max(each.known or 1 for each in seen)
    sizes = np.arange(1, round(1.1 * most) + 2)
    for style, (label, inside) in zip(("--", ":"), _FUNNEL.items(), strict=True):
        low, high = _limits(audit, whole, sizes, inside)
        axes.plot(sizes, low, style, color="steelblue", linewidth=0.8, label=label)
        axes.plot(sizes, high, style, color="steelblue", linewidth=0.8)
    axes.legend(fontsize=6, loc="upper right", title="inside by chance", title_fontsize=6)
    known, values = (np.array(row, float) for row in ([e.known for e in seen], [e.value for e in seen]))
    axes.plot(known, values, "o", markersize=4, color="black")
    axes.set_xlabel("procedures", fontsize=8)
    _scale(axes, whole.measure)


def _scale(axes: Axes, measure: Measure) -> None:
    axes.set_ylabel("share" if measure.is_share else measure.unit or "number", fontsize=8)
    axes.tick_params(labelsize=7)
    if measure.is_share:
        axes.set_ylim(-0.03, 1.03)
    else:
        axes.set_ylim(0.0, max(axes.get_ylim()[1] * 1.1, 1e-9))
