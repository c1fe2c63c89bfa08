"""The course of a case as a picture: a small chart for each series, with the toxin sessions marked in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from guidance.note.pictures import Picture
from guidance.treatment.progress import ProgressSeries
from guidance.treatment.sessions import CaseSessions

_COLUMNS, _WIDTH_IN, _ROW_IN = 2, 7.0, 1.8
_INK, _MARK = "#0b5394", "#b45f06"
_BAR_DAYS = 4
"""Width of a bar of units, of the weeks between two sessions."""
_CAPTION = "Course over time. Upright dashed lines: toxin sessions. A line between points shows their order alone."


def progress_picture(series: Sequence[ProgressSeries], case: CaseSessions) -> list[Picture]:
    """Return a picture of ``series``; none without any."""
    if not series:
        return []
    rows = -(-len(series) // _COLUMNS)
    figure = Figure(figsize=(_WIDTH_IN, rows * _ROW_IN), layout="constrained")
    days = [point.day for one in series for point in one.points]
    toxin_days = [session.began.date() for session in case.toxin]
    margin = timedelta(days=max((max(days) - min(days)).days // 20, 7))
    for number, one in enumerate(series, 1):
        axes = figure.add_subplot(rows, _COLUMNS, number)
        _chart(axes, one, toxin_days)
        axes.set_xlim(min(days) - margin, max(days) + margin)  # type: ignore[arg-type]
    return [Picture("course", _CAPTION, figure)]


def _chart(axes: Axes, series: ProgressSeries, toxin_days: Sequence[date]) -> None:
    days = [point.day for point in series.points]
    values = [point.number for point in series.points]
    if series.bars:
        axes.bar(days, values, width=_BAR_DAYS, color=_INK)  # type: ignore[arg-type]
    else:
        for day in toxin_days:
            axes.axvline(day, color=_MARK, linewidth=0.8, linestyle="--", alpha=0.7)  # type: ignore[arg-type]
        axes.plot(days, values, "o-", color=_INK, markersize=4, linewidth=0.8)  # type: ignore[arg-type]
    better = {"less": ", less is better", "more": ", more is better"}.get(series.better, "")
    axes.set_title(f"{series.title}\n{series.unit}{better}", fontsize=7, loc="left")
    top = series.highest if series.highest is not None else max(values) * 1.15
    space = (top - series.lowest or 1.0) * 0.05
    axes.set_ylim(series.lowest - (0.0 if series.bars else space), top + space)
    locator = AutoDateLocator(minticks=2, maxticks=5)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.tick_params(labelsize=6)
    axes.xaxis.get_offset_text().set_fontsize(6)
    axes.spines[["top", "right"]].set_visible(False)
