"""Arming by two different keys: the first requests, the second confirms within a time limit."""

from __future__ import annotations

from enum import Enum, auto

CONFIRM_WITHIN_S = 3.0
"""How long the second key may take: enough to move a finger, too short to forget the first press. By judgement."""
ARM_WITHIN_S = 1.0
"""How long the engine may take to report that it has armed; after that, the screen shows a refusal."""
_REFUSAL_SHOWN_S = 6.0
"""How long a refusal stays in sight: enough to read a sentence. By judgement."""

_LATE_S = 5.0
"""How long after the time limit a second key still means to arm. By judgement."""


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

    def is_late(self, now_s: float) -> bool:
        """Return whether the first key was pressed not long ago, but too long for the second to arm."""
        since_s = None if self._requested_s is None else now_s - self._requested_s
        return since_s is not None and CONFIRM_WITHIN_S < since_s <= CONFIRM_WITHIN_S + _LATE_S

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
