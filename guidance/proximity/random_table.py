"""Random numbers for a cloud of guesses: slices of one table, at places drawn anew. Fresh ones would cost more time
than all else together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Cloud = NDArray[np.floating]
"""Values of guesses: what they are guesses at is never known to seven digits."""

_TABLE = 1 << 18
_SEED = 10_000
_NORMAL = np.random.default_rng(_SEED).standard_normal(_TABLE, dtype=np.float32)
_UNIFORM = np.random.default_rng(_SEED + 1).random(_TABLE, dtype=np.float32)


class RandomTable:
    """Draws of one seed: the same seed gives the same."""

    def __init__(self, seed: int) -> None:
        """Begin at ``seed``."""
        self.rng = np.random.default_rng(seed)

    def normal(self, count: int) -> Cloud:
        """Standard normal numbers (count,), not to be written to."""
        return self._slice(_NORMAL, count)

    def uniform(self, count: int) -> Cloud:
        """Numbers from 0 to 1 (count,), not to be written to."""
        return self._slice(_UNIFORM, count)

    def met(self, chance: Cloud) -> NDArray[np.intp]:
        """Which meet with what each meets with ``chance``."""
        return np.flatnonzero(self.uniform(len(chance)) < chance)

    def some(self, count: int, events: float) -> NDArray[np.intp]:
        """Which of ``count`` meet with what each expects so many of; one may be there twice."""
        return self.rng.integers(0, count, self.rng.poisson(count * events))

    def _slice(self, table: Cloud, count: int) -> Cloud:
        first = int(self.rng.integers(_TABLE - count))
        return table[first : first + count]
