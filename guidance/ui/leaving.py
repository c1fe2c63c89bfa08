"""Leaving what runs takes the same key twice: the first asks, the second confirms, in time and by hand or not."""

from __future__ import annotations

from guidance.ui.arming import CONFIRM_WITHIN_S

LEAST_GAP_S = 0.15
"""A key that comes sooner than this before or after another is pasted text or a key held down, not a press. Where the
terminal does not mark a paste, its characters come within a few milliseconds; a key held down repeats itself at 10 to
30 a second; a hand that presses a key twice takes 0.15 to 0.3 s. An estimate from keyboards' usual settings.
"""


class Leaving:
    """The state of the two presses; ``now_s`` is of one monotonic clock."""

    def __init__(self, least_gap_s: float = LEAST_GAP_S) -> None:
        """Nothing is asked; presses less than ``least_gap_s`` apart are one burst."""
        self.least_gap_s = least_gap_s
        self.is_confirmed = False
        self._what = ""
        self._at_s: float | None = None

    def press(self, what: str, now_s: float) -> bool:
        """The key that leaves by ``what``; whether it confirms, if no other key follows within ``least_gap_s``."""
        gap_s = None if self._at_s is None or what != self._what else now_s - self._at_s
        self._what, self._at_s = what, now_s
        self.is_confirmed = gap_s is not None and self.least_gap_s <= gap_s <= CONFIRM_WITHIN_S
        return self.is_confirmed

    def forget(self) -> None:
        """Another key was pressed, or text pasted: nothing is asked."""
        self.is_confirmed, self._what, self._at_s = False, "", None

    def pending_action(self, now_s: float) -> str:
        """By what the first press would leave; nothing once its time is over."""
        return self._what if self._at_s is not None and now_s - self._at_s <= CONFIRM_WITHIN_S else ""
