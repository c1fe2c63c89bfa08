"""Distance from a threshold: through every law that a nerve may follow, however well the threshold is known.

What the movement of the threshold seems to say about the nerve's gain hangs on the hand's unknown speed and on the form
of the law, so it is left out here (a cut, Liu, Bayarri and Berger 2009): nothing but the threshold now, and the lowest
one met, narrows the distance.
"""

from __future__ import annotations

import math

import numpy as np

from guidance.proximity.particles import FARTHEST_MM, REFERENCE_MM
from guidance.proximity.random_table import Cloud

_GAIN_LN_MA, _GAIN_SD = math.log(1.6), 1.0
_CONTACT_LN_MA, _CONTACT_SD = math.log(0.2), 0.85
_EXPONENTS = (0.9, 2.7)
_SHALLOW_SHARE = 0.24
"""Laws without a flat foot: on rabbit nerve the threshold grew only threefold from 0 to 5 mm."""
_LENGTH_LN_MM, _LENGTH_SD = math.log(3.0), 0.55


class DistanceModel:
    """Laws, one a particle, drawn once: I = I0 + K (r / 3 mm)^g, and for some I = I0 exp(r / length)."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        """Draw ``count`` laws."""
        self._gain_ln = _drawn(_GAIN_LN_MA, _GAIN_SD, rng, count)
        self._contact_ma = np.exp(_drawn(_CONTACT_LN_MA, _CONTACT_SD, rng, count))
        self._exponent = rng.uniform(*_EXPONENTS, count).astype(np.float32)
        self._length_mm = np.exp(_drawn(_LENGTH_LN_MM, _LENGTH_SD, rng, count))
        self._shallow = rng.random(count) < _SHALLOW_SHARE

    def distance_mm(self, threshold_ma: Cloud, lowest_ma: float) -> Cloud:
        """Distances (particles,) at thresholds for 0.1 ms (particles,), ``lowest_ma`` being the lowest met so far."""
        contact = np.minimum(self._contact_ma, lowest_ma)
        rise = np.log(np.maximum(threshold_ma - contact, 1e-9))
        power = REFERENCE_MM * np.exp((rise - self._gain_ln) / self._exponent)
        shallow = self._length_mm * np.log(np.maximum(threshold_ma / contact, 1.0))
        return np.asarray(np.minimum(np.where(self._shallow, shallow, power), FARTHEST_MM))


def _drawn(middle: float, sd: float, rng: np.random.Generator, count: int) -> Cloud:
    return np.asarray(middle + sd * rng.standard_normal(count, np.float32))
