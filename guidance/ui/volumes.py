"""Which aliquot is to be entered: one of a row of usual volumes."""

from __future__ import annotations

VOLUMES_ML = (0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 20.0)
FIRST_ML = 1.0
"""The least that is usual: what is not given must not be taken for given."""


class Volumes:
    """``chosen_ml`` is what the key enters; ``held_ml`` an aliquot that waits for its reason."""

    def __init__(self) -> None:
        """Begin with the first."""
        self._at = VOLUMES_ML.index(FIRST_ML)
        self.held_ml: float | None = None

    @property
    def chosen_ml(self) -> float:
        """The volume chosen."""
        return VOLUMES_ML[self._at]

    def step(self, steps: int) -> None:
        """Choose a larger (+1) or smaller (-1) one; at the ends it stays."""
        self._at = min(max(self._at + steps, 0), len(VOLUMES_ML) - 1)
