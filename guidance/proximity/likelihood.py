"""What an answered pulse says for each guess: how likely this answer was, were the guess true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from guidance.contracts.events import PulseOutcome
from guidance.proximity.particles import RecruitmentCurve
from guidance.proximity.random_table import Cloud

SIGNIFICANT = 0.01
NOISE_UV = 8.0

_STRAY, _STRAY_IN_BURST, _STRAY_LN = 0.04, 0.85, 6.0
_STRAY_UV = 1000.0
_DEAD = 0.08
_TAIL = 4.0
_STUDENT = 0.9
"""Scale of Student's t, of 4 degrees, in standard deviations of a normal deviate, at which it promises what such
deviates bear out: there the expected curvature of its logarithm equals the variance of its slope.
"""
_VISIBLE_SDS = 3.0
_LEAST_VISIBLE_UV = 15.0
_SAME_CURRENT_LN, _SAME_RESPONSE_LN, _SAME_UV = 0.02, 0.5, 24.0


@dataclass(frozen=True, slots=True)
class Observation:
    """What a fit sweep after a delivered pulse of ``current_ma`` and ``width_ms`` shows: evidence of one PulseOutcome.

    A type of its own because current and width are always known here, and the amplitudes are derived: ``amplitude_uv``
    peak to peak is that of a response, below the criterion too, and None where there was none; ``noise_uv`` is its
    standard error, a usual one where it is not known.
    """

    current_ma: float
    width_ms: float
    amplitude_uv: float | None
    noise_uv: float = NOISE_UV

    @classmethod
    def of(cls, outcome: PulseOutcome, current_ma: float, width_ms: float) -> Observation:
        """Derive the evidence of ``outcome``, whose pulse had this current and width."""
        response = outcome.response
        significant = response.p_value is not None and response.p_value < SIGNIFICANT
        amplitude_uv = (response.amplitude_uv or None) if response.detected or significant else None
        return cls(current_ma, width_ms, amplitude_uv, max(response.amplitude_sd_uv or NOISE_UV, 0.5))


def likelihood(observation: Observation, expected: RecruitmentCurve, unrest: float = 0.0) -> Cloud:
    """How likely ``observation`` is (particles,), up to a factor; never 0.

    ``unrest`` (0 to 1) is how near in time sweeps were unfit: a burst of voluntary activity also feigns answers.
    """
    if observation.amplitude_uv is not None:
        stray = _STRAY + (_STRAY_IN_BURST - _STRAY) * unrest
        return _of_amplitude(observation.amplitude_uv, observation.noise_uv, expected, stray)
    return _of_no_response(observation.noise_uv, expected)


def _of_amplitude(amplitude_uv: float, noise_uv: float, expected: RecruitmentCurve, stray: float) -> Cloud:
    """Student's t on a scale that is logarithmic well above the noise and linear in it; or astray, of any
    size, though millivolts are rarely feigned.
    """
    scale = 3 * noise_uv
    astray = min(1.0, _STRAY_UV / amplitude_uv) / _STRAY_LN
    sd = _STUDENT * np.sqrt((noise_uv**2 + expected.scatter_uv**2) / (expected.amplitude_uv**2 + scale**2))
    miss = (arcsinh(amplitude_uv / scale) - arcsinh(expected.amplitude_uv / scale)) / sd
    square = 1 + miss**2 / _TAIL
    student = 0.375 / (sd * square * square * np.sqrt(square))
    return np.asarray((1 - stray) * student + stray * astray)


def arcsinh(ratio: Cloud | float) -> Cloud:
    """The inverse hyperbolic sine of ``ratio`` (0 and above): linear in it at first, then logarithmic."""
    return np.asarray(np.log(ratio + np.sqrt(np.square(ratio) + 1)))


def _of_no_response(noise_uv: float, expected: RecruitmentCurve) -> Cloud:
    """The response is too small to be seen, or the pulse was dead."""
    visible_uv = max(_VISIBLE_SDS * noise_uv, _LEAST_VISIBLE_UV)
    hidden = ndtr((visible_uv - expected.amplitude_uv) / np.hypot(0.3 * visible_uv, expected.scatter_uv))
    return np.asarray((1 - _DEAD) * hidden + _DEAD)


class RepeatDiscount:
    """Counts the same answer to the same question: such answers share the errors of what is assumed of recruitment, so
    that the third and later ones count for less and less. Silence counts in full, as pulses are dead one by one.
    """

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._ln_current, self._ln_response, self._count = 0.0, 0.0, 0

    def trust(self, observation: Observation) -> float:
        """How much of an answer alone this one counts for (above 0, at most 1)."""
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
