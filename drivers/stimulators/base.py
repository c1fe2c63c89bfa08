"""Base class of stimulators beside the amplifier: checks, single pulses, trains that lapse, outcomes, loss.

None of these devices has a reliable watchdog, so none is ever set to run by itself: a train is single pulses, each sent
by ``service`` when it is due. A program that hangs sends none.
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
"""Highest rate of pulses: a pulse requested sooner after the one before is refused."""

MAX_WIDTH_MS = 1.0
REPLY_NS = 200_000_000
"""Longest wait for the outcome of a pulse; after it the pulse is unconfirmed, or the device is lost."""
ARMING_NS = 400_000_000
"""Longest wait for the acknowledgement of all that arming sets: some twenty replies of 1 to 10 ms each over USB, and
one delay of the computer. It is shorter than the 0.5 s after which the first pulse would count as unconfirmed."""

_EARLY = 0.05
"""Share of the period by which a pulse may be early: the host's timer is not exact."""
_MAX_OUTCOMES = 256


@dataclass(frozen=True, slots=True)
class TrainSetting:
    """Train of pulses of ``current_ma`` and ``width_ms``, ``pulse_rate_hz`` of them a second."""

    current_ma: float
    width_ms: float
    pulse_rate_hz: float


@dataclass(frozen=True, slots=True)
class RequestedPulse:
    """Pulse under way: what was requested at ``requested_ns``, and when it was sent to the device (None: not yet)."""

    requested_ns: int
    current_ma: float
    width_ms: float
    sent_ns: int | None = None


class PulsingStimulator(SeparateStimulator):
    """Stimulator that gives one pulse at a time. A subclass defines how its device is armed, disarmed and triggered."""

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
        """Connect to the device and return this; its output stays as it is. A second call does nothing more."""
        if not self._connection.is_new:
            self._connection.require()
            return self
        self._connect()
        self._connection.mark_connected(time.monotonic_ns())
        return self

    def check(self, current_ma: float, width_ms: float) -> None:
        """Raise LimitExceeded where the stimulator cannot deliver such a pulse."""
        check_pulse(self.limits, current_ma, width_ms)

    def enable(self, on: bool) -> None:
        """Arm or disarm the output; disarming withdraws a pulse that has not been sent yet.

        A pulse requested while the device still acknowledges the settings of arming is sent once it has done so.
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
            raise DeviceRefused(f"{self.info.address} has not confirmed the pulse before; no pulse was sent.")
        self._begin(current_ma, width_ms)

    def set_pulses(self, current_ma: float, width_ms: float, rate_hz: float) -> None:
        """Set the train delivered while enabled; with ``rate_hz`` 0 only single pulses are delivered."""
        self._connection.require()
        check_range("rate", rate_hz, 0.0, self.limits.max_rate_hz, "Hz")
        self.check(current_ma, width_ms)
        self._train = TrainSetting(current_ma, width_ms, rate_hz) if rate_hz else None
        self._due_ns = time.monotonic_ns()
        self._outcomes.append(CommandOutcome("set_pulses", None))

    def take_outcomes(self) -> list[CommandOutcome]:
        """Return the outcomes of the commands since the last call, in order."""
        outcomes = list(self._outcomes)
        self._outcomes.clear()
        return outcomes

    def take_deliveries(self) -> list[Delivery]:
        """Return the pulses whose outcome is known and was not returned before, in order."""
        deliveries = list(self._deliveries)
        self._deliveries.clear()
        return deliveries

    def service(self) -> None:
        """Read what has arrived, and send the next pulse of a train if it is due. Raises DeviceLost."""
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
            self._due_ns = now_ns + round(1e9 / self._train.pulse_rate_hz)  # missed pulses are not made up for
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
        """Connect to the same device again, its output off. Raises DeviceError, also where another device replies."""
        self._connection.begin_reopening()
        self._release()
        self._enabled, self._arming_since_ns, self._train, self._pending = False, None, None, None
        self._connect()
        self._connection.mark_connected(time.monotonic_ns())

    @abstractmethod
    def _connect(self) -> None:
        """Open the port and identify the device; change nothing. Raises DeviceError."""

    @abstractmethod
    def _arm(self) -> None:
        """Set everything that may outlive a client or add a pulse, and read it back where the device returns it.

        Ends in ``_armed`` once the device has acknowledged everything, in ``_refuse_arming`` where it has not.
        """

    @abstractmethod
    def _disarm(self) -> None:
        """Stop the output."""

    @abstractmethod
    def _send(self, pulse: RequestedPulse) -> None:
        """Send ``pulse`` to the device at once, or as soon as the device has confirmed its settings."""

    @abstractmethod
    def _poll(self) -> None:
        """Read and process what the device has sent."""

    @abstractmethod
    def _release(self) -> None:
        """Release the port; may be called twice."""

    def _leave(self) -> None:
        """Switch the output off before the port is released."""
        self._disarm()

    def _armed(self) -> None:
        """Record that the device has acknowledged the settings of arming; send the pulse that waited for it."""
        if self._arming_since_ns is None:
            return
        self._arming_since_ns = None
        self._outcomes.append(CommandOutcome("enable", None))
        if self._pending is not None:
            self._last_ns = time.monotonic_ns()
            self._due_ns = max(self._due_ns, self._last_ns + round(1e9 / self.limits.max_rate_hz))
            self._send(self._pending)

    def _refuse_arming(self, why: str) -> None:
        """Record that the device is not armed, with the clause ``why``, and switch its output off once more."""
        if self._arming_since_ns is None:
            return
        self._enabled, self._arming_since_ns, self._train = False, None, None
        self._outcomes.append(CommandOutcome("enable", DeviceRefused(f"{self.info.address} was not armed: {why}.")))
        self._refuse("it was not armed")
        self._guarded(self._disarm)

    def _overdue(self) -> None:
        """Handle a pulse without an outcome in time: unconfirmed if it was sent, else the device is lost."""
        if self._pending and self._pending.sent_ns is not None:
            self._deliver(None, Outcome.UNCONFIRMED)
        else:
            self._lose(DeviceLost(f"{self.info.address} does not reply; check its cable and power."))

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
        """Record that the pulse under way has been sent to the device now."""
        if self._pending:
            self._pending = replace(self._pending, sent_ns=time.monotonic_ns())

    def _deliver(self, current_ma: float | None, outcome: Outcome, *, compliance: bool = False) -> None:
        """Settle the pulse under way with ``outcome``; ``current_ma`` is the current delivered (None: not known)."""
        pulse, self._pending = self._pending, None
        if pulse is None:
            return
        when_ns = pulse.sent_ns or pulse.requested_ns
        delivery = Delivery(when_ns, pulse.current_ma, pulse.width_ms, current_ma, outcome, compliance)
        self._deliveries.append(delivery)
        self._outcomes.append(CommandOutcome("pulse_once", None))

    def _refuse(self, why: str) -> None:
        """Settle the pulse under way as not delivered, with the clause ``why``."""
        pulse, self._pending = self._pending, None
        if pulse is None:
            return
        self._deliveries.append(
            Delivery(pulse.requested_ns, pulse.current_ma, pulse.width_ms, None, Outcome.NOT_DELIVERED)
        )
        error = DeviceRefused(f"{self.info.address} gave no pulse: {why}.")
        self._outcomes.append(CommandOutcome("pulse_once", error))

    def _guarded(self, act: Callable[[], None]) -> None:
        """Call ``act``; record the loss where the device is lost meanwhile. Raises DeviceLost."""
        try:
            act()
        except DeviceLost as fault:
            self._lose(fault)

    def _lose(self, fault: DeviceLost) -> None:
        self._enabled, self._arming_since_ns, self._train = False, None, None
        self._deliver(None, Outcome.UNCONFIRMED)
        self._connection.mark_lost(fault)
        with contextlib.suppress(DeviceError):  # the line may still take bytes
            self._disarm()
        raise fault
