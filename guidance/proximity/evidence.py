"""What an answered pulse says for each guess: how likely this answer was, were the guess true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from guidance.proximity.draws import Cloud
from guidance.proximity.nerve import Recruited

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
_SEEN_SDS = 3.0
_LEAST_SEEN_UV = 15.0
_SAME_CURRENT_LN, _SAME_ANSWER_LN, _SAME_UV = 0.02, 0.5, 24.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One answered pulse, as the estimate takes it.

    Its current in mA (None: not known to be delivered) and width in ms, whether a response was detected, its amplitude
    peak to peak in uV with its standard error, the p-value of there being none, and whether the sweep was unfit to
    tell. ``t`` in s is when it was known.
    """

    sample: int
    t: float
    current_ma: float | None
    width_ms: float | None
    detected: bool
    amplitude_uv: float | None
    contaminated: bool
    amplitude_sd_uv: float | None = None
    p_value: float | None = None

    @property
    def noise_uv(self) -> float:
        """Standard error of the amplitude; a usual one where it is not told."""
        return max(self.amplitude_sd_uv or NOISE_UV, 0.5)

    @property
    def answered(self) -> bool:
        """Whether there was a response, below the criterion too."""
        significant = self.p_value is not None and self.p_value < SIGNIFICANT
        return bool(self.amplitude_uv) and (self.detected or significant)


def likelihood(pulse: Heard, expected: Recruited, unrest: float = 0.0) -> Cloud:
    """How likely the answer to ``pulse`` is (particles,), up to a factor; never 0.

    ``unrest`` (0 to 1) is how near in time sweeps were unfit: a burst of voluntary activity also feigns answers.
    """
    if pulse.answered and pulse.amplitude_uv:
        stray = _STRAY + (_STRAY_IN_BURST - _STRAY) * unrest
        return _of_amplitude(pulse.amplitude_uv, pulse.noise_uv, expected, stray)
    return _of_silence(pulse.noise_uv, expected)


def _of_amplitude(amplitude_uv: float, noise_uv: float, expected: Recruited, stray: float) -> Cloud:
    """Student's t on a scale that is logarithmic well above the noise and linear in it; or astray, of any
    size, though millivolts are rarely feigned.
    """
    scale = 3 * noise_uv
    astray = min(1.0, _STRAY_UV / amplitude_uv) / _STRAY_LN
    sd = _STUDENT * np.sqrt((noise_uv**2 + expected.scatter_uv**2) / (expected.amplitude_uv**2 + scale**2))
    miss = (even_scale(amplitude_uv / scale) - even_scale(expected.amplitude_uv / scale)) / sd
    square = 1 + miss**2 / _TAIL
    student = 0.375 / (sd * square * square * np.sqrt(square))
    return np.asarray((1 - stray) * student + stray * astray)


def even_scale(ratio: Cloud | float) -> Cloud:
    """The inverse hyperbolic sine of ``ratio`` (0 and above): linear in it at first, then logarithmic."""
    return np.asarray(np.log(ratio + np.sqrt(np.square(ratio) + 1)))


def _of_silence(noise_uv: float, expected: Recruited) -> Cloud:
    """The response is too small to be seen, or the pulse was dead."""
    seen_uv = max(_SEEN_SDS * noise_uv, _LEAST_SEEN_UV)
    hidden = ndtr((seen_uv - expected.amplitude_uv) / np.hypot(0.3 * seen_uv, expected.scatter_uv))
    return np.asarray((1 - _DEAD) * hidden + _DEAD)


class Repeats:
    """Counts the same answer to the same question: such answers share the errors of what is assumed of recruitment, so
    that the third and later ones count for less and less. Silence counts in full, as pulses are dead one by one.
    """

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._asked_ln, self._answered_ln, self._count = 0.0, 0.0, 0

    def trust(self, pulse: Heard, current_ma: float) -> float:
        """How much of an answer alone this one counts for (above 0, at most 1)."""
        if not pulse.answered:
            return 1.0
        asked = float(np.log(current_ma))
        answered = float(even_scale((pulse.amplitude_uv or 0.0) / _SAME_UV))
        if abs(asked - self._asked_ln) > _SAME_CURRENT_LN or abs(answered - self._answered_ln) > _SAME_ANSWER_LN:
            self._asked_ln, self._answered_ln, self._count = asked, answered, 0
        self._count += 1
        return 1 / max(self._count - 2, 1)
