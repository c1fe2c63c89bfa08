"""Alarms of time: a device whose clock is wrong or whose reports come late, a computer that does not keep up."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from drivers.base import Block
from guidance.alarms.board import AlarmBoard
from guidance.alarms.sample_clock import SampleClock
from guidance.common.text import digits
from guidance.contracts.events import Alarm

_LAG_S = 0.25
"""Delay of the program behind the signal, in s, from which ``computer-slow`` holds: no pulse may be given then."""

_LAG_SHOWN_S = 5.0
"""The alarm stays at least so long, in s, so that a short delay is noticed (a judgement, unsourced)."""

_REPORT_LATE_S = 0.15
"""Delay of a pulse's report behind its samples, in s, from which a device breaks its protocol: 0.1 s are allowed, and
samples arrive in portions.
"""

MOST_LATE = 3
"""So many late reports in a row are no stall of the line: the device is then switched off (as for late replies)."""

_LATE_SHOWN_S = 2.0
"""The alarm of late reports stays so long after the last one, in s: longer than the slowest usual pulse rate."""

_CLOCK = (
    "The device sends {} times the samples a second that it claims: rates, times and latencies are wrong. No pulse "
    "is given. Check its sample rate, or use another device."
)
_LATE = (
    "The device reports its pulses {:.0f} ms after they were given; 100 ms are allowed. Responses come late. Have it "
    "inspected."
)
_SLOW = "The computer is too slow: it processes the signal {:.1f} s late. Close other programs."


class TimingMonitor:
    """Comparison of the device's time, the host's, and the program's."""

    def __init__(self, alarms: AlarmBoard, sample_rate_hz: float) -> None:
        """Begin with nothing known; alarms go to ``alarms``, ``sample_rate_hz`` is what the device claims."""
        self._alarms = alarms
        self._clock = SampleClock(sample_rate_hz)
        self._slow_until_ns: int | None = None
        self._late_until_t = -math.inf
        self._late = 0

    @property
    def computer_is_slow(self) -> bool:
        """Whether the computer did not keep up during the last seconds."""
        return self._slow_until_ns is not None

    @property
    def reports_late(self) -> bool:
        """Whether the newest reports of pulses all came late."""
        return self._late >= MOST_LATE

    def restart(self) -> None:
        """Begin anew: the device was lost."""
        self._late = 0
        self._clock.restart()

    def pace(self, blocks: Sequence[Block], now_ns: int) -> Iterator[Alarm]:
        """Receive the newest ``blocks`` at host time ``now_ns``; yield the alarms of clock and computer."""
        arrived = [block.arrived_ns for block in blocks if len(block.samples) and block.arrived_ns]
        lag_s = (now_ns - min(arrived, default=now_ns)) / 1e9
        if lag_s > _LAG_S:
            self._slow_until_ns = now_ns + int(_LAG_SHOWN_S * 1e9)
            yield from self._update("computer-slow", _SLOW.format(lag_s))
        elif self._slow_until_ns is not None and now_ns > self._slow_until_ns:
            self._slow_until_ns = None
            yield from self._update("computer-slow", None)
        for block in blocks:
            self._clock.feed(block)
        factor = self._clock.factor
        yield from self._update("clock-wrong", None if factor is None else _CLOCK.format(digits(factor, 2)))

    def report_late(self, late_s: float, t: float) -> Iterator[Alarm]:
        """Receive by how many s the report of a pulse came after its samples, at device time ``t``."""
        is_late = late_s > _REPORT_LATE_S
        self._late = self._late + 1 if is_late else 0
        if is_late:
            self._late_until_t = t + _LATE_SHOWN_S
            yield from self._update("device-fault", _LATE.format(late_s * 1e3), "late")

    def supervise(self, t: float) -> Iterator[Alarm]:
        """Yield the end of an alarm that is over by device time ``t``."""
        if t > self._late_until_t:
            self._late = 0
            yield from self._update("device-fault", None, "late")

    def _update(self, code: str, text: str | None, cause: str = "") -> Iterator[Alarm]:
        alarm = self._alarms.update(code, text, cause)
        if alarm:
            yield alarm
