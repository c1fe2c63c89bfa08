"""Who chooses the next pulse's current: the operator's dial, or a staircase that follows the threshold."""

from __future__ import annotations

from typing import Protocol

from guidance.events import Proximity, Response

_UP = 1.25
_ABOVE_THRESHOLD = 1.15
_LEAST_MA = 0.05
_PATIENCE = 4


class Controller(Protocol):
    """Chooses the current of each pulse; the interlock bounds what it asks for."""

    def next_ma(self) -> float:
        """The current wanted for the next pulse, in mA."""

    def heard(self, current_ma: float, response: Response, proximity: Proximity) -> None:
        """Learn what the pulse of ``current_ma`` was answered with."""


class Dial:
    """The current stays where the operator set it."""

    def __init__(self, current_ma: float) -> None:
        """Begin at ``current_ma``."""
        self.current_ma = current_ma

    def next_ma(self) -> float:
        """The dial's current."""
        return self.current_ma

    def heard(self, current_ma: float, response: Response, proximity: Proximity) -> None:
        """Nothing an answer says moves the dial."""


class Staircase:
    """Up by a quarter until something answers, then just above the estimated threshold."""

    def __init__(self, start_ma: float, max_ma: float) -> None:
        """Begin at ``start_ma``; never ask for more than ``max_ma``."""
        self.current_ma, self._max_ma = start_ma, max_ma
        self._untold = 0

    def next_ma(self) -> float:
        """The current wanted for the next pulse."""
        return self.current_ma

    def heard(self, current_ma: float, response: Response, proximity: Proximity) -> None:
        """Go to just above the threshold if there is one, else up; a few sweeps that cannot tell change nothing."""
        self._untold = self._untold + 1 if response.contaminated else 0
        if response.contaminated and self._untold < _PATIENCE:
            return
        if proximity.valid and proximity.threshold_ma is not None:
            wanted = proximity.threshold_ma[1] * _ABOVE_THRESHOLD
        else:
            wanted = current_ma * _UP
        self.current_ma = min(max(wanted, _LEAST_MA), self._max_ma)
