"""A key or pedal held down repeats itself; what must not be done twice by that asks here."""

from __future__ import annotations

REPEAT_S = 0.6
"""Longer than a keyboard waits before a key held down repeats itself."""


class Repeats:
    """Sees every key; ``is_repeat``: the newest came again, with no other between, too soon to be meant."""

    def __init__(self) -> None:
        """No key yet."""
        self._key: str | None = None
        self._at_s = 0.0
        self.is_repeat = False

    def see(self, key: str, now_s: float) -> None:
        """Take in ``key`` at ``now_s`` of a monotonic clock."""
        self.is_repeat = key == self._key and now_s - self._at_s < REPEAT_S
        self._key, self._at_s = key, now_s
