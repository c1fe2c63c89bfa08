"""Leaving a running procedure: the first press of a key shows a question, a second press of the same key confirms."""

from __future__ import annotations

from guidance.ui.arming import CONFIRM_WITHIN_S

LEAST_GAP_S = 0.15
"""A key that comes sooner than this before or after another key is pasted text or a repeat, not a press. If the
terminal does not mark a paste, its characters come within a few milliseconds; a key that is held down repeats 10 to 30
times a second; two presses by hand are 0.15 to 0.3 s apart. An estimate from the usual settings of keyboards.
"""


class Leaving:
    """The state of the two presses; every ``now_s`` is a time in seconds of one monotonic clock."""

    def __init__(self, least_gap_s: float = LEAST_GAP_S) -> None:
        """Begin without a press; presses less than ``least_gap_s`` apart are one burst."""
        self.least_gap_s = least_gap_s
        self.is_confirmed = False
        self._what = ""
        self._at_s: float | None = None

    def press(self, what: str, now_s: float) -> bool:
        """Record a press of the key of action ``what``; return whether it confirms, unless another key follows within
        ``least_gap_s``.
        """
        gap_s = None if self._at_s is None or what != self._what else now_s - self._at_s
        self._what, self._at_s = what, now_s
        self.is_confirmed = gap_s is not None and self.least_gap_s <= gap_s <= CONFIRM_WITHIN_S
        return self.is_confirmed

    def forget(self) -> None:
        """Drop the first press, because another key was pressed or text was pasted."""
        self.is_confirmed, self._what, self._at_s = False, "", None

    def pending_action(self, now_s: float) -> str:
        """Return the action that a second press would confirm; empty once its time is over."""
        return self._what if self._at_s is not None and now_s - self._at_s <= CONFIRM_WITHIN_S else ""
