"""The interference pattern by turns and amplitude (Willison): number and size of turns of at least 100 uV."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.needle_emg.measure import turning_points
from guidance.signal.sweep.basis import Array

TURN_UV = 100.0
"""Least height of a turn in uV (Willison)."""

EPOCH_S = 0.5
_LEAST_TURNS_PER_S = 50.0
"""An epoch with fewer turns a second has no activity (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True)
class Interference:
    """The epochs with activity: turns a second and mean size of a turn in uV, each (n,), and their medians."""

    turns_per_s: tuple[float, ...]
    uv_per_turn: tuple[float, ...]

    @property
    def median_turns_per_s(self) -> float | None:
        """Median over the active epochs; None where there is none."""
        return float(np.median(self.turns_per_s)) if self.turns_per_s else None

    @property
    def median_uv_per_turn(self) -> float | None:
        """Median over the active epochs; None where there is none."""
        return float(np.median(self.uv_per_turn)) if self.uv_per_turn else None

    @property
    def turns_per_mv(self) -> float | None:
        """Median of turns a second divided by the mean size of a turn in mV; the ratio rises in myopathy."""
        pairs = zip(self.turns_per_s, self.uv_per_turn, strict=True)
        ratios = [turns / uv * 1e3 for turns, uv in pairs]
        return float(np.median(ratios)) if ratios else None


def interference(uv: Array, sample_rate_hz: float) -> Interference:
    """Measure turns and amplitude of ``uv`` (n,) in epochs of half a second; skip epochs without activity."""
    size = round(EPOCH_S * sample_rate_hz)
    turns, sizes = [], []
    for first in range(0, len(uv) - size + 1, size):
        epoch = uv[first : first + size]
        if np.isnan(epoch).any():
            continue
        at = turning_points(epoch, TURN_UV)
        if len(at) >= _LEAST_TURNS_PER_S * EPOCH_S:
            turns.append(len(at) / EPOCH_S)
            sizes.append(float(np.abs(np.diff(epoch[at])).mean()))
    return Interference(tuple(turns), tuple(sizes))
