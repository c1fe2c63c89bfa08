"""When the level of a muscle's activity changed: the posterior over moments and over shapes of the rise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from guidance.signal.sweep.basis import Array

SHAPES = ((0, 1), *((rise, power) for rise in (3, 6, 12, 24, 48) for power in (1, 2, 4)))
"""Rises of the mean square: length in steps, from at once to 0.5 s, and power of the elapsed share."""

TEMPER = 0.7
"""Power of the likelihood: neighbouring steps are not independent, and a rise has more shapes than these.

On made bursts to tune on, 0.5 gave wider intervals and no better coverage.
"""

COVERED = 0.9
"""Probability of the interval."""

LEAST_LEVEL = 2.0
"""Least level of activity in units of rest: what is weaker is not looked for."""

_LEVEL_SHARE = 12
"""The last 1/12 of the steps, 90 ms of a full window, gives the level of activity."""

_TRIMMED = 0.95
"""Steps above this quantile of rest are left out of its level: single movements."""
_TRIMMED_MEAN = 1.05
"""The level of rest over its trimmed mean, with some margin for what was left out."""
_TRIMMED_FREEDOM = 0.7
"""The degrees of freedom over those of the trimmed steps, which scatter less."""

_LEAST_FREEDOM = 0.5
_BURST_FREEDOM = 2.0
"""Most degrees of freedom of activity: the mean squares of few motor units scatter more than noise."""

_REST_LIMIT = 1.6
"""A mean square over a gap of at most so many times rest is rest: below the weakest activity looked for."""

_LEAST_UV2 = 1e-12
"""A flat signal counts as this, so that every ratio is finite."""


@dataclass(frozen=True, slots=True)
class StepNoise:
    """The mean squares of steps at rest: their ``mean`` in uV2 and the ``freedom`` of their gamma distribution."""

    mean: float
    freedom: float

    @classmethod
    def of(cls, rest: Array) -> StepNoise:
        """Measure the steps ``rest`` (n,) in uV2."""
        kept = rest[rest <= np.quantile(rest, _TRIMMED)]
        mean = max(float(kept.mean()), _LEAST_UV2)
        freedom = 2 * mean**2 / max(float(kept.var()), 1e-6 * mean**2)
        return cls(_TRIMMED_MEAN * mean, max(_LEAST_FREEDOM, _TRIMMED_FREEDOM * freedom))

    def log_ratio(self, mean_square: float, ratio: float) -> float:
        """Return the log likelihood of ``ratio`` times the level of rest over that of rest."""
        return self.freedom / 2 * (mean_square / self.mean * (1 - 1 / ratio) - math.log(ratio))

    def is_rest(self, steps: Array) -> bool:
        """Return whether the mean of ``steps`` (n,) is that of rest."""
        return float(steps.mean()) <= _REST_LIMIT * self.mean


@dataclass(frozen=True, slots=True)
class ChangeTime:
    """The change in steps from the first: the median of the posterior and the interval of COVERED."""

    earliest: float
    middle: float
    latest: float


def locate_change(steps: Array, noise: StepNoise) -> ChangeTime:
    """Locate the change from rest to activity in ``steps`` (n,), mean squares in uV2 that end in activity.

    Before the change the steps follow ``noise``; after it their level rises by one of SHAPES to that of the last ones.
    """
    count = len(steps)
    level = max(LEAST_LEVEL * noise.mean, float(np.mean(steps[-max(1, count // _LEVEL_SHARE) :])))
    freedom = min(noise.freedom, _BURST_FREEDOM)
    at_rest = np.concatenate([[0.0], np.cumsum(_log_gamma(steps, noise.mean, noise.freedom))])[:count]
    elapsed = np.arange(count)[None, :] - np.arange(count)[:, None] + 1
    log_likelihoods = []
    for rise, power in SHAPES:
        share = np.clip(elapsed / (rise + 1), 0.0, 1.0) ** power
        active = _log_gamma(steps[None, :], noise.mean + (level - noise.mean) * share, freedom)
        log_likelihoods.append(at_rest + np.where(elapsed > 0, active, 0.0).sum(axis=1))
    tempered = TEMPER * np.array(log_likelihoods)
    weights = np.exp(tempered - tempered.max()).sum(axis=0)
    cumulated = np.concatenate([[0.0], np.cumsum(weights / weights.sum())])
    quantiles = ((1 - COVERED) / 2, 0.5, (1 + COVERED) / 2)
    earliest, middle, latest = np.interp(quantiles, cumulated, np.arange(count + 1))
    return ChangeTime(float(earliest), float(middle), float(latest))


def _log_gamma(steps: Array, mean: Array | float, freedom: float) -> Array:
    """Return the log density of mean squares with ``freedom`` degrees of freedom about ``mean``."""
    half = freedom / 2
    scaled = np.maximum(steps, _LEAST_UV2)
    constant = half * math.log(half) - math.lgamma(half)
    return np.asarray(constant - half * np.log(mean) + (half - 1) * np.log(scaled) - half * scaled / mean)
