"""The host's clock, and waiting for it. Tests pass one of their own, on which hours pass in seconds."""

from __future__ import annotations

import time


class Clock:
    """The host's monotonic clock."""

    def monotonic_ns(self) -> int:
        """Return the time in ns since an arbitrary instant."""
        return time.monotonic_ns()

    def monotonic(self) -> float:
        """Return the same time in s."""
        return self.monotonic_ns() / 1e9

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        time.sleep(seconds)


CLOCK = Clock()
