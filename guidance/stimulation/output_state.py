"""The state of the stimulator's output as the device reports it, against what was requested.

On and off are what the device reports, not what it acknowledged. Times are seconds of device time or nanoseconds of the
host's monotonic clock; whichever has run further counts, since either may stand still.
"""

from __future__ import annotations

COMMAND_S = 0.5
"""Seconds after a request. A command may be sent four times at 0.1 s before its acknowledgement, and the device reports
a change at once: a report received later than this is none from before the request.
"""

REPORT_S = 1.5
"""Seconds after a request within which a streaming device reports its state at least once: a second, and the longest
command.
"""

OFF_STATES = {"idle", "streaming", "fault"}
_ON, _IDLE = "enabled", {"idle", "streaming"}

_WHAT_TO_DO = "unplug the needle's lead and switch the stimulator off by hand."
_REPORTS_ON = f"The stimulator may still be on, as the amplifier reports it on after the request for off: {_WHAT_TO_DO}"
NOT_KNOWN = f"The stimulator may still be on, as the amplifier has not reported that it is off: {_WHAT_TO_DO}"
_NOT_ON = (
    "The amplifier acknowledged the request for on and reports its stimulator off: it is not armed. Switch the "
    "amplifier off and on, then arm again."
)


class OutputMonitor:
    """Comparison of what was requested of a stimulator's output with what its device reports.

    ``reports``: whether the device reports a state at all; without reports nothing is known, and there is no alarm.
    ``not_off``: why the output may still be on though off was requested, in words, until off is reported. ``not_on``:
    why it is not armed though on was requested, until it is armed again.
    """

    def __init__(self) -> None:
        """Begin with nothing requested and nothing reported."""
        self.reports = False
        self.not_off: str | None = None
        self.not_on: str | None = None
        self._wanted: bool | None = None
        self._since_t, self._since_ns = 0.0, 0
        self._received: str | None = None
        self._state: str | None = None
        self._state_s = 0.0
        self._connected = True

    @property
    def is_off(self) -> bool:
        """Whether the device has reported off since that was requested, or reports no state at all."""
        return not self.reports or (self._wanted is False and self._state in OFF_STATES)

    def report(self, state: str | None) -> None:
        """Receive that the device reports ``state``; it counts with the next ``follow``."""
        self._received = state

    def follow(self, t: float, now_ns: int, *, wanted: bool, connected: bool = True) -> None:
        """Judge the reports by device time ``t`` and host time ``now_ns``; ``wanted``: on is requested.

        While the device is not ``connected`` nothing is reported; the time of the request counts anew from its return.
        """
        received, self._received = self._received, None
        returned, self._connected = connected and not self._connected, connected
        if not self.reports or not connected:
            return
        if wanted is not self._wanted or returned:
            if self._wanted is not None:
                received = None  # it is from before the request
            self._begin(t, now_ns, wanted=wanted)
        elapsed_s = max(t - self._since_t, (now_ns - self._since_ns) / 1e9)
        if received is not None:
            self._state, self._state_s = received, elapsed_s
        if wanted:
            self._judge_on()
        else:
            self._judge_off(elapsed_s)

    def _begin(self, t: float, now_ns: int, *, wanted: bool) -> None:
        self._wanted, self._since_t, self._since_ns, self._state = wanted, t, now_ns, None
        if wanted:
            self.not_off = self.not_on = None

    def _judge_on(self) -> None:
        if self._state in _IDLE and self._state_s > COMMAND_S:
            self.not_on = _NOT_ON

    def _judge_off(self, elapsed_s: float) -> None:
        if self._state in OFF_STATES:
            self.not_off = None
        elif self._state == _ON and (self._state_s > COMMAND_S or elapsed_s > REPORT_S):
            self.not_off = _REPORTS_ON
        elif elapsed_s > REPORT_S:
            self.not_off = NOT_KNOWN
