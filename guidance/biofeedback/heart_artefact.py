"""The heart artefact in the envelope of a muscle at rest."""

from __future__ import annotations

import numpy as np

from guidance.biofeedback.envelope import STEP_S
from guidance.signal.sweep.basis import Array

BEATS_S = (0.4, 1.5)
"""Shortest and longest interval between two beats: 150 to 40 a minute."""

_LEAST_S = 6.0
"""Least known length of the envelope."""

_ALIKE = 0.4
"""Least autocorrelation of a heart artefact (a judgement, unsourced)."""


def heart_interval_s(envelope: Array) -> float | None:
    """Return the interval between heart beats in s from a resting ``envelope`` (every STEP_S); None without any.

    It is the lag of the largest autocorrelation, if that is a peak; missing values count as the mean.
    """
    known = np.isfinite(envelope)
    if known.sum() * STEP_S < _LEAST_S:
        return None
    centred = np.where(known, envelope - envelope[known].mean(), 0.0)
    power = float(centred @ centred)
    if power <= 0:
        return None
    lags = np.arange(round(BEATS_S[0] / STEP_S), round(BEATS_S[1] / STEP_S))
    likeness = np.array([centred[lag:] @ centred[:-lag] / power * len(centred) / (len(centred) - lag) for lag in lags])
    best = int(likeness.argmax())
    inside = 0 < best < len(lags) - 1
    return float(lags[best] * STEP_S) if inside and likeness[best] >= _ALIKE else None
