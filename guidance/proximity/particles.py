"""What is unknown of a nerve and a needle, as particles: each is a guess at all of it at once.

The threshold at 0.1 ms follows I = (I0 + K (r / 3 mm)^g) e^d, where r is the distance from the tip to the nerve's
surface. I0, K and g vary from nerve to nerve as widely as contact thresholds (0.1 to 4.5 mA), published gains and fibre
models do. d is the error of this law, a random walk whose size each particle guesses too. The response to a current I
is Amax / (1 + e^-z), with z nearly linear in ln I, as the recruitment of human nerves (CMAP scans) is over most of its
range. Its width in ln I and its bend away from the threshold are guesses of the particle too: in fibre models the width
grows near the fibres, the more so the larger the nerve is. So are the pace of the hand and how often it changes its
mind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from guidance.proximity.random_table import Cloud

REFERENCE_MM = 3.0
"""Distance in mm at which K is the rise of the threshold."""

SHORT_MS = 0.1
"""Pulse width in ms to which thresholds are referred."""

FARTHEST_MM = 25.0
"""The longest distance in mm."""

LN_THRESHOLDS = (math.log(0.01), math.log(200.0))
"""Range of ln threshold in mA."""

_BEYOND_LN_MA = math.log(30.0)
"""Ln of a threshold in mA that no pulse reaches."""

_EXPONENTS = (0.9, 2.7)
"""Range of the exponent g, as of fibre models."""

_LEAST_SHARE, _MOST_SHARE = 1e-4, 0.4
"""Range of the criterion as a share of the largest response."""

_NEVER = 70.0
"""Upper bound of an exponent, so that exp does not overflow."""

_BENDS_AT = 2.0
"""Half of the bend is reached so many curve widths away from the threshold."""

_FORM, _FAR_LN = 0.03, 1.0
"""Error of the curve's form, as a share of the way in ln current from the threshold, up to ``_FAR_LN`` (a
judgement).
"""


def is_short(width_ms: float) -> bool:
    """Return whether thresholds at ``width_ms`` are those of 0.1 ms."""
    return abs(width_ms - SHORT_MS) < 1e-6


class ParticleRow(IntEnum):
    """Rows of the particles' values: logarithms but for speed, distance, excess, exponent and bend."""

    SPEED_MM_S = 0
    DISTANCE_MM = 1
    EXCESS_LN = 2
    GAIN_LN_MA = 3
    CONTACT_LN_MA = 4
    EXPONENT = 5
    LARGEST_LN_UV = 6
    WIDTH_LN = 7
    SCATTER_LN = 8
    RESTLESS_LN = 9
    CHRONAXIE_LN_MS = 10
    CHANGES_LN_PER_S = 11
    PACE_LN_MM_S = 12
    BEND = 13
    DISCREPANCY_LN = 14


SPREADS = {
    ParticleRow.GAIN_LN_MA: (math.log(1.0), 0.90),
    ParticleRow.CONTACT_LN_MA: (math.log(0.22), 0.75),
    ParticleRow.LARGEST_LN_UV: (math.log(4000.0), 0.70),
    ParticleRow.WIDTH_LN: (math.log(0.18), 0.60),
    ParticleRow.SCATTER_LN: (math.log(0.12), 0.40),
    ParticleRow.RESTLESS_LN: (math.log(0.004), 0.9),
    ParticleRow.CHRONAXIE_LN_MS: (math.log(0.12), 0.70),
    ParticleRow.CHANGES_LN_PER_S: (math.log(0.4), 1.2),
    ParticleRow.PACE_LN_MM_S: (math.log(1.0), 0.80),
    ParticleRow.BEND: (0.0, 0.25),
    ParticleRow.DISCREPANCY_LN: (0.1, 0.5),
}
"""Median and standard deviation of the values that are normal in their logarithm."""


@dataclass(frozen=True, slots=True)
class RecruitmentCurve:
    """The expected response to a pulse (particles,): amplitude in uV, its standard deviation from trial to trial in uV,
    and the relative growth of the amplitude with ln current.
    """

    amplitude_uv: Cloud
    scatter_uv: Cloud
    steepness: Cloud


class Particles:
    """Guesses ``x`` (rows, particles) at a nerve and at where the needle is."""

    JITTER = 0.02
    """Relative jitter of the threshold from trial to trial: 1-3 %."""
    GRAIN_UV = 1.0
    """Grain in uV: the response adds up in units, and so wanders about a smooth curve."""

    def __init__(self, x: Cloud, criterion_uv: float) -> None:
        """Hold the values ``x``; the threshold is where the expected response reaches ``criterion_uv``."""
        self.x, self.criterion_uv = x, criterion_uv

    @classmethod
    def draw(cls, rng: np.random.Generator, count: int, criterion_uv: float) -> Particles:
        """Return ``count`` draws of all that nerves and needles may be."""
        x = np.empty((len(ParticleRow), count), np.float32)
        for row, (median, sd) in SPREADS.items():
            x[row] = median + sd * rng.standard_normal(count)
        x[ParticleRow.EXPONENT] = rng.uniform(*_EXPONENTS, count)
        x[ParticleRow.EXCESS_LN] = 0.1 * rng.standard_normal(count)
        particles = cls(x, criterion_uv)
        particles.clip_to_ranges()
        particles.place(rng)
        return particles

    def place(self, rng: np.random.Generator) -> None:
        """Put the needle anywhere from contact to where no pulse reaches, at rest; the guesses at the nerve stay.

        The places are uniform in ln threshold, not in distance: a needle that comes from afar passes every threshold
        once, whatever the gain, so a threshold alone is no evidence of the gain.
        """
        x = self.x
        least = x[ParticleRow.CONTACT_LN_MA] + x[ParticleRow.EXCESS_LN]
        x[ParticleRow.SPEED_MM_S] = 0.0
        self.place_at(rng.uniform(least, np.maximum(_BEYOND_LN_MA, least + 0.5)))

    def clip_to_ranges(self) -> None:
        """Clip values that were moved out of their range."""
        x = self.x
        np.clip(x[ParticleRow.EXPONENT], *_EXPONENTS, out=x[ParticleRow.EXPONENT])
        np.clip(
            x[ParticleRow.LARGEST_LN_UV],
            math.log(3 * self.criterion_uv),
            math.log(60_000.0),
            out=x[ParticleRow.LARGEST_LN_UV],
        )
        np.clip(x[ParticleRow.BEND], -0.8, 0.8, out=x[ParticleRow.BEND])
        np.clip(x[ParticleRow.CHANGES_LN_PER_S], math.log(0.02), math.log(3.0), out=x[ParticleRow.CHANGES_LN_PER_S])
        np.clip(x[ParticleRow.PACE_LN_MM_S], math.log(0.1), math.log(5.0), out=x[ParticleRow.PACE_LN_MM_S])
        np.clip(x[ParticleRow.WIDTH_LN], math.log(0.03), math.log(0.8), out=x[ParticleRow.WIDTH_LN])

    def ln_threshold(self) -> Cloud:
        """Return ln of the threshold in mA for 0.1 ms (particles,)."""
        x = self.x
        rise = np.exp(
            x[ParticleRow.GAIN_LN_MA]
            + x[ParticleRow.EXPONENT] * np.log(x[ParticleRow.DISTANCE_MM] / REFERENCE_MM + 1e-9)
        )
        rise += np.exp(x[ParticleRow.CONTACT_LN_MA])
        ln_threshold = np.log(rise, out=rise)
        ln_threshold += x[ParticleRow.EXCESS_LN]
        return np.asarray(np.clip(ln_threshold, *LN_THRESHOLDS, out=ln_threshold))

    def ln_width_factor(self, width_ms: float) -> Cloud | float:
        """Return ln of the threshold at ``width_ms`` over that at 0.1 ms (Weiss: I = rheobase (1 +
        chronaxie / width)).
        """
        if is_short(width_ms):
            return 0.0
        chronaxie = np.exp(self.x[ParticleRow.CHRONAXIE_LN_MS])
        return np.asarray(np.log1p(chronaxie / width_ms) - np.log1p(chronaxie / SHORT_MS))

    def place_at(self, ln_threshold: Cloud) -> None:
        """Move each needle to where its nerve has ``ln_threshold`` at 0.1 ms; what no distance explains is excess."""
        x = self.x
        rise = np.exp(ln_threshold - x[ParticleRow.EXCESS_LN]) - np.exp(x[ParticleRow.CONTACT_LN_MA])
        inside = rise <= 0
        away = np.log(np.where(inside, 1.0, rise)) - x[ParticleRow.GAIN_LN_MA]
        distance = REFERENCE_MM * np.exp(np.minimum(away / x[ParticleRow.EXPONENT], 4.0))
        x[ParticleRow.DISTANCE_MM] = np.where(inside, 0.0, np.minimum(distance, FARTHEST_MM))
        x[ParticleRow.EXCESS_LN] += ln_threshold - self.ln_threshold()

    def recruitment(self, ln_current: float | Cloud, ln_threshold: Cloud, jitter: float = JITTER) -> RecruitmentCurve:
        """Return the expected responses to a pulse, threshold and current being at its width; ``jitter`` is the
        threshold's from trial to trial.

        The curve's form is known where it begins, and less and less surely away from there, since units come in groups
        and an amplifier may be at its limit: as if the threshold were unsure by a share of the way.
        """
        x = self.x
        largest, width = np.exp(x[ParticleRow.LARGEST_LN_UV]), np.exp(x[ParticleRow.WIDTH_LN])
        share = np.clip(self.criterion_uv / largest, _LEAST_SHARE, _MOST_SHARE)
        below = ln_threshold - ln_current
        steps = below / width
        away = np.abs(steps)
        bent = 1 + x[ParticleRow.BEND] * (away / (away + _BENDS_AT))
        recruited_share = 1 / (1 + (1 / share - 1) * np.exp(np.minimum(steps * bent, _NEVER)))
        amplitude, steepness = largest * recruited_share, (1 - recruited_share) * bent / width
        unsure = jitter**2 + (_FORM * np.clip(below, -_FAR_LN, _FAR_LN)) ** 2
        relative = np.exp(2 * x[ParticleRow.SCATTER_LN]) + unsure * steepness**2
        scatter = np.sqrt(relative * amplitude**2 + self.GRAIN_UV * amplitude)
        return RecruitmentCurve(amplitude, scatter, steepness)
