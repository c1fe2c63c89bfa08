"""The amplifier's recovery from a pulse or an overload: how large it was recently."""

from __future__ import annotations

import numpy as np

from guidance.signal.sweep.basis import Array

_RECOVERY_RATE, _MARGIN, _LEAST_RECOVERY = 0.3, 1.5, 0.02
_STRONGER = 1.15
"""How fast the size of the recovery is learned, the margin that it is given, and the least share that stays open; and
from how much more than the strongest pulse seen it is unknown again."""


class RecoverySizes:
    """Recent size (root mean square) of each exponential of the recovery, in units of its largest possible size.

    Above the strengths seen so far each may have its largest size again: an amplifier overloads at some strength.
    """

    def __init__(self) -> None:
        """Begin with the largest."""
        self._squares: Array | None = None
        self._strongest = 0.0

    def at(self, gain: float, count: int) -> Array:
        """Return the sizes (count,) to expect at a strength of ``gain``."""
        if self._squares is None or gain > _STRONGER * self._strongest:
            return np.ones(count)
        return np.asarray(np.maximum(_MARGIN * np.sqrt(self._squares), _LEAST_RECOVERY).clip(max=1.0))

    def learn(self, coefficients: Array, left: Array, gain: float) -> None:
        """Learn from the ``coefficients`` (k,) of an empty sweep, ``left`` (k,) being the share of variance that it
        leaves open.
        """
        if self._squares is None or gain > _STRONGER * self._strongest:
            self._squares = np.ones(len(coefficients))
        sizes = self.at(gain, len(coefficients)) ** 2
        seen = sizes * (coefficients**2 + np.maximum(left, 0.0))
        self._squares += _RECOVERY_RATE * (seen - self._squares)
        self._strongest = max(self._strongest, gain)
