"""Which response is observed: a lasting jump of its latency or of its shape is another nerve, muscle or reflex."""

from __future__ import annotations

from collections.abc import Iterable

from guidance.contracts.events import PulseOutcome
from guidance.proximity.response_change import ResponseChange
from guidance.proximity.usual_latency import UsualLatency
from guidance.proximity.usual_shape import UsualShapes


class UsualResponse:
    """What is usual of the responses of this insertion."""

    def __init__(self, outcomes: Iterable[PulseOutcome] = ()) -> None:
        """Begin with the responses of ``outcomes``, too few to tell a change by."""
        self._latency, self._shapes = UsualLatency(), UsualShapes()
        for outcome in outcomes:
            self.observe(outcome)

    def observe(self, outcome: PulseOutcome) -> ResponseChange | None:
        """Receive ``outcome``; return the change that it settles. Pulses without a response settle nothing."""
        response = outcome.response
        if not response.detected or response.contaminated:
            return None
        by_latency, by_shape = self._latency.observe(outcome), self._shapes.observe(outcome)
        return by_latency or by_shape
