"""Controllers, which choose the next pulse: the operator's dial, or a closed loop (``closed_loop``)."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.contracts.events import Entry, Proximity, PulseOutcome
from guidance.proximity.filter import ProximityFilter


class Controller:
    """The choice of each pulse's current, and of its rate and width where the controller wants others; the interlock
    bounds them.

    ``doing`` describes to the operator what it does; where it ``asks``, that is a question to the operator.
    """

    doing: str = ""
    asks = False

    def next_ma(self) -> float:
        """Return the current wanted for the next pulse, in mA."""
        raise NotImplementedError

    def next_pulse_rate_hz(self) -> float | None:
        """Return the rate wanted from the last pulse to the next; None leaves the usual rate."""
        return None

    def next_width_ms(self) -> float | None:
        """Return the width wanted for the next pulse, in ms; None leaves the usual width."""
        return None

    def follow(self, proximity_filter: ProximityFilter) -> None:
        """Note the estimate to plan with."""

    def apply_entry(self, what: str) -> None:
        """Apply the entry ``what``, of the operator or of the estimate."""

    def observe(self, outcome: PulseOutcome, proximity: Proximity) -> None:
        """Learn the ``outcome`` of a pulse whose current is known, and the estimate after it."""

    def entries(self) -> Iterator[Entry]:
        """Yield what it has found out since the last call, for the record."""
        return iter(())


class ManualDial(Controller):
    """The operator's dial: the current stays where the operator set it, whatever the responses."""

    doing = "the operator sets the current"

    def __init__(self, current_ma: float) -> None:
        """Begin at ``current_ma``."""
        self.current_ma = current_ma

    def next_ma(self) -> float:
        """Return the dial's current."""
        return self.current_ma
