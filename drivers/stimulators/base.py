"""What stimulators on clocks of their own share: checks, single pulses, trains that lapse, outcomes, the lost device.

None of them has a watchdog to count on, so none is ever set to run by itself: a train is single pulses, each sent by
``service`` when it is due. A program that hangs sends none.
"""

from __future__ import annotations

import contextlib
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from drivers.base import CommandOutcome, DeviceError, DeviceLost, DeviceRefused, LimitExceeded, Outcome, StimulatorInfo
from drivers.stimulators.external import Delivery, SeparateStimulator
from drivers.toolkit.connection import Connection
from drivers.toolkit.limit_checks import check_pulse, check_range

MAX_PULSE_RATE_HZ = 10.0
"""Pulses closer than this are refused whoever asks for them."""

MAX_WIDTH_MS = 1.0
REPLY_NS = 200_000_000
ARMING_NS = 400_000_000
"""What a device may take to acknowledge all that arming sets: some twenty replies of 1 to 10 ms each over USB, and a
computer that is late once. Shorter than the 0.5 s after which the first pulse would be taken for unconfirmed."""

_EARLY = 0.05
_MAX_OUTCOMES = 256


@dataclass(frozen=True, slots=True)
class TrainSetting:
    """Pulses of ``current_ma`` and ``width_ms``, ``pulse_rate_hz`` of them a second."""

    current_ma: float
    width_ms: float
    pulse_rate_hz: float


@dataclass(frozen=True, slots=True)
class RequestedPulse:
    """The pulse under way: what was asked for, at ``requested_ns``; it was sent on at ``sent_ns``."""

    requested_ns: int
    current_ma: float
    width_ms: float
    sent_ns: int | None = None


class PulsingStimulator(SeparateStimulator):
    """One pulse at a time. What is below hands in how this device is armed, disarmed and asked for a pulse."""

    def __init__(self, info: StimulatorInfo) -> None:
        self.info, self.limits = info, info.limits
        self._enabled = False
        self._arming_since_ns: int | None = None
        self._pending: RequestedPulse | None = None
        self._last_ns: int | None = None
        self._train: TrainSetting | None = None
        self._due_ns = 0
        self._connection = Connection(info.address)
        self._outcomes: deque[CommandOutcome] = deque(maxlen=_MAX_OUTCOMES)
        self._deliveries: deque[Delivery] = deque(maxlen=_MAX_OUTCOMES)

    def connect(self) -> Self:
        """Connect to the device, its output as it is; return this. Once connected it does nothing more."""
        if not self._connection.is_new:
            self._connection.require()
            return self
        self._connect()
        self._connection.established(time.monotonic_ns())
        return self

    def check(self, current_ma: float, width_ms: float) -> None:
        """Raise LimitExceeded where it cannot deliver such a pulse."""
        check_pulse(self.limits, current_ma, width_ms)

    def enable(self, on: bool) -> None:
        """Arm or disarm the output; disarming withdraws the pulse that has not been sent yet.

        A pulse requested while the device still acknowledges what arming sets is sent when it has, and only then.
        """
        self._connection.require()
        self._enabled, self._arming_since_ns = on, None
        if on:
            self._due_ns = self._arming_since_ns = time.monotonic_ns()
            self._guarded(self._arm)
            return
        if self._pending and self._pending.sent_ns is None:
            self._refuse("the stimulator was switched off before the pulse was sent")
        self._guarded(self._disarm)
        self._outcomes.append(CommandOutcome("enable", None))

    def pulse_once(self, current_ma: float, width_ms: float) -> None:
        """Deliver one pulse at once, while enabled."""
        self._connection.require()
        self.check(current_ma, width_ms)
        if not self._enabled:
            raise DeviceRefused(f"{self.info.address} is not armed; no pulse was sent.")
        if self._pending is not None:
            raise DeviceRefused(f"{self.info.address} has not answered to the pulse before; no pulse was sent.")
        self._begin(current_ma, width_ms)

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Set the train delivered while enabled; ``rate_hz`` 0 leaves single pulses only."""
        self._connection.require()
        check_range("rate", rate_hz, 0.0, self.limits.max_rate_hz, "Hz")
        self.check(current_ma, width_ms)
        self._train = TrainSetting(current_ma, width_ms, rate_hz) if rate_hz else None
        self._due_ns = time.monotonic_ns()
        self._outcomes.append(CommandOutcome("set_pulses", None))

    def take_outcomes(self) -> list[CommandOutcome]:
        """What became of the commands since the last call, in order."""
        outcomes = list(self._outcomes)
        self._outcomes.clear()
        return outcomes

    def take_deliveries(self) -> list[Delivery]:
        """The pulses of which it is known by now what became of them, in order; each once."""
        deliveries = list(self._deliveries)
        self._deliveries.clear()
        return deliveries

    def service(self) -> None:
        """Take what has arrived, and send the next pulse of a train if it is due. Raises DeviceLost."""
        self._connection.require()
        self._guarded(self._poll)
        now_ns = time.monotonic_ns()
        if self._arming_since_ns is not None:
            if now_ns - self._arming_since_ns > ARMING_NS:
                self._refuse_arming("it did not acknowledge every setting; switch it off and on, and check its cable")
            return
        if self._pending and now_ns - (self._pending.sent_ns or self._pending.requested_ns) > REPLY_NS:
            self._guarded(self._overdue)
        if self._train and self._enabled and self._pending is None and now_ns >= self._due_ns:
            self._due_ns = now_ns + round(1e9 / self._train.pulse_rate_hz)  # what was missed is not made up for
            self._begin(self._train.current_ma, self._train.width_ms)

    def close(self) -> None:
        """Switch the output off and release the port."""
        if self._connection.reason is None:
            with contextlib.suppress(DeviceError):
                self._leave()
        self._enabled, self._arming_since_ns, self._train, self._pending = False, None, None, None
        self._connection.close()
        self._release()

    def reopen(self) -> None:
        """Connect to the same device again, its output off. Raises DeviceError, another device included."""
        self._connection.begin_reopening()
        self._release()
        self._enabled, self._arming_since_ns, self._train, self._pending = False, None, None, None
        self._connect()
        self._connection.established(time.monotonic_ns())

    @abstractmethod
    def _connect(self) -> None:
        """Open the port and make sure of the device, changing nothing. Raises DeviceError."""

    @abstractmethod
    def _arm(self) -> None:
        """Set all that may outlive a client or add a pulse, and request it back where the device returns it.

        Ends in ``_armed`` once the device has acknowledged all, in ``_refuse_arming`` where it has not.
        """

    @abstractmethod
    def _disarm(self) -> None:
        """Stop whatever the output does."""

    @abstractmethod
    def _send(self, pulse: RequestedPulse) -> None:
        """Send ``pulse`` on, at once or once the device has answered to its settings."""

    @abstractmethod
    def _poll(self) -> None:
        """Take what the device has said."""

    @abstractmethod
    def _release(self) -> None:
        """Give the port back; may be called twice."""

    def _leave(self) -> None:
        """Before the port is given back: the output off."""
        self._disarm()

    def _armed(self) -> None:
        """Note that the device has acknowledged all that arming sets; the pulse that waited for it goes out."""
        if self._arming_since_ns is None:
            return
        self._arming_since_ns = None
        self._outcomes.append(CommandOutcome("enable", None))
        if self._pending is not None:
            self._last_ns = time.monotonic_ns()
            self._due_ns = max(self._due_ns, self._last_ns + round(1e9 / self.limits.max_rate_hz))
            self._send(self._pending)

    def _refuse_arming(self, why: str) -> None:
        """Note that the device is not armed: ``why`` is a clause. Its output is switched off once more."""
        if self._arming_since_ns is None:
            return
        self._enabled, self._arming_since_ns, self._train = False, None, None
        self._outcomes.append(CommandOutcome("enable", DeviceRefused(f"{self.info.address} was not armed: {why}.")))
        self._refuse("it was not armed")
        self._guarded(self._disarm)

    def _overdue(self) -> None:
        """The pulse under way was not answered in time."""
        if self._pending and self._pending.sent_ns is not None:
            self._deliver(None, Outcome.UNCONFIRMED)
        else:
            self._lose(DeviceLost(f"{self.info.address} does not answer; check its cable and power."))

    def _begin(self, current_ma: float, width_ms: float) -> None:
        now_ns = time.monotonic_ns()
        least_ns = 1e9 / self.limits.max_rate_hz * (1 - _EARLY)
        if self._last_ns is not None and now_ns - self._last_ns < least_ns:
            raise LimitExceeded(
                f"Pulses closer than {1e3 / self.limits.max_rate_hz:g} ms are more than the stimulator may give; "
                "no pulse was sent."
            )
        self._last_ns = now_ns
        self._pending = pulse = RequestedPulse(now_ns, current_ma, width_ms)
        if self._arming_since_ns is None:
            self._guarded(lambda: self._send(pulse))

    def _sent(self) -> None:
        """Note that the pulse under way has been sent on, now."""
        if self._pending:
            self._pending = replace(self._pending, sent_ns=time.monotonic_ns())

    def _deliver(self, current_ma: float | None, outcome: Outcome, *, compliance: bool = False) -> None:
        """Settle the pulse under way."""
        pulse, self._pending = self._pending, None
        if pulse is None:
            return
        when_ns = pulse.sent_ns or pulse.requested_ns
        delivery = Delivery(when_ns, pulse.current_ma, pulse.width_ms, current_ma, outcome, compliance)
        self._deliveries.append(delivery)
        self._outcomes.append(CommandOutcome("pulse_once", None))

    def _refuse(self, why: str) -> None:
        """Settle the pulse under way as not delivered: ``why`` is a clause."""
        pulse, self._pending = self._pending, None
        if pulse is None:
            return
        self._deliveries.append(
            Delivery(pulse.requested_ns, pulse.current_ma, pulse.width_ms, None, Outcome.NOT_DELIVERED)
        )
        error = DeviceRefused(f"{self.info.address} gave no pulse: {why}.")
        self._outcomes.append(CommandOutcome("pulse_once", error))

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do ``act``; a device lost on the way is remembered."""
        try:
            act()
        except DeviceLost as fault:
            self._lose(fault)

    def _lose(self, fault: DeviceLost) -> None:
        self._enabled, self._arming_since_ns, self._train = False, None, None
        self._deliver(None, Outcome.UNCONFIRMED)
        self._connection.lose(fault)
        raise fault
