"""Reconciliation of what was delivered with what was requested: in count, rate, size and kind. Pure; times are device
time in s.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass

from drivers.base import Pulse
from guidance.stimulation.interlock import highest_step

EARLY_S = 0.25
"""A pulse may seem to begin so long before its request, since samples that had arrived by then lag behind
the device.
"""

LATE_S = 1.0
"""A pulse comes at most so long after its request: a command is given up within 0.4 s, the signal is at most 0.25 s
old.
"""

WIDTH_SHARE, WIDTH_SLACK_MS = 0.1, 0.035
"""A pulse may be so much longer than requested: devices that measure the width do so in samples, 0.033 ms at 30 kHz."""

CURRENT_SHARE = 0.01
"""The request as the device reports it may exceed ours by a rounding and the device's own step."""

RATE_SHARE, BURST = 1.1, 2.0
"""A train may run 10 % fast by the two clocks, and a train that is set anew may begin at once: two pulses together."""

MOST_REPORTS = 150
"""Pulses a second that a stimulator may report (tetanus: 50 to 100 Hz); more are a fault of the device."""

_KEPT = 8
"""Requests that are kept: more than can be under way at once."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a pulse is not as requested (a clause); ``settles``: it belongs to a request, and is too large."""

    why: str
    settles: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Request for pulses of ``current_ma`` and ``width_ms`` at ``t``; for a train at ``pulse_rate_hz``."""

    t: float
    current_ma: float
    width_ms: float
    pulse_rate_hz: float = 0.0


class Account(ABC):
    """Account of the recent requests, and of the reported pulses that belong to them."""

    def __init__(self, step_ma: float) -> None:
        """Begin empty; ``step_ma`` is the step of the stimulator's current."""
        self._step_ma = step_ma
        self._reported_samples: deque[int] = deque(maxlen=64)

    def mismatch(self, pulse: Pulse, t: float) -> Mismatch | None:
        """Return what is wrong with ``pulse``, which began at ``t``; None where it was requested. Pass pulses in their
        order.
        """
        if pulse.requested_ns is None and pulse.sample in self._reported_samples:
            return None  # the same report again
        self._reported_samples.append(pulse.sample)
        return self._mismatch(pulse, t)

    @abstractmethod
    def request(self, request: Request) -> None:
        """Note what is requested."""

    @abstractmethod
    def withdraw(self) -> None:
        """Note that what was requested last was not sent."""

    @abstractmethod
    def switch(self, t: float, *, on: bool) -> None:
        """Note that the output is requested on or off."""

    @abstractmethod
    def _mismatch(self, pulse: Pulse, t: float) -> Mismatch | None:
        """Do as ``mismatch``, for a pulse that was not reported before."""

    def _larger(self, pulse: Pulse, request: Request) -> str | None:
        """Return in what ``pulse`` is larger than ``request``, as a clause, or None."""
        most_ma, given_ma, echo_ma = request.current_ma, pulse.current_ma, pulse.requested_ma
        if given_ma is not None and given_ma > highest_step(most_ma):
            return f"a pulse of {given_ma:.2f} mA was given, and no more than {most_ma:.2f} mA requested"
        if echo_ma is not None and echo_ma > most_ma * (1 + CURRENT_SHARE) + self._step_ma:
            return f"it reports a request for {echo_ma:.2f} mA, and no more than {most_ma:.2f} mA were requested"
        most_ms = request.width_ms
        if pulse.width_ms is not None and pulse.width_ms > most_ms * (1 + WIDTH_SHARE) + WIDTH_SLACK_MS:
            return f"a pulse of {pulse.width_ms:.3g} ms was given, and no more than {most_ms:.3g} ms requested"
        return None

    def _matching(self, pulse: Pulse, may: list[Request]) -> tuple[Request, str | None]:
        """Return the request among ``may`` that ``pulse`` belongs to, the oldest that it fits, and in what it is
        larger.
        """
        fits = next((request for request in may if self._larger(pulse, request) is None), None)
        return (fits, None) if fits else (may[-1], self._larger(pulse, may[-1]))


class SingleRequests(Account):
    """Account of single pulses: each report must belong to a request of its own."""

    def __init__(self, step_ma: float) -> None:
        """Begin empty, as Account does."""
        super().__init__(step_ma)
        self._open: deque[Request] = deque(maxlen=_KEPT)

    def request(self, request: Request) -> None:
        """Note a request for one pulse."""
        self._open.append(request)

    def withdraw(self) -> None:
        """Note that the pulse that was requested last was not sent."""
        if self._open:
            self._open.pop()

    def switch(self, t: float, *, on: bool) -> None:
        """Do nothing: a pulse under way when the output goes off was requested."""

    def _mismatch(self, pulse: Pulse, t: float) -> Mismatch | None:
        if pulse.single is False:
            return Mismatch(f"{_pulse(pulse)} of a train was given, and no train was requested")
        waits = [request for request in self._open if pulse.requested_ns is not None or t - request.t <= LATE_S]
        may = [request for request in waits if pulse.requested_ns is not None or request.t - t <= EARLY_S]
        if not may:
            return Mismatch(f"{_pulse(pulse)} was given that nobody requested")
        request, why = self._matching(pulse, may)
        waits.remove(request)
        self._open = deque(waits, maxlen=_KEPT)
        return Mismatch(why, settles=True) if why else None


class TrainRequests(Account):
    """Account of trains: while the output is on, pulses no faster and no larger than the trains that were
    set recently.
    """

    def __init__(self, step_ma: float) -> None:
        """Begin empty, as Account does, with the output off."""
        super().__init__(step_ma)
        self._set: deque[Request] = deque(maxlen=_KEPT)
        self._on_t, self._off_t = math.inf, -math.inf
        self._credit, self._last_t = BURST, -math.inf

    def request(self, request: Request) -> None:
        """Note a request for a train."""
        self._set.append(request)

    def withdraw(self) -> None:
        """Do nothing: a train stays set."""

    def switch(self, t: float, *, on: bool) -> None:
        """Note that the output is requested on or off."""
        if on:
            self._on_t, self._off_t, self._credit = t, math.inf, BURST
        else:
            self._off_t = min(self._off_t, t)

    def _mismatch(self, pulse: Pulse, t: float) -> Mismatch | None:
        if pulse.single is True:
            return Mismatch(f"{_pulse(pulse)} was given by itself, and only a train was requested")
        if not self._on_t - EARLY_S <= t <= self._off_t + LATE_S or not self._set:
            return Mismatch(f"{_pulse(pulse)} was given while the output was off")
        ends = [*(request.t for request in list(self._set)[1:]), math.inf]
        may = [request for request, end in zip(self._set, ends, strict=True) if t <= end + LATE_S]
        _, why = self._matching(pulse, may)
        if why is None and not self._in_time(t, max(request.pulse_rate_hz for request in may)):
            why = "the pulses of the train come faster than requested"
        return Mismatch(why, settles=True) if why else None

    def _in_time(self, t: float, pulse_rate_hz: float) -> bool:
        """Return whether the rate allows a pulse at ``t``."""
        since = max(t - self._last_t, 0.0)
        self._last_t = max(t, self._last_t)
        self._credit = min(self._credit + since * pulse_rate_hz * RATE_SHARE, BURST) - 1.0
        if self._credit < 0.0:
            self._credit = 0.0
            return False
        return True


class ReportLimit:
    """Count of pulse reports by the second, so that a flood of them costs no more than a second's worth."""

    def __init__(self) -> None:
        """Begin without any report."""
        self._second, self._count = 0, 0
        self._flooded_t = -math.inf

    def admits(self, t: float) -> bool:
        """Return whether one more report, at ``t``, is accepted; beyond MOST_REPORTS a second none is."""
        if int(t) != self._second:
            self._second, self._count = int(t), 0
        self._count += 1
        if self._count > MOST_REPORTS:
            self._flooded_t = t
        return self._count <= MOST_REPORTS

    def floods(self, t: float) -> bool:
        """Return whether there have been too many within the last two seconds."""
        return t - self._flooded_t < 2.0


def _pulse(pulse: Pulse) -> str:
    return "a pulse" if pulse.current_ma is None else f"a pulse of {pulse.current_ma:.2f} mA"
