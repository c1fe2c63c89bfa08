"""Two different keys arm the stimulator: the first asks, the second confirms, in time or not at all."""

from __future__ import annotations

from enum import Enum, auto

CONFIRM_WITHIN_S = 3.0
ARM_WITHIN_S = 1.0
_REFUSAL_SHOWN_S = 6.0


class Stage(Enum):
    """How far arming has come, to be shown."""

    NONE = auto()
    REQUESTED = auto()
    CONFIRMED = auto()
    REFUSED = auto()


class Arming:
    """The state of the two keys; ``now_s`` is of one monotonic clock."""

    def __init__(self, arm_within_s: float = ARM_WITHIN_S) -> None:
        """Nothing has been asked; an engine that does not arm within ``arm_within_s`` has refused."""
        self._arm_within_s = arm_within_s
        self._requested_s: float | None = None
        self._confirmed_s: float | None = None

    def request(self, now_s: float) -> None:
        """The first key."""
        self._requested_s, self._confirmed_s = now_s, None

    def confirm(self, now_s: float) -> bool:
        """The second key; whether it arms."""
        if self.stage(now_s) is not Stage.REQUESTED:
            return False
        self._requested_s, self._confirmed_s = None, now_s
        return True

    def forget(self) -> None:
        """Another key was pressed, or the stimulator is armed: nothing is pending."""
        self._requested_s = self._confirmed_s = None

    def stage(self, now_s: float) -> Stage:
        """How far arming has come."""
        if self._requested_s is not None and now_s - self._requested_s <= CONFIRM_WITHIN_S:
            return Stage.REQUESTED
        if self._confirmed_s is None or now_s - self._confirmed_s > _REFUSAL_SHOWN_S:
            return Stage.NONE
        return Stage.CONFIRMED if now_s - self._confirmed_s <= self._arm_within_s else Stage.REFUSED


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
