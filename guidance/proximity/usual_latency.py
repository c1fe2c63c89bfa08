"""The usual onset latency: a lasting jump of it is another nerve, another muscle, or a reflex."""

from __future__ import annotations

from collections import deque
from statistics import median

from guidance.contracts.events import PulseOutcome
from guidance.proximity.response_change import IN_A_ROW, USUAL_FROM, ResponseChange

_KEPT = 15
"""Latencies whose median is the usual one: some seconds, so that it follows the limb's temperature (a judgement)."""

_APART_MS, _APART_SHARE = 2.0, 0.25
"""Another kind differs by more than this in ms, and by more than this share of the usual latency. The onset of one
M-wave seems 0.5 to 1 ms later when it is small; direct stimulation of the muscle is some 3 ms earlier, a reflex 20 ms
later (judgements; textbook latencies).
"""

_ALIKE_MS = 1.0
"""Latencies of one kind lie within so many ms of one another (a judgement, unsourced)."""


class UsualLatency:
    """The usual onset latency of the responses of this insertion."""

    def __init__(self) -> None:
        """Begin without any response."""
        self._usual_ms: deque[float] = deque(maxlen=_KEPT)
        self._other: list[tuple[float, PulseOutcome]] = []

    def observe(self, outcome: PulseOutcome) -> ResponseChange | None:
        """Receive ``outcome`` of a clear response; return the change that it settles. A response without an onset
        settles nothing.
        """
        latency_ms = outcome.response.latency_ms
        if latency_ms is None:
            return None
        if len(self._usual_ms) < USUAL_FROM or self._is_usual(latency_ms):
            self._other.clear()
            self._usual_ms.append(latency_ms)
            return None
        alike = [(ms, other) for ms, other in self._other if abs(ms - latency_ms) <= _ALIKE_MS]
        self._other = [*alike, (latency_ms, outcome)]
        return self._changed() if len(self._other) >= IN_A_ROW else None

    def _is_usual(self, latency_ms: float) -> bool:
        usual_ms = median(self._usual_ms)
        return abs(latency_ms - usual_ms) <= max(_APART_MS, _APART_SHARE * usual_ms)

    def _changed(self) -> ResponseChange:
        before_ms, now_ms = median(self._usual_ms), median(ms for ms, _ in self._other)
        text = f"the onset latency changed from {before_ms:.1f} to {now_ms:.1f} ms"
        fields = {"before_ms": before_ms, "now_ms": now_ms}
        return ResponseChange(text, fields, tuple(outcome for _, outcome in self._other))
