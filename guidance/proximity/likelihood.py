"""Likelihood of a pulse's outcome: how likely it is for each particle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from guidance.contracts.events import PulseOutcome
from guidance.proximity.particles import RecruitmentCurve
from guidance.proximity.random_table import Cloud

_ERFC = (
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806,
    0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
)  # fmt: skip
"""Coefficients of the approximation in ``normal_below``."""

SIGNIFICANT = 0.01
"""P value below which a response smaller than the criterion counts as one, where the record does not say whether it
does (a judgement, unsourced)."""

NOISE_UV = 8.0
"""Usual standard error of a peak-to-peak amplitude in uV, where it is not known."""

_STRAY, _STRAY_IN_BURST, _STRAY_LN = 0.04, 0.85, 6.0
"""Probability that a response is stray, its size unrelated to the pulse: at rest, and within a burst of voluntary
activity; and over how much of ln amplitude stray ones are spread (judgements, unsourced).
"""

_STRAY_UV = 1000.0
"""Above so many uV stray responses are less and less likely: millivolts are seldom feigned (a judgement)."""

_DEAD = 0.08
"""Probability that a pulse has no response at any threshold, for reasons not modelled (a judgement)."""

_TAIL = 4.0
"""Degrees of freedom of Student's t."""

_STUDENT = 0.9
"""Scale of Student's t, of 4 degrees, in standard deviations of a normal deviate, at which it promises what such
deviates support: there the expected curvature of its logarithm equals the variance of its slope.
"""
_VISIBLE_SDS = 3.0
"""A response is visible from so many standard errors, and at least from ``_LEAST_VISIBLE_UV`` uV (a judgement)."""

_LEAST_VISIBLE_UV = 15.0
_SAME_CURRENT_LN, _SAME_RESPONSE_LN, _SAME_UV = 0.02, 0.5, 24.0
"""Two pulses are the same where ln current, and the response on a scale linear up to ``_SAME_UV`` uV and logarithmic
above, differ by less (judgements, unsourced).
"""


@dataclass(frozen=True, slots=True)
class Observation:
    """Evidence of one PulseOutcome: what a fit sweep after a delivered pulse of ``current_ma`` and ``width_ms`` shows.

    It is a type of its own because current and width are always known here, and the amplitudes are derived.
    ``amplitude_uv`` peak to peak is that of a response, below the criterion too, and None without a response.
    ``noise_uv`` is its standard error, a usual one where it is not known.
    """

    current_ma: float
    width_ms: float
    amplitude_uv: float | None
    noise_uv: float = NOISE_UV

    @classmethod
    def of(cls, outcome: PulseOutcome, current_ma: float, width_ms: float) -> Observation:
        """Derive the evidence of ``outcome``, whose pulse had this current and width."""
        response = outcome.response
        significant = response.significant
        if significant is None:
            significant = response.p_value is not None and response.p_value < SIGNIFICANT
        amplitude_uv = (response.amplitude_uv or None) if response.detected or significant else None
        return cls(current_ma, width_ms, amplitude_uv, max(response.amplitude_sd_uv or NOISE_UV, 0.5))


def likelihood(observation: Observation, expected: RecruitmentCurve, unrest: float = 0.0) -> Cloud:
    """Return how likely ``observation`` is (particles,), up to a factor; never 0.

    ``unrest`` (0 to 1) is how near in time sweeps were unfit: a burst of voluntary activity also feigns responses.
    """
    if observation.amplitude_uv is not None:
        stray = _STRAY + (_STRAY_IN_BURST - _STRAY) * unrest
        return _of_amplitude(observation.amplitude_uv, observation.noise_uv, expected, stray)
    return _of_no_response(observation.noise_uv, expected)


def _of_amplitude(amplitude_uv: float, noise_uv: float, expected: RecruitmentCurve, stray: float) -> Cloud:
    """Return the likelihood of a response: Student's t on a scale that is logarithmic well above the noise and linear
    within it; or a stray response of any size, though millivolts are seldom feigned.
    """
    scale = 3 * noise_uv
    astray = min(1.0, _STRAY_UV / amplitude_uv) / _STRAY_LN
    sd = _STUDENT * np.sqrt((noise_uv**2 + expected.scatter_uv**2) / (expected.amplitude_uv**2 + scale**2))
    miss = (arcsinh(amplitude_uv / scale) - arcsinh(expected.amplitude_uv / scale)) / sd
    square = 1 + miss**2 / _TAIL
    student = 0.375 / (sd * square * square * np.sqrt(square))
    return np.asarray((1 - stray) * student + stray * astray)


def arcsinh(ratio: Cloud | float) -> Cloud:
    """Return the inverse hyperbolic sine of ``ratio`` (0 and above): linear in it at first, then logarithmic."""
    return np.asarray(np.log(ratio + np.sqrt(np.square(ratio) + 1)))


def _of_no_response(noise_uv: float, expected: RecruitmentCurve) -> Cloud:
    """Return the likelihood of no response: it is too small to be visible, or the pulse was dead."""
    visible_uv = max(_VISIBLE_SDS * noise_uv, _LEAST_VISIBLE_UV)
    hidden = normal_below((visible_uv - expected.amplitude_uv) / np.hypot(0.3 * visible_uv, expected.scatter_uv))
    return np.asarray((1 - _DEAD) * hidden + _DEAD)


def normal_below(deviates: Cloud) -> Cloud:
    """Return the probability of a standard normal number below each of ``deviates``, to a share of 1e-7 of the smaller
    side: Chebyshev's approximation of erfc (Press et al., Numerical Recipes, section 6.2).
    """
    size = np.abs(deviates) * math.sqrt(0.5)
    t = 1 / (1 + 0.5 * size)
    power = np.full_like(t, _ERFC[-1])
    for coefficient in _ERFC[-2::-1]:
        power *= t
        power += coefficient
    outside = 0.5 * t * np.exp(power - np.square(size))
    return np.asarray(np.where(deviates < 0, outside, 1 - outside))


class RepeatDiscount:
    """Discount of the same response to the same current: such responses share the errors of what is assumed of
    recruitment, so the third and later ones count for less and less. No response counts in full, since pulses are dead
    one by one.
    """

    def __init__(self) -> None:
        """Begin without any response."""
        self._ln_current, self._ln_response, self._count = 0.0, 0.0, 0

    def trust(self, observation: Observation) -> float:
        """Return how much this observation counts, as a share of a single one (above 0, at most 1)."""
        if observation.amplitude_uv is None:
            return 1.0
        ln_current = float(np.log(observation.current_ma))
        ln_response = float(arcsinh(observation.amplitude_uv / _SAME_UV))
        if (
            abs(ln_current - self._ln_current) > _SAME_CURRENT_LN
            or abs(ln_response - self._ln_response) > _SAME_RESPONSE_LN
        ):
            self._ln_current, self._ln_response, self._count = ln_current, ln_response, 0
        self._count += 1
        return 1 / max(self._count - 2, 1)
