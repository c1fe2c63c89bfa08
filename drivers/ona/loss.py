"""What a lost amplifier is sent: off and stop, then silence, so that its own watchdog switches the stimulator off.

The device disables its stimulator where no valid frame arrives for 1000 ms; whatever is sent sooner, even HELLO, keeps
it on. No I/O.
"""

from __future__ import annotations

OFF_TIMES, OFF_EVERY_NS = 3, 100_000_000
"""Off is sent three times within 300 ms: a line that drops some frames still passes one."""

SILENCE_NS = 1_200_000_000
"""Time without a byte after the last of them: the 1000 ms of the device's watchdog and its clock's error."""


class OffAfterLoss:
    """Schedule of one loss. Times are ns of the monotonic clock."""

    def __init__(self, lost_ns: int) -> None:
        self._next_ns, self._left = lost_ns, OFF_TIMES

    def is_due(self, now_ns: int) -> bool:
        """Return whether off is to be sent now, and count it as sent."""
        if not self._left or now_ns < self._next_ns:
            return False
        self._left -= 1
        self._next_ns = now_ns + (OFF_EVERY_NS if self._left else SILENCE_NS)
        return True

    def is_over(self, now_ns: int) -> bool:
        """Return whether the silence has lasted long enough for the device to be addressed again."""
        return not self._left and now_ns >= self._next_ns
