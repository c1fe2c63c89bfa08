"""What the dial of a stimulator set by hand shows, as its operator says."""

from __future__ import annotations

from guidance.contracts.events import Command
from guidance.stimulation.control import DIAL_STEP_MA

MOST_MA = 50.0
_WHY = "what the stimulator's dial shows"


class ExternalDial:
    """Nothing is asked of that stimulator: what its dial shows is the current of the pulses that are found."""

    def __init__(self, current_ma: float | None) -> None:
        """Begin at ``current_ma``; None while nobody has said."""
        self.current_ma = current_ma

    def turn(self, steps: int) -> Command:
        """Take it that the dial was turned by ``steps``; the record of it."""
        wanted_ma = round((self.current_ma or 0.0) + steps * DIAL_STEP_MA, 6)
        self.current_ma = min(max(wanted_ma, DIAL_STEP_MA), MOST_MA)
        return Command(self.current_ma, None, None, enabled=None, by="operator", why=_WHY)
