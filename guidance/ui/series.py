"""Values over time as dots: a band from low to high, and a line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from guidance.ui.raster import Floats, Mask, spans


@dataclass(frozen=True, slots=True)
class Axes:
    """A rectangle of dots (height, width): time from ``start_s`` to ``end_s`` across, ``low`` to ``high`` up, on a
    logarithmic scale if ``is_log``. Values outside this range are drawn at its edge.
    """

    width: int
    height: int
    start_s: float
    end_s: float
    low: float
    high: float
    is_log: bool = False

    def row(self, values: Floats) -> Floats:
        """Return the dot rows of ``values``, counted from the top; NaN stays NaN."""
        share: Floats
        if self.is_log:
            share = np.log(np.maximum(values, 1e-9) / self.low) / math.log(self.high / self.low)
        else:
            share = (values - self.low) / (self.high - self.low)
        rows: Floats = np.round((1.0 - np.clip(share, 0.0, 1.0)) * (self.height - 1))
        return rows


def band(axes: Axes, t_s: Floats, low: Floats, high: Floats) -> Mask:
    """Return the dots between two values at every time; none where a value is not known."""
    at = newest_in_columns(axes, t_s, low), newest_in_columns(axes, t_s, high)
    return spans(axes.row(at[1]), axes.row(at[0]), axes.height)


def line(axes: Axes, t_s: Floats, values: Floats) -> Mask:
    """Return the dots along ``values``, each column joined to the one before."""
    rows = axes.row(newest_in_columns(axes, t_s, values))
    before = np.concatenate([rows[:1], rows[:-1]])
    return spans(np.fmin(rows, before), np.where(np.isnan(rows), np.nan, np.fmax(rows, before)), axes.height)


VALID_S = 3.0
"""How long a value stays valid after its time: as long as an estimate stays fresh at one pulse per second."""


def newest_in_columns(axes: Axes, t_s: Floats, values: Floats) -> Floats:
    """Return the newest of ``values`` in each dot column of ``axes``; ``t_s`` are their times in s, rising. NaN where
    there is none within VALID_S.
    """
    if not len(t_s):
        return np.full(axes.width, np.nan)
    span_s = axes.end_s - axes.start_s
    ends = axes.start_s + (np.arange(axes.width) + 1) * span_s / axes.width
    newest = np.searchsorted(t_s, ends, side="right") - 1
    is_old = (newest < 0) | (ends - t_s[newest] > VALID_S + span_s / axes.width)
    return np.where(is_old, np.nan, values[newest])
