"""Forecast of the next pulse: particles advanced to its moment, and how much each current is expected to teach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guidance.proximity.likelihood import arcsinh
from guidance.proximity.motion import advance
from guidance.proximity.particles import Particles
from guidance.proximity.random_table import Cloud, RandomTable
from guidance.proximity.summary import quantiles

FEW = 300
"""Particles of a forecast: enough to choose a current by (a judgement)."""

_NOISE_UV = 8.0
"""Usual standard error of an amplitude, in uV, as in ``likelihood``."""

_SCALE = 3.0
"""The scale of responses is linear up to about so many standard errors, as in ``likelihood``."""

_POINTS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of the threshold."""

_MIDDLE_HALF = 1.349
"""The distance between the quartiles of a normal distribution, in standard deviations."""


def forecast(few: Particles, elapsed_s: float, width_ms: float, draws: RandomTable) -> Forecast:
    """Advance a ``few`` particles of equal weight by ``elapsed_s`` and return their Forecast for pulses of
    ``width_ms``; the particles passed stay as they are.
    """
    later = Particles(few.x.copy(), few.criterion_uv)
    ln_short = advance(later, draws, elapsed_s, later.ln_threshold())
    factor = later.ln_width_factor(width_ms)
    ln_threshold = ln_short + factor
    points = quantiles(ln_threshold, np.full(len(ln_threshold), 1 / len(ln_threshold)), _POINTS)
    return Forecast(later, ln_threshold, factor, points)


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Particles at the moment of the next pulse: ln of their thresholds (particles,) at the width in use, by what these
    differ from those at 0.1 ms, and their 5, 25, 50, 75 and 95 % points.
    """

    particles: Particles
    ln_threshold: Cloud
    ln_width_factor: Cloud | float
    points: Cloud

    @property
    def threshold_ma(self) -> tuple[float, float, float]:
        """The 5, 50 and 95 % points of the threshold at the width in use, in mA."""
        low, middle, high = np.exp(self.points[::2])
        return float(low), float(middle), float(high)

    @property
    def short_ma(self) -> float:
        """The median of the threshold at 0.1 ms, in mA."""
        if np.any(self.ln_width_factor):
            return float(np.exp(np.median(self.ln_threshold - self.ln_width_factor)))
        return self.threshold_ma[1]

    @property
    def central_sd_ln(self) -> float:
        """Standard deviation of ln threshold by its middle half: how well it is known unless the hand
        changes its mind.
        """
        return float(self.points[3] - self.points[1]) / _MIDDLE_HALF

    def is_below(self, bound_ma: float) -> Cloud:
        """Return where the threshold at 0.1 ms is at or below ``bound_ma`` (particles,), as 0 or 1."""
        return np.asarray(self.ln_threshold - self.ln_width_factor <= np.log(bound_ma), float)

    def responses(self, ln_currents: Cloud) -> ForecastResponses:
        """Return the responses expected of pulses of ``ln_currents`` (n,), ln of mA."""
        expected = self.particles.recruitment(ln_currents[:, None], self.ln_threshold)
        scale = _SCALE * _NOISE_UV
        seen = arcsinh(expected.amplitude_uv / scale)
        noise = (_NOISE_UV**2 + expected.scatter_uv**2) / (expected.amplitude_uv**2 + scale**2)
        centred = seen - seen.mean(axis=1, keepdims=True)
        return ForecastResponses(centred, (centred**2).mean(axis=1) + noise.mean(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class ForecastResponses:
    """Expected responses of each current, on a scale on which noise is nearly even: less their means (n, particles),
    and their variances with that of the noise (n,).
    """

    centred: Cloud
    variance: Cloud

    def explained(self, what: Cloud) -> Cloud:
        """Return the share of the variance of ``what`` (particles,) that the response to each current is expected to
        remove, were it linear in the response.
        """
        wanted = what - what.mean()
        together = (self.centred @ wanted / len(wanted)) ** 2
        return np.asarray(together / (wanted.var() * self.variance + 1e-12))
