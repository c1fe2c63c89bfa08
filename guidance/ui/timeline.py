"""All sweeps and events of a procedure in order of time, each in words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from guidance.common.text import clean
from guidance.contracts.snapshot import EventView, TimelineView
from guidance.language import recorded, tr
from guidance.ui.text import amplitude


class TimelineItems:
    """The rows of a TimelineView in order of time, each a sweep or an event; ``times``: shape (items,), in s."""

    def __init__(self, past: TimelineView) -> None:
        """Sort the rows of ``past`` by time."""
        self.past = past
        times = np.concatenate([past.trail["t"], [event.t for event in past.events]])
        self._order = np.argsort(times, kind="stable")
        self.times: NDArray[np.float64] = times[self._order]

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self._order)

    def event(self, index: int) -> EventView | None:
        """Return the event at ``index``; None if the item is a sweep."""
        at = int(self._order[index]) - len(self.past.trail)
        return self.past.events[at] if at >= 0 else None

    def words(self, index: int) -> str:
        """Return in words what happened at ``index``."""
        event = self.event(index)
        if event is None:
            return response_text(self.response(index))
        words = recorded(clean(event.text))
        return f"{recorded(event.mark).upper()}: {words}" if event.mark else words

    def response(self, index: int) -> np.void:
        """Return the row of the trail at ``index``, which must be a sweep."""
        row: np.void = self.past.trail[self._order[index]]
        return row

    def leap(self, index: int, direction: int) -> int:
        """Return the index of the next event after (+1) or before (-1) ``index``; ``index`` if there is none."""
        is_event = self._order >= len(self.past.trail)
        found = np.flatnonzero(is_event[index + 1 :]) if direction > 0 else np.flatnonzero(is_event[:index])
        if not len(found):
            return index
        return int(found[0]) + index + 1 if direction > 0 else int(found[-1])


def response_text(row: np.void) -> str:
    """Return a row of the trail in words: the response, the current of the pulse, and the threshold known then."""
    parts = [_outcome_text(row)]
    if math.isfinite(row["current_ma"]):
        parts.append(tr("to {ma} mA", ma=f"{row['current_ma']:.2f}"))
    if math.isfinite(row["kohm"]):
        parts.append(f"{row['kohm']:.1f} kΩ")
    if math.isfinite(row["median_ma"]):
        low, median, high = (f"{row[name]:.2f}" for name in ("low_ma", "median_ma", "high_ma"))
        parts.append(tr("threshold {median} ({low} to {high}) mA", low=low, median=median, high=high))
    return "  ".join(parts)


def _outcome_text(row: np.void) -> str:
    if row["contaminated"]:
        return tr("cannot tell")
    if not row["detected"]:
        return tr("no response")
    is_known = math.isfinite(row["amplitude_uv"])
    size = " ".join(amplitude(float(row["amplitude_uv"]))) if is_known else tr("size not known")
    if not math.isfinite(row["latency_ms"]):
        return tr("response {size}", size=size)
    return tr("response {size} at {ms} ms", size=size, ms=f"{row['latency_ms']:.1f}")
