"""Which response is observed: a lasting jump of its onset latency is another nerve, another muscle, or a reflex."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

from guidance.contracts.events import PulseOutcome

_USUAL_FROM = 5
"""Responses of one kind before another kind can be recognised (a judgement, unsourced)."""

_KEPT = 15
"""Latencies whose median is the usual one: some seconds, so that it follows the limb's temperature (a judgement)."""

_APART_MS, _APART_SHARE = 2.0, 0.25
"""Another kind differs by more than this in ms, and by more than this share of the usual latency. The onset of one
M-wave seems 0.5 to 1 ms later when it is small; direct stimulation of the muscle is some 3 ms earlier, a reflex 20 ms
later (judgements; textbook latencies).
"""

_ALIKE_MS = 1.0
"""Latencies of one kind lie within so many ms of one another (a judgement, unsourced)."""

_IN_A_ROW = 3
"""So many responses of another kind in a row are a change: a single one may be stray (a judgement, unsourced)."""


@dataclass(frozen=True, slots=True)
class KindChange:
    """Another kind of response: the usual latency before and now, in ms, the pulses of the new kind so far, and the
    ``kind`` that goes on from there.
    """

    before_ms: float
    now_ms: float
    outcomes: tuple[PulseOutcome, ...]
    kind: UsualLatency


class UsualLatency:
    """The usual onset latency of the responses of this insertion."""

    def __init__(self) -> None:
        """Begin without any response."""
        self._usual_ms: deque[float] = deque(maxlen=_KEPT)
        self._other: list[tuple[float, PulseOutcome]] = []

    def observe(self, outcome: PulseOutcome) -> KindChange | None:
        """Receive ``outcome``; return the change of kind that it settles. Pulses without a response settle nothing."""
        response = outcome.response
        if not response.detected or response.contaminated or response.latency_ms is None:
            return None
        latency_ms = response.latency_ms
        if len(self._usual_ms) < _USUAL_FROM or self._is_usual(latency_ms):
            self._other.clear()
            self._usual_ms.append(latency_ms)
            return None
        alike = [(ms, other) for ms, other in self._other if abs(ms - latency_ms) <= _ALIKE_MS]
        self._other = [*alike, (latency_ms, outcome)]
        return self._changed() if len(self._other) >= _IN_A_ROW else None

    def _is_usual(self, latency_ms: float) -> bool:
        usual_ms = median(self._usual_ms)
        return abs(latency_ms - usual_ms) <= max(_APART_MS, _APART_SHARE * usual_ms)

    def _changed(self) -> KindChange:
        before_ms, latencies = median(self._usual_ms), [ms for ms, _ in self._other]
        self._usual_ms = deque(latencies, maxlen=_KEPT)
        outcomes, self._other = tuple(outcome for _, outcome in self._other), []
        return KindChange(before_ms, median(latencies), outcomes, self)
