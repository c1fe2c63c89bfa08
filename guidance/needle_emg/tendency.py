"""Whether the needle's potentials become sharper or duller: the change as the tip moves, without regard to units.

A unit loses its label when the tip moves half a millimetre. The sharpest potentials of the newest moment are therefore
compared with the sharpest of the second before, whichever unit they are of. A unit that begins or ceases to fire nearby
counts as a change too.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from guidance.needle_emg.potential_detector import Potential
from guidance.signal.sweep.basis import Array

SHARPER, DULLER = "sharper", "duller"

_NEW_S, _BEFORE_S = 0.4, 1.0
"""The newest moment, and the time before it with which it is compared. Tuned on simulated muscles, as what follows."""

_LEAST, _SHARPEST = 4, 0.3
"""Potentials needed on either side, and the share of them, the sharpest, that is compared (at least as many)."""

_LEAST_LN, _SURE = 0.15, 2.2
"""Least change of the logarithm of the sharpness (16 %), and its least size in standard errors."""

_OWN_VARIANCE = 0.02
"""Variance of the logarithm that a few potentials alike do not show (14 % each)."""


class Tendency:
    """The change of sharpness, amplitude over rise time, potential by potential."""

    def __init__(self, sample_rate_hz: float) -> None:
        """Begin without any potential."""
        self._new, self._kept = _NEW_S * sample_rate_hz, (_NEW_S + _BEFORE_S) * sample_rate_hz
        self._newest: deque[tuple[int, float]] = deque()
        self._found: tuple[int, str | None] = (0, None)

    def add(self, potential: Potential) -> str | None:
        """Return ``sharper`` or ``duller`` with ``potential``; None where no change is shown."""
        measures, now = potential.measures, potential.known_at
        self._newest.append((potential.sample, math.log(max(measures.amplitude_uv, 1e-6) / measures.rise_us)))
        while self._newest[0][0] < now - self._kept:
            self._newest.popleft()
        new = np.array([value for sample, value in self._newest if sample > now - self._new])
        before = np.array([value for sample, value in self._newest if sample <= now - self._new])
        self._found = now, _change(new, before)
        return self._found[1]

    def at(self, now: int) -> str | None:
        """Return the change that is known at sample ``now``; None where potentials have ceased."""
        at, change = self._found
        return change if now - at <= self._new else None

    def restart(self) -> None:
        """Forget all potentials: what comes next is no change of them."""
        self._newest.clear()
        self._found = (0, None)


def _change(new: Array, before: Array) -> str | None:
    if min(len(new), len(before)) < _LEAST:
        return None
    new, before = (np.sort(each)[-max(_LEAST, int(len(each) * _SHARPEST)) :] for each in (new, before))
    change = float(new.mean() - before.mean())
    error = math.sqrt((new.var() + _OWN_VARIANCE) / len(new) + (before.var() + _OWN_VARIANCE) / len(before))
    if abs(change) < max(_LEAST_LN, _SURE * error):
        return None
    return SHARPER if change > 0 else DULLER
