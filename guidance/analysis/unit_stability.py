"""Satellites of a motor unit potential, and its jiggle: how much its shape changes from one firing to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.analysis.unit_average import UnitAverage
from guidance.needle_emg.measure import EDGE_UV, PotentialMeasures

_SATELLITE_NOISES, _SATELLITE_UV = 5.0, 15.0
"""Least height of a satellite in units of the mean's noise and in uV (a judgement: clear of the edge of 10 uV)."""

_SATELLITE_SHARE = 0.05
"""Least height as a share of the main peak, at which the main potential has its edge."""

_ONE_MS = 1.5
"""Parts of one satellite lie closer together; it is also the baseline at which the main potential ends."""

_IN_BOTH = 0.5
"""In each half of the firings a satellite has at least this share of its height: a chance overlap is in one."""

_LEAST_PAIRS = 8
"""Fewer pairs of consecutive firings give no jiggle (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True)
class Jiggle:
    """The variability of shape over ``pairs`` of consecutive firings: ``percent`` and ``correlation``."""

    percent: float
    correlation: float
    pairs: int


def satellites(average: UnitAverage, measures: PotentialMeasures) -> int:
    """Count the satellites: potentials locked in time to the main one and parted from it by baseline.

    The term is that of Stalberg 1986 (Muscle Nerve, "Quantitative analysis of individual motor unit potentials"); the
    bounds are judgements.
    """
    first, last = _body(average, measures)
    least_uv = max(_SATELLITE_UV, _SATELLITE_NOISES * average.noise_uv, _SATELLITE_SHARE * abs(measures.peak_uv))
    halves = [average.part(np.arange(average.count) % 2 == half).wave for half in (0, 1)]
    height = np.abs(average.wave)
    for half in halves:
        height = np.where(half * average.wave >= _IN_BOTH * average.wave**2, height, 0.0)
    height[first : last + 1] = 0.0
    at = np.flatnonzero(height >= least_uv)
    if not len(at):
        return 0
    apart = round(_ONE_MS * average.grid_hz / 1e3)
    return sum(
        1 + int(np.count_nonzero(np.diff(side) > apart)) for side in (at[at < first], at[at > last]) if len(side)
    )


def jiggle(average: UnitAverage, measures: PotentialMeasures) -> Jiggle | None:
    """Return the jiggle after Stalberg and Sonoo 1994 (Muscle Nerve 17:1135): consecutive amplitude differences.

    At each time of the potential the median absolute difference of consecutive firings is taken; what the baseline
    shows is taken off in power; the sum is divided by the area of the mean, in percent. ``correlation`` is the mean
    correlation coefficient of consecutive firings. None where fewer than eight pairs are free of superposition.
    """
    first, last = _body(average, measures)
    body = average.stack[:, first : last + 1]
    whole = np.flatnonzero(np.asarray(np.isfinite(body).all(axis=1)))
    pairs = whole[:-1][np.diff(whole) == 1]
    if len(pairs) < _LEAST_PAIRS:
        return None
    differences = np.median(np.abs(body[pairs + 1] - body[pairs]), axis=0)
    noise_uv = _baseline_difference(average, first, last)
    own = np.sqrt(np.maximum(differences**2 - noise_uv**2, 0.0))
    area = float(np.abs(average.wave[first : last + 1]).sum())
    alike = [float(np.corrcoef(body[i], body[i + 1])[0, 1]) for i in pairs]
    return Jiggle(100 * float(own.sum()) / max(area, 1e-9), float(np.mean(alike)), len(pairs))


def _baseline_difference(average: UnitAverage, first: int, last: int) -> float:
    """Return the median absolute difference of consecutive firings in uV outside the potential."""
    beside = average.stack.copy()
    beside[:, first : last + 1] = np.nan
    least_uv = max(EDGE_UV, 3 * average.noise_uv)
    quiet = [at for at, height in enumerate(np.abs(average.wave).tolist()) if height < least_uv]
    apart = np.abs(np.diff(beside[:, quiet], axis=0))
    apart = apart[np.isfinite(apart)]
    return float(np.median(apart)) if len(apart) else 0.0


def _body(average: UnitAverage, measures: PotentialMeasures) -> tuple[int, int]:
    """Return the first and last sample of the main potential."""
    last = round(measures.ends_at)
    return max(last - round(measures.duration_ms * average.grid_hz / 1e3), 0), min(last, len(average.wave) - 1)
