"""Faults of a pulse: not delivered, smaller than requested, not confirmed, or not requested at all."""

from __future__ import annotations

import math

from drivers.base import Outcome, Pulse
from guidance.stimulation.reconciliation import Mismatch

UNCONFIRMED = "The last pulse is unconfirmed: it may or may not have been delivered."
SKIPPED = "The stimulator is not ready in time, pulse after pulse: nothing is delivered. Close other programs."

_OPEN = "Nothing was delivered: the circuit is open. Check needle cable and return electrode."
_NOT_FOUND = (
    "The last pulse was not found in the recording: it may or may not have been delivered. Check the stimulator's "
    "output and the needle's cable."
)
_AT_VOLTAGE_LIMIT = "the stimulator is at its voltage limit. Check the electrodes."
_UNREQUESTED = (
    "The stimulator is out of control: {}. Take the needle's cable off it, and do not use it again before it has been "
    "inspected."
)
_REPEAT_OFF_S = 0.5
"""Interval in s at which the output is switched off again while pulses come that nobody requested."""

_CALM_S = 2.0
"""Seconds without such a pulse before the output may be armed again."""


def delivery_fault(pulse: Pulse) -> str | None:
    """Return what was wrong with the delivery of ``pulse``, as a sentence; None where it was delivered as requested."""
    if pulse.outcome is Outcome.NOT_DELIVERED:
        return _OPEN
    if pulse.outcome is Outcome.UNCONFIRMED:
        return _NOT_FOUND
    if not pulse.compliance:
        return None
    requested = f"{pulse.requested_ma or 0:.2f} mA"
    if pulse.current_ma is None:
        return f"Less than the requested {requested} was delivered: {_AT_VOLTAGE_LIMIT}"
    return f"Only {pulse.current_ma:.2f} of {requested} were delivered: {_AT_VOLTAGE_LIMIT}"


class UnrequestedPulses:
    """The last pulse that was not given as requested.

    ``why`` (a clause) and ``text`` (a sentence) describe it until ``clear``; None without one.
    """

    def __init__(self) -> None:
        """Begin without one."""
        self.why: str | None = None
        self.text: str | None = None
        self._t = self._off_t = -math.inf

    def add(self, mismatch: Mismatch, t: float) -> None:
        """Note that the pulse at device time ``t`` in s was not as requested, by ``mismatch``."""
        self.why, self.text, self._t = mismatch.why, _UNREQUESTED.format(mismatch.why), t

    def clear(self) -> None:
        """Forget it, since the output is armed again; its time still counts."""
        self.why = self.text = None

    def needs_off(self, *, armed: bool) -> bool:
        """Return whether the output is to be switched off for the last one: each time while it is ``armed``, else at
        an interval.
        """
        needed = armed or self._t - self._off_t >= _REPEAT_OFF_S
        self._off_t = self._t if needed else self._off_t
        return needed

    def refusal(self, t: float) -> str | None:
        """Return why at device time ``t`` it is too early to arm, or None."""
        return "pulses come that were not requested" if t - self._t < _CALM_S else None
