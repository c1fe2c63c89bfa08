"""Values over time as dots: a band from low to high, and a line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from guidance.ui.raster import Floats, Mask, spans


@dataclass(frozen=True, slots=True)
class Axes:
    """A rectangle of dots (height, width): time from ``start_s`` to ``end_s`` across, ``low`` to ``high`` up, on a
    logarithmic scale where ``is_log``. What lies outside the values is drawn at their edge.
    """

    width: int
    height: int
    start_s: float
    end_s: float
    low: float
    high: float
    is_log: bool = False

    def row(self, values: Floats) -> Floats:
        """Dot rows of values, from the top; NaN stays NaN."""
        share: Floats
        if self.is_log:
            share = np.log(np.maximum(values, 1e-9) / self.low) / math.log(self.high / self.low)
        else:
            share = (values - self.low) / (self.high - self.low)
        rows: Floats = np.round((1.0 - np.clip(share, 0.0, 1.0)) * (self.height - 1))
        return rows


def band(axes: Axes, t_s: Floats, low: Floats, high: Floats) -> Mask:
    """Dots between two values at every time; none where nothing is known."""
    at = held(axes, t_s, low), held(axes, t_s, high)
    return spans(axes.row(at[1]), axes.row(at[0]), axes.height)


def line(axes: Axes, t_s: Floats, values: Floats) -> Mask:
    """Dots along the values, joined from each column to the next one known."""
    rows = axes.row(held(axes, t_s, values))
    before = np.concatenate([rows[:1], rows[:-1]])
    return spans(np.fmin(rows, before), np.where(np.isnan(rows), np.nan, np.fmax(rows, before)), axes.height)


HELD_S = 3.0
"""A value stands for so long after its time; of what comes later nothing is known."""


def held(axes: Axes, t_s: Floats, values: Floats) -> Floats:
    """The newest of ``values`` (each from its time in ``t_s`` on, rising) in each dot column of ``axes``; NaN where
    that is unknown or too old.
    """
    if not len(t_s):
        return np.full(axes.width, np.nan)
    span_s = axes.end_s - axes.start_s
    ends = axes.start_s + (np.arange(axes.width) + 1) * span_s / axes.width
    newest = np.searchsorted(t_s, ends, side="right") - 1
    is_old = (newest < 0) | (ends - t_s[newest] > HELD_S + span_s / axes.width)
    return np.where(is_old, np.nan, values[newest])
