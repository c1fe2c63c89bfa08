"""Whether the heart beats into a muscle's envelope at rest."""

from __future__ import annotations

import numpy as np

from guidance.biofeedback.envelope import STEP_S
from guidance.signal.sweep.basis import Array

BEATS_S = (0.4, 1.5)
"""From one beat to the next: 150 to 40 a minute."""

_LEAST_S = 6.0
_ALIKE = 0.4


def heart_interval_s(envelope: Array) -> float | None:
    """Seconds from beat to beat where the resting ``envelope`` (told every STEP_S) comes back so regularly; else None.

    The first lag at which the autocorrelation peaks near its greatest; missing values are left out of it.
    """
    there = np.isfinite(envelope)
    if there.sum() * STEP_S < _LEAST_S:
        return None
    centred = np.where(there, envelope - envelope[there].mean(), 0.0)
    power = float(centred @ centred)
    if power <= 0:
        return None
    lags = np.arange(round(BEATS_S[0] / STEP_S), round(BEATS_S[1] / STEP_S))
    likeness = np.array([centred[lag:] @ centred[:-lag] / power * len(centred) / (len(centred) - lag) for lag in lags])
    best = int(likeness.argmax())
    inside = 0 < best < len(lags) - 1
    return float(lags[best] * STEP_S) if inside and likeness[best] >= _ALIKE else None
