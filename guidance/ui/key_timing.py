"""The times of keys: which are repeats of a key that is held down, and which are pasted text and no presses."""

from __future__ import annotations

REPEAT_S = 0.6
"""Longer than the delay, usually 0.25 to 0.5 s, after which a keyboard repeats a key that is held down."""
BURST_GAP_S = 0.02
"""Two different keys that come closer than this are pasted text. A terminal that does not mark a paste sends its
characters within a few milliseconds; two fingers are 0.03 to 0.3 s apart. An estimate, not measured.
"""


class Repeats:
    """Detector of repeated keys: ``is_repeat`` is True while the newest key equals the one before it and came within
    REPEAT_S of it.
    """

    def __init__(self) -> None:
        """Begin without a key."""
        self._key: str | None = None
        self._at_s = 0.0
        self.is_repeat = False

    def see(self, key: str, now_s: float) -> None:
        """Record ``key`` at ``now_s``, in seconds of a monotonic clock."""
        self.is_repeat = key == self._key and now_s - self._at_s < REPEAT_S
        self._key, self._at_s = key, now_s


class Bursts:
    """Detector of pasted text that the terminal does not mark: ``is_burst`` is True while the newest key came within
    ``gap_s`` of a different key before it, or belongs to such a burst.
    """

    gap_s = BURST_GAP_S

    def __init__(self) -> None:
        """Begin without a key."""
        self._key: str | None = None
        self._at_s = -1.0
        self.is_burst = False

    def see(self, key: str, at_s: float) -> bool:
        """Record ``key`` as it came at ``at_s``, in seconds of a monotonic clock; return whether it is pasted text."""
        is_close = at_s - self._at_s < self.gap_s
        self.is_burst = is_close and (self.is_burst or key != self._key)
        self._key, self._at_s = key, at_s
        return self.is_burst
