"""Distance from a threshold, by every law that a nerve may follow, however well the threshold is known.

The movement of the threshold would also say something of the nerve's gain, but that depends on the unknown speed of the
operator's hand and on the form of the law. So it is left out here (a cut, Liu, Bayarri and Berger 2009): only the
threshold now, and the lowest one so far, narrow the distance.
"""

from __future__ import annotations

import math

import numpy as np

from guidance.proximity.particles import FARTHEST_MM, REFERENCE_MM
from guidance.proximity.random_table import Cloud

_GAIN_LN_MA, _GAIN_SD = math.log(2.0), 1.2
"""Median and standard deviation of ln K, K in mA. No gain of a needle and a nerve of a person was found published, so
both are judgements: the median by the worlds ``tuned`` of ``tests/worlds``, the deviation so wide that the central 90 %
differ by fifty times.
"""

_CONTACT_LN_MA, _CONTACT_SD = math.log(0.3), 0.75
"""Median and standard deviation of ln I0, I0 in mA. With the needle in contact, 25.5 % of 102 axillary nerves did not
respond to 0.5 mA (Perlas 2006, 10.1016/j.rapm.2006.05.017), and 9 of 25 femoral nerves to a catheter, whose thresholds
were 0.18 to 2.0 mA (PubMed 21965350); here 25 % are above 0.5 mA. In pigs half of the nerves had 0.08 to 0.18 mA
(PubMed 24284806).
"""

_EXPONENTS = (0.9, 2.7)
"""Range of the exponent g, as of fibre models (see ``particles``)."""

_SHALLOW_SHARE = 0.24
"""Share of laws without a flat foot: on rabbit nerve the threshold grew only threefold from 0 to 5 mm."""
_LENGTH_LN_MM, _LENGTH_SD = math.log(3.0), 0.55
"""Median and standard deviation of ln length, length in mm, of those laws."""


class DistanceModel:
    """Laws, one for each particle, drawn once: I = I0 + K (r / 3 mm)^g, and for some I = I0 exp(r / length)."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        """Draw ``count`` laws."""
        self._gain_ln = _normal(_GAIN_LN_MA, _GAIN_SD, rng, count)
        self._contact_ma = np.exp(_normal(_CONTACT_LN_MA, _CONTACT_SD, rng, count))
        self._exponent = rng.uniform(*_EXPONENTS, count).astype(np.float32)
        self._length_mm = np.exp(_normal(_LENGTH_LN_MM, _LENGTH_SD, rng, count))
        self._shallow = rng.random(count) < _SHALLOW_SHARE

    def distance_mm(self, threshold_ma: Cloud, lowest_ma: float) -> Cloud:
        """Return distances (particles,) in mm at thresholds in mA for 0.1 ms (particles,); ``lowest_ma`` is the lowest
        so far.
        """
        contact = np.minimum(self._contact_ma, lowest_ma)
        rise = np.log(np.maximum(threshold_ma - contact, 1e-9))
        power = REFERENCE_MM * np.exp((rise - self._gain_ln) / self._exponent)
        shallow = self._length_mm * np.log(np.maximum(threshold_ma / contact, 1.0))
        return np.asarray(np.minimum(np.where(self._shallow, shallow, power), FARTHEST_MM))


def _normal(middle: float, sd: float, rng: np.random.Generator, count: int) -> Cloud:
    return np.asarray(middle + sd * rng.standard_normal(count, np.float32))
