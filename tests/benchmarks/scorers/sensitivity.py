"""How large a response must be to be found, one threshold holding for all procedures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import isotonic_regression
from scipy.special import ndtri

from tests.worlds.waves import NOISE_UV, RESPONSE_MS, Array, noise_covariance, response

RATIOS = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0)
"""Sizes tried: response, peak to peak, over the noise's RMS. The first is no response."""

FALSE_RATES = (0.01, 0.001)
POWER = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Scores (ratios, sweeps) of a chain over all procedures, NaN where not tried; ``procedure`` (sweeps,) whose."""

    scores: Array
    procedure: NDArray[np.int64]

    def needed(self, false_rate: float) -> float | None:
        """Ratio at which POWER of responses score more than all but ``false_rate`` of empty sweeps; None if never."""
        empty = np.sort(self.scores[0])
        return self.reached(empty[len(empty) - 1 - int(false_rate * len(empty))])

    def reached(self, limit: float) -> float | None:
        """Ratio at which POWER of responses score above ``limit``: linear between the ratios tried, the shares made to
        rise with the ratio. None if never.
        """
        tried = ~np.isnan(self.scores)
        shares = np.where(tried, self.scores > limit, 0.0).sum(axis=1) / tried.sum(axis=1)
        rising = isotonic_regression(shares, weights=tried.sum(axis=1)).x
        if rising[-1] < POWER:
            return None
        above = max(int(np.argmax(rising >= POWER)), 1)
        return float(np.interp(POWER, rising[above - 1 : above + 1], RATIOS[above - 1 : above + 1]))

    def without(self, procedures: Sequence[int]) -> Outcome:
        """The same less these ``procedures``."""
        kept = ~np.isin(self.procedure, procedures)
        return Outcome(self.scores[:, kept], self.procedure[kept])

    def false_share(self, limit: float) -> Array:
        """Share of empty sweeps that score above ``limit``, of each procedure."""
        return np.array([np.mean(self.scores[0, self.procedure == i] > limit) for i in np.unique(self.procedure)])


def ideal(false_rate: float, rate_hz: float) -> float:
    """Ratio needed by the ideal detector where is neither artefact nor mains: a known response in known noise."""
    t = np.arange(int(RESPONSE_MS * rate_hz / 1e3)) / rate_hz * 1e3
    wave = NOISE_UV * response(t)
    factor = cho_factor(noise_covariance(len(t), rate_hz))
    return float((ndtri(1 - false_rate) + ndtri(POWER)) / np.sqrt(wave @ cho_solve(factor, wave)))
