"""Arming by two different keys: the first requests, the second confirms within a time limit."""

from __future__ import annotations

from enum import Enum, auto

CONFIRM_WITHIN_S = 3.0
"""How long the second key may take: enough to move a finger, too short to forget the first press. By judgement."""
ARM_WITHIN_S = 1.0
"""How long the engine may take to report that it has armed; after that, the screen shows a refusal."""
_REFUSAL_SHOWN_S = 6.0
"""How long a refusal stays in sight: enough to read a sentence. By judgement."""


class Stage(Enum):
    """The stage of arming, as the screen shows it."""

    NONE = auto()
    REQUESTED = auto()
    CONFIRMED = auto()
    REFUSED = auto()


class Arming:
    """The state of the two keys; every ``now_s`` is a time in seconds of one monotonic clock."""

    def __init__(self, arm_within_s: float = ARM_WITHIN_S) -> None:
        """Begin without a request; an engine that does not arm within ``arm_within_s`` counts as refusing."""
        self._arm_within_s = arm_within_s
        self._requested_s: float | None = None
        self._confirmed_s: float | None = None

    def request(self, now_s: float) -> None:
        """Record the first key at ``now_s``."""
        self._requested_s, self._confirmed_s = now_s, None

    def confirm(self, now_s: float) -> bool:
        """Record the second key at ``now_s``; return whether it arms."""
        if self.stage(now_s) is not Stage.REQUESTED:
            return False
        self._requested_s, self._confirmed_s = None, now_s
        return True

    def forget(self) -> None:
        """Drop what is pending, because another key was pressed or the stimulator is armed."""
        self._requested_s = self._confirmed_s = None

    def stage(self, now_s: float) -> Stage:
        """Return the stage of arming at ``now_s``."""
        if self._requested_s is not None and now_s - self._requested_s <= CONFIRM_WITHIN_S:
            return Stage.REQUESTED
        if self._confirmed_s is None or now_s - self._confirmed_s > _REFUSAL_SHOWN_S:
            return Stage.NONE
        return Stage.CONFIRMED if now_s - self._confirmed_s <= self._arm_within_s else Stage.REFUSED


REPEAT_S = 0.6
"""Longer than the delay, usually 0.25 to 0.5 s, after which a keyboard repeats a key that is held down."""


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
