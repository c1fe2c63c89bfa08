"""A clock on which time passes only where the program would wait, and what happens at a given time on it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from drivers.base import Clock

START_NS = 1_000_000_000_000


class VirtualClock(Clock):
    """Clock in virtual time; what is scheduled happens when its time is reached."""

    def __init__(self) -> None:
        self.now_ns = START_NS
        self._scheduled: list[tuple[int, int, Callable[[], object]]] = []
        self._order = count()

    def monotonic_ns(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.pass_until(self.now_ns + int(seconds * 1e9))

    def pass_until(self, until_ns: int) -> None:
        """Let time pass to ``until_ns``, and do what is due by then."""
        while self._scheduled and self._scheduled[0][0] <= until_ns:
            due_ns, _, act = heapq.heappop(self._scheduled)
            self.now_ns = max(self.now_ns, due_ns)
            act()
        self.now_ns = max(self.now_ns, until_ns)

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Do ``act`` in ``seconds`` from now."""
        heapq.heappush(self._scheduled, (self.now_ns + int(seconds * 1e9), next(self._order), act))
