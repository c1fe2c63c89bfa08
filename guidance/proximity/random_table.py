"""Random numbers for a cloud of particles: slices of one table, at places drawn anew. Fresh numbers would take more
time than all other steps together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Cloud = NDArray[np.floating]
"""Values of particles; single precision is enough for guesses."""

_TABLE = 1 << 18
"""Numbers in each table: many times what one pulse needs, so that slices seldom overlap (a judgement)."""

_SEED = 10_000
"""Start of the random numbers; the same one makes a procedure repeatable."""

_NORMAL = np.random.default_rng(_SEED).standard_normal(_TABLE, dtype=np.float32)
_UNIFORM = np.random.default_rng(_SEED + 1).random(_TABLE, dtype=np.float32)
"""The two tables: standard normal numbers, and numbers from 0 to 1."""


class RandomTable:
    """Draws of one seed: the same seed gives the same draws."""

    def __init__(self, seed: int) -> None:
        """Begin at ``seed``."""
        self.rng = np.random.default_rng(seed)

    def normal(self, count: int) -> Cloud:
        """Return standard normal numbers (count,), not to be written to."""
        return self._random_slice(_NORMAL, count)

    def uniform(self, count: int) -> Cloud:
        """Return numbers from 0 to 1 (count,), not to be written to."""
        return self._random_slice(_UNIFORM, count)

    def bernoulli(self, chance: Cloud) -> NDArray[np.intp]:
        """Return the indices at which an event occurs, each with its own ``chance``."""
        return np.flatnonzero(self.uniform(len(chance)) < chance)

    def poisson(self, count: int, events: float) -> NDArray[np.intp]:
        """Return the indices among ``count`` at which events occur, each expecting so many ``events``; one may occur
        twice.
        """
        return self.rng.integers(0, count, self.rng.poisson(count * events))

    def _random_slice(self, table: Cloud, count: int) -> Cloud:
        first = int(self.rng.integers(_TABLE - count))
        return table[first : first + count]
