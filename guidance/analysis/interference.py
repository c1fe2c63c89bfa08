"""The interference pattern by turns and amplitude (Willison): number and size of turns of at least 100 uV by epoch.

The epochs make a cloud of turns a second against mean size of a turn (Stalberg 1983; Nandedkar 1986): in a neurogenic
muscle it lies above that of healthy people, the turns being large, in a myopathy below, the turns being many and small.
Published clouds are figures, and none was read as numbers, so the bounds here are (U).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from guidance.analysis.findings import MeasureRow
from guidance.analysis.reference_values import INTERFERENCE, MOST_OUTSIDE_PERCENT, NO_REFERENCE
from guidance.analysis.unit_rows import row_of
from guidance.needle_emg.measure import turning_points
from guidance.signal.sweep.basis import Array

TURN_UV = 100.0
"""Least height of a turn in uV (Willison)."""

EPOCH_S = 0.5
_LEAST_TURNS_PER_S = 50.0
"""An epoch with fewer turns a second has no activity (a judgement, unsourced)."""

LEAST_EPOCHS = 20
"""So many epochs make a cloud that is judged (from memory, unsourced)."""

SIZE, RATIO = "mean size of a turn", "turns a second divided by size of a turn"


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
        return float(np.median(self._ratios)) if self.turns_per_s else None

    @property
    def peak_ratio(self) -> float | None:
        """Largest of those ratios (the peak ratio of Liguori 1992, Muscle Nerve 15:1314); None without activity."""
        return float(np.max(self._ratios)) if self.turns_per_s else None

    @property
    def above_percent(self) -> float:
        """Share of the epochs above the cloud, in percent: their turns are too large."""
        most_uv = INTERFERENCE["uv_per_turn"].high or np.inf
        return 100 * float(np.mean(np.array(self.uv_per_turn) > most_uv))

    @property
    def below_percent(self) -> float:
        """Share of the epochs below the cloud, in percent: their turns are too many for their size."""
        most = INTERFERENCE["turns_per_mv"].high or np.inf
        return 100 * float(np.mean(self._ratios > most))

    @property
    def _ratios(self) -> Array:
        return np.asarray(np.array(self.turns_per_s) / np.array(self.uv_per_turn) * 1e3)


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


def interference_rows(pattern: Interference) -> Iterator[MeasureRow]:
    """Emit the rows on the interference pattern."""
    if pattern.median_uv_per_turn is None or pattern.turns_per_mv is None or pattern.peak_ratio is None:
        yield MeasureRow("interference pattern", "no half second has at least 50 turns a second", "", "", "")
        return
    count = len(pattern.turns_per_s)
    yield MeasureRow("turns", f"{pattern.median_turns_per_s:.0f} a second, {count} epochs", NO_REFERENCE, "", "")
    yield row_of(SIZE, "uV", pattern.median_uv_per_turn, INTERFERENCE["uv_per_turn"])
    yield row_of(RATIO, "a second and mV", pattern.turns_per_mv, INTERFERENCE["turns_per_mv"])
    yield MeasureRow("peak ratio", f"{pattern.peak_ratio:.0f} a second and mV", NO_REFERENCE, "", "")
    for side, share in (("above", pattern.above_percent), ("below", pattern.below_percent)):
        name = f"epochs {side} the turns/amplitude cloud"
        if count < LEAST_EPOCHS:
            yield MeasureRow(name, f"not assessable: {count} epochs, {LEAST_EPOCHS} are needed", "", "", "")
        else:
            yield row_of(name, "%", share, MOST_OUTSIDE_PERCENT)
