"""Who chooses the next pulse: the operator's dial, or a closed loop (``navigator``)."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.contracts.events import Entry, Proximity, PulseOutcome
from guidance.proximity.filter import ProximityFilter


class Controller:
    """Chooses the current of each pulse, and may ask for another rate; the interlock bounds what it asks for.

    ``doing`` tells the operator in words what it is about.
    """

    doing: str = ""

    def next_ma(self) -> float:
        """The current wanted for the next pulse, in mA."""
        raise NotImplementedError

    def next_pulse_rate_hz(self) -> float | None:
        """The rate wanted from the last pulse to the next; None leaves the rate that is set."""
        return None

    def next_width_ms(self) -> float | None:
        """The width wanted for the next pulse; None leaves the width that is set."""
        return None

    def follow(self, proximity_filter: ProximityFilter) -> None:
        """Take note of the estimate that it may plan with."""

    def observe(self, outcome: PulseOutcome, proximity: Proximity) -> None:
        """Learn the ``outcome`` of a pulse whose current is known, and the estimate after it."""

    def entries(self) -> Iterator[Entry]:
        """What it has found out since it was asked last, for the record."""
        return iter(())


class ManualDial(Controller):
    """The current stays where the operator set it; nothing an answer says moves it."""

    doing = "the operator sets the current"

    def __init__(self, current_ma: float) -> None:
        """Begin at ``current_ma``."""
        self.current_ma = current_ma

    def next_ma(self) -> float:
        """The dial's current."""
        return self.current_ma
