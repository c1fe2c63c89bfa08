"""The mean potential of a motor unit on the recording itself, without what is superposed on its firings.

The decomposition finds the firings in the sharp band, which changes shapes. The potentials are therefore cut from the
recording, aligned on their slopes, and averaged sample by sample; the samples at which another potential is present
are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guidance.needle_emg.measure import PotentialMeasures, finer, measure
from guidance.signal.sweep.basis import Array

FROM_MS, TO_MS = -15.0, 25.0
"""Range of the mean about the main peak: satellites of up to 20 ms after it are within."""

_COVERED_MS = (-3.0, 5.0)
"""What another potential covers about its main peak: the part with most of its energy. Wider ranges leave fewer
potentials, and measured units of simulated muscles (tuning seeds) no better."""

_CORE_MS = (-2.0, 3.0)
"""A firing with another potential in this range is superposed, and left out as a whole (tuned with the former)."""

_OWN_MS = (-5.0, 8.0)
"""Outside this range a potential shows its baseline: the larger part of a potential of 9 to 13 ms."""

_MOST = 64
"""Most firings that are averaged, those with the fewest samples left out."""

_LATE_MS, _ALIGNED_BY_MS, _ROUNDS = 0.4, 3.0, 2
"""Potentials are shifted by at most the first to align; half the range in which their slopes are compared; rounds."""

_LEAST_AT_A_SAMPLE = 3
"""A sample of the mean with fewer potentials is not known and is taken as the baseline."""

_QUIET_MS = (-7.0, 12.0)
"""Outside this range the mean shows baseline or satellites only; its noise is estimated there."""

_NORMAL_MAD = 1.4826
"""From the median absolute deviation to the standard deviation of normal noise."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitAverage:
    """The ``stack`` (count, n) in uV of single potentials at ``grid_hz``, NaN where something is superposed.

    Their main peak is at sample ``centre``; ``wave`` (n,) is their mean with noise ``noise_uv``.
    """

    stack: Array
    wave: Array
    centre: int
    noise_uv: float
    grid_hz: float

    @property
    def count(self) -> int:
        """How many potentials are averaged."""
        return len(self.stack)

    def measures(self) -> PotentialMeasures:
        """Measure the mean."""
        return measure(self.wave, self.grid_hz, self.noise_uv, self.centre)

    def part(self, chosen: NDArray[np.bool_]) -> UnitAverage:
        """Return the average of the ``chosen`` (count,) potentials alone."""
        return _averaged(self.stack[chosen], self.centre, self.grid_hz)


def average(uv: Array, sample_rate_hz: float, own: NDArray[np.int64], others: NDArray[np.int64]) -> UnitAverage | None:
    """Average ``uv`` (n,) about the firings ``own``; ``others`` are the main peaks of all other potentials, in order.

    NaN in ``uv`` is a lost sample. None where no firing is free of superposition.
    """
    per_ms = sample_rate_hz / 1e3
    before, after = round(-FROM_MS * per_ms), round(TO_MS * per_ms)
    inside = own[(own >= before) & (own + after <= len(uv))]
    covered = _covered(len(uv), others, per_ms)
    known = np.where(covered, np.nan, uv)
    windows = np.arange(-before, after)
    core = np.arange(round(_CORE_MS[0] * per_ms), round(_CORE_MS[1] * per_ms) + 1)
    free = [int(at) for at in inside if np.isfinite(known[at + core]).all()]
    if not free:
        return None
    lost = np.stack([np.isnan(known[at + windows]) for at in free])
    fewest = np.sort(np.argsort(lost.sum(axis=1), kind="stable")[:_MOST])
    cut = np.stack([np.nan_to_num(uv[free[i] + windows]) for i in fewest])
    fine, grid_hz = _finer(cut, sample_rate_hz)
    missing = lost[fewest][:, np.round(np.linspace(0, len(windows) - 1, fine.shape[1])).astype(int)]
    centre = round(before * grid_hz / sample_rate_hz)
    lags = _lags(fine, centre, grid_hz)
    stack = np.stack([np.roll(np.where(m, np.nan, w), -lag) for w, m, lag in zip(fine, missing, lags, strict=True)])
    level = _levels(stack, centre, grid_hz)
    return _averaged(stack - level[:, None], centre, grid_hz)


def _covered(count: int, others: NDArray[np.int64], per_ms: float) -> NDArray[np.bool_]:
    """Return which samples the potentials with main peaks ``others`` cover."""
    edges = np.zeros(count + 1, np.int64)
    low, high = (round(ms * per_ms) for ms in _COVERED_MS)
    np.add.at(edges, np.clip(others + low, 0, count), 1)
    np.add.at(edges, np.clip(others + high + 1, 0, count), -1)
    return np.cumsum(edges)[:count] > 0


def _finer(cut: Array, sample_rate_hz: float) -> tuple[Array, float]:
    """Return the waves ``cut`` (count, n) at about FINE_HZ, and that rate."""
    waves = [finer(wave, sample_rate_hz) for wave in cut]
    return np.stack([wave for wave, _ in waves]), waves[0][1]


def _lags(fine: Array, centre: int, grid_hz: float) -> NDArray[np.int64]:
    """Return by how many samples each of the waves (count, n) is late, by the slopes of the spike."""
    half, most = round(_ALIGNED_BY_MS * grid_hz / 1e3), round(_LATE_MS * grid_hz / 1e3)
    slopes = np.gradient(fine[:, centre - half - most : centre + half + most + 1], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(slopes, 2 * half + 1, axis=1)
    template = np.median(windows[:, most], axis=0)
    for _ in range(_ROUNDS):
        best = (windows @ template).argmax(axis=1)
        template = np.median(windows[np.arange(len(windows)), best], axis=0)
    return np.asarray(best - most - round(float(np.median(best - most))), np.int64)


def _levels(stack: Array, centre: int, grid_hz: float) -> Array:
    """Return the baseline of each potential: its median where neither its own spike nor another potential is."""
    away = stack.copy()
    low, high = (centre + round(ms * grid_hz / 1e3) for ms in _OWN_MS)
    away[:, low : high + 1] = np.nan
    whole = np.isnan(away).all(axis=1)
    away[whole] = 0.0
    return np.asarray(np.nanmedian(away, axis=1))


def _averaged(stack: Array, centre: int, grid_hz: float) -> UnitAverage:
    known = np.isfinite(stack)
    count = known.sum(axis=0)
    enough = count >= min(_LEAST_AT_A_SAMPLE, len(stack))
    filled = np.where(enough, stack, 0.0)
    wave = np.nanmedian(filled, axis=0)
    quiet = np.ones(stack.shape[1], bool)
    low, high = (centre + round(ms * grid_hz / 1e3) for ms in _QUIET_MS)
    quiet[low : high + 1] = False
    flanks = np.abs(wave[quiet & enough])
    if not len(flanks):
        flanks = np.abs(stack - wave)[known] / len(stack) ** 0.5
    return UnitAverage(stack, wave, centre, _NORMAL_MAD * float(np.median(flanks)), grid_hz)
