"""The pictures of a note: threshold over time, the recruitment curve, and the sweeps at the end of the search."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from guidance.common.text import clean
from guidance.note.event_query import EventQuery
from guidance.note.injected_sentences import COMPLAINTS
from guidance.note.pulses import LastPlace, RecordedPulse, last_place, pulses_of
from guidance.note.sweeps import BEFORE_MS, RecordedSweep, sweeps_of

_MAX_SWEEPS = 12
"""More rows would not fit on a sheet."""
_NEAR = 0.04
"""Share of the time axis within which the names of entries would overlap, and are put together."""
_ARTEFACT_MS = 1.5
"""Part of a sweep after the pulse that the scale of the rows leaves out: the artefact is larger than a response."""
_RESPONSE, _NO_RESPONSE, _BAND, _MARK, _MEDIAN = "#0b5394", "#999999", "#f6b26b", "#a61c00", "#7f3f00"
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "svg.hashsalt": "needle-guidance",
    "text.parse_math": False,
}
_MARKED = ("aspiration", "injection", "redirect", "insertion", "contact", *COMPLAINTS, "verification")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture with a ``name`` for its file and a ``caption`` that describes it."""

    name: str
    caption: str
    figure: Figure

    def svg(self) -> bytes:
        """Return the picture as SVG, with its text as curves."""
        return self._as("svg", Date=None, Creator=None)

    def png(self) -> bytes:
        """Return the picture as PNG, for paper."""
        return self._as("png", Software=None)

    def _as(self, kind: str, **metadata: None) -> bytes:
        out = io.BytesIO()
        with mpl.rc_context(_STYLE):
            self.figure.savefig(out, format=kind, dpi=200, metadata=metadata)
        return out.getvalue()


def pictures_of(stream: EventQuery, folder: Path) -> list[Picture]:
    """Return the pictures of the procedure in ``folder``; none without a pulse of known current."""
    pulses = pulses_of(stream)
    place = last_place(stream, pulses)
    if not any(pulse.current_ma for pulse in pulses):
        return []
    with mpl.rc_context(_STYLE):
        return [_over_time(stream, pulses), *_recruitment(pulses, place), *_sweeps(folder, place)]


def _over_time(stream: EventQuery, pulses: Sequence[RecordedPulse]) -> Picture:
    figure, axes = _axes(4.2)
    known = [event for event in stream.of("proximity") if event["valid"] and event["threshold_ma"]]
    if known:
        t = [event["t"] for event in known]
        low, middle, high = np.array([event["threshold_ma"] for event in known]).T
        axes.fill_between(t, low, high, color=_BAND, alpha=0.6, lw=0, label="threshold, 90 % interval")
        axes.plot(t, middle, color=_MEDIAN, lw=1.4, zorder=3, label="threshold, median")
    for responded, name in ((True, "pulse with response"), (False, "pulse without response")):
        some = [(p.t, p.current_ma) for p in pulses if p.responded is responded]
        _points(axes, some, name, _RESPONSE, filled=responded)
    _marks(axes, stream)
    axes.set(xlabel=f"seconds after {stream.clock(0.0)}", ylabel="current (mA)", xlim=(0, max(stream.last_t, 1.0)))
    axes.set_ylim(0, 1.25 * max(p.current_ma or 0.0 for p in pulses))
    _legend(figure, axes)
    return Picture("threshold", "Motor threshold over time, with pulses and entries.", figure)


def _points(axes: Axes, points: Sequence[tuple[float, float | None]], name: str, color: str, *, filled: bool) -> None:
    x = [x for x, y in points if y is not None]
    y = [y for _, y in points if y is not None]
    axes.plot(x, y, "o", ms=3, mew=0.6, color=color, mfc=color if filled else "none", label=name)


def _marks(axes: Axes, stream: EventQuery) -> None:
    """Draw a line at each entry, and above it the names of entries that are close together."""
    near_s = _NEAR * stream.last_t
    entries = stream.entries(*_MARKED)
    names: list[tuple[float, list[str]]] = []
    for event in entries:
        axes.axvline(event["t"], color=_MARK, lw=0.8, ls="--")
        volume_ml = event["fields"].get("volume_ml")
        name = clean(event["what"]) + ("" if volume_ml is None else f" {volume_ml:g} mL")
        if not names or event["t"] - names[-1][0] > near_s:
            names.append((event["t"], []))
        names[-1][1].append(name)
    for t, together in names:
        axes.annotate(
            ", ".join(together), (t, 1.0), xycoords=("data", "axes fraction"), xytext=(1, 2),
            textcoords="offset points", rotation=55, fontsize=7, color=_MARK, ha="left", va="bottom",
            annotation_clip=False,
        )  # fmt: skip


def _recruitment(pulses: Sequence[RecordedPulse], place: LastPlace | None) -> Iterator[Picture]:
    known = [p for p in pulses if p.responded is not None and p.amplitude_uv is not None]
    if not known:
        return
    here = {p.sample for p in place.pulses} if place else set()
    figure, axes = _axes(3.0)
    for is_here, where, color in ((False, "before or after", _NO_RESPONSE), (True, "at the last place", _RESPONSE)):
        for responded, name in ((True, "response"), (False, "no response")):
            some = [p for p in known if (p.sample in here) is is_here and p.responded is responded]
            points = [(p.current_ma or 0.0, p.amplitude_uv) for p in some]
            _points(axes, points, f"{where}, {name}", color, filled=responded)
    axes.set(xlabel="current (mA)", ylabel="response, peak to peak (µV)")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    _legend(figure, axes)
    yield Picture("recruitment", "Recruitment curve: amplitude of each response against current.", figure)


def _sweeps(folder: Path, place: LastPlace | None) -> Iterator[Picture]:
    sweeps = sweeps_of(folder, place.pulses[-_MAX_SWEEPS:]) if place else []
    if not sweeps:
        return
    step_uv = float(f"{1.1 * max(_height(sweep) for sweep in sweeps):.1g}")
    figure, axes = _axes(0.8 + 0.38 * len(sweeps))
    for row, sweep in enumerate(reversed(sweeps)):
        _draw(axes, sweep, row * step_uv, step_uv)
    axes.axvline(0.0, color=_MARK, lw=0.8, ls="--")
    axes.set(xlabel="ms after the pulse", yticks=[], xlim=(-BEFORE_MS, sweeps[0].times_ms[-1]))
    axes.set_ylim(-0.6 * step_uv, (len(sweeps) - 0.3) * step_uv)
    axes.set_ylabel(f"rows are {step_uv:.0f} µV apart")
    caption = (
        f"The last {len(sweeps)} sweeps as recorded, the newest at the bottom. The stimulus artefact is not removed; "
        "it is cut off where it leaves its row."
    )
    yield Picture("sweeps", caption, figure)


def _draw(axes: Axes, sweep: RecordedSweep, base_uv: float, step_uv: float) -> None:
    color = _RESPONSE if sweep.pulse.responded else _NO_RESPONSE
    shown = np.where(np.abs(sweep.uv) < 0.8 * step_uv, sweep.uv, np.nan)
    axes.plot(sweep.times_ms, shown + base_uv, color=color, lw=0.8)
    outcome = "response" if sweep.pulse.responded else "no response"
    axes.text(
        1.005,
        base_uv,
        f"{sweep.pulse.current_ma:.2f} mA, {outcome}",
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=7,
    )


def _height(sweep: RecordedSweep) -> float:
    """Return the peak-to-peak amplitude after the artefact, in uV."""
    later = sweep.uv[sweep.times_ms > _ARTEFACT_MS]
    return max(float(np.percentile(later, 99) - np.percentile(later, 1)), 1.0)


def _axes(height_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.0, height_in), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _legend(figure: Figure, axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside lower center", ncols=2, fontsize=7, frameon=False)
