"""Verification at the target: a response at 0.5 mA, none below 0.3 mA. Both currents are recorded, for the note."""

from __future__ import annotations

from collections.abc import Iterator

from guidance.contracts.events import Entry, Interval
from guidance.proximity.particles import SHORT_MS

PRESENT_MA, ABSENT_MA = 0.50, 0.28
"""Currents in mA at 0.1 ms: a response must be present at the first and absent at the second."""

REPEATS = 2
"""Pulses at each of the two currents."""

_CHRONAXIE_MS = 0.15
"""Chronaxie of a motor nerve by which the currents are referred to other widths (Weiss; a usual value, unsourced)."""

_REST_PULSES = 3
"""Pulses with a threshold at rest before a verification begins (a judgement, unsourced)."""

_MOST_PULSES = 12
"""Pulses after which a verification is given up (a judgement, unsourced)."""

_MOVED = 1.25
"""Factor by which the threshold must differ from that of the last verification for another one (a judgement,
unsourced).
"""


class Verification:
    """Two currents with the threshold between them. It begins by itself where the threshold rests there, once for each
    place.
    """

    def __init__(self, width_ms: float, max_ma: float) -> None:
        """Prepare for pulses of ``width_ms``: both currents, given at 0.1 ms, are referred to that width (Weiss)."""
        factor = (1 + _CHRONAXIE_MS / width_ms) / (1 + _CHRONAXIE_MS / SHORT_MS)
        self._present_ma = min(round(PRESENT_MA * factor, 3), max_ma)
        self._absent_ma, self._width_ms = round(ABSENT_MA * factor, 3), width_ms
        self._responses: dict[float, list[bool]] | None = None
        self._pulses = self._pulses_at_rest = 0
        self._done_at_ma: float | None = None
        self._entries: list[Entry] = []

    @property
    def doing(self) -> str:
        """What is being verified, in words."""
        if self.wanted_ma() == self._absent_ma:
            return f"verifying: no response at {self._absent_ma:.2f} mA?"
        return f"verifying: a response at {self._present_ma:.2f} mA?"

    def wanted_ma(self) -> float | None:
        """Return the current to be tried next, in mA; None while nothing is being verified."""
        if self._responses is None:
            return None
        present = self._responses[self._present_ma]
        return self._present_ma if len(present) < REPEATS else self._absent_ma

    def observe(self, current_ma: float, responded: bool | None, threshold: Interval | None, *, at_rest: bool) -> None:
        """Receive whether a pulse evoked a response (None: the sweep was unfit); begin, go on, or give up.

        ``threshold`` is its present estimate, ``at_rest`` whether it rests.
        """
        self._pulses_at_rest = self._pulses_at_rest + 1 if at_rest else 0
        if threshold is None or (self._responses is not None and self._has_left(current_ma, responded, threshold)):
            self._responses = self._done_at_ma = None
        elif self._responses is not None:
            self._go_on(current_ma, responded)
        elif self._is_due(threshold):
            self._responses, self._pulses = {self._present_ma: [], self._absent_ma: []}, 0
            self._done_at_ma = threshold[1]

    def restart(self) -> None:
        """Forget the verification under way, and where the last one was done: another muscle responds."""
        self._responses = self._done_at_ma = None
        self._pulses_at_rest = 0

    def entries(self) -> Iterator[Entry]:
        """Yield the verifications that have ended since the last call."""
        found, self._entries = self._entries, []
        return iter(found)

    def _has_left(self, current_ma: float, responded: bool | None, threshold: Interval) -> bool:
        """Return whether the needle has left the place: no response where one must be, or an estimate beyond both
        currents.
        """
        lost = responded is False and current_ma > 0.98 * self._present_ma
        return lost or not self._absent_ma < threshold[1] < self._present_ma

    def _is_due(self, threshold: Interval) -> bool:
        """Return whether the needle rests at a place not yet verified, with the threshold between both currents."""
        low, median, high = threshold
        done = self._done_at_ma
        is_new = done is None or not 1 / _MOVED < median / done < _MOVED
        return is_new and self._pulses_at_rest >= _REST_PULSES and self._absent_ma < low and high < self._present_ma

    def _go_on(self, current_ma: float, responded: bool | None) -> None:
        responses = self._responses or {}
        self._pulses += 1
        for tried_ma, found in responses.items():
            if abs(current_ma - tried_ma) < 0.02 * tried_ma and responded is not None and len(found) < REPEATS:
                found.append(responded)
        if all(len(found) == REPEATS for found in responses.values()):
            self._entries.append(self._entry(responses))
            self._responses = None
        elif self._pulses >= _MOST_PULSES:
            self._responses = None

    def _entry(self, responses: dict[float, list[bool]]) -> Entry:
        present, absent = responses[self._present_ma], responses[self._absent_ma]
        fields = {
            "present_ma": self._present_ma,
            "present_answered": sum(present),
            "absent_ma": self._absent_ma,
            "absent_answered": sum(absent),
            "pulses_each": REPEATS,
            "width_ms": self._width_ms,
            "held": all(present) and not any(absent),
        }
        return Entry("verification", fields)
