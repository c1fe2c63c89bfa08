"""The stimulator as the engine sees it: armed or not, which pulse next, and what became of the last one."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.base import Outcome, Pulse
from guidance.contracts.commands import Arm, HoldCurrent, OperatorCommand, ReleaseControl, Stop, TakeControl, TurnDial
from guidance.contracts.events import Command, Proximity, PulseOutcome
from guidance.stimulation.controller import Controller
from guidance.stimulation.current_control import DIAL_STEP_MA, CurrentControl
from guidance.stimulation.interlock import (
    InterlockConditions,
    PulseBounds,
    StepLimiter,
    disarm_reason,
    no_samples_reason,
    refusal,
)
from guidance.stimulation.output_state import OutputMonitor
from guidance.stimulation.reconciliation import Account, Request

PASSING_FAULTS = {"host lost", "open circuit"}
"""Faults of the device after which a headless run may arm again by itself."""

_OPEN = "Nothing was delivered: the circuit is open. Check needle cable and return electrode."
_HELD, _TAKEN_OVER, _HANDED_BACK = "the current is held", "the current is taken over", "the current is handed back"
UNCONFIRMED = "The last pulse is unconfirmed: it may or may not have been delivered."
_UNREQUESTED = (
    "The stimulator is out of hand: {}. Take the needle's cable off it, and do not use it again before it has been "
    "looked at."
)
_REPEAT_OFF_S = 0.5
"""The output is switched off again so often while pulses come that nobody requested."""

_CALM_S = 2.0
"""For so long no such pulse must have come before the output may be armed again."""

_UNFOUND = (
    "The last pulse was not found in the recording: it may or may not have been delivered. Check the stimulator's "
    "output and the needle's cable."
)


@dataclass(frozen=True, slots=True)
class SwitchOutput:
    """Ask the device to arm or disarm its output."""

    on: bool


@dataclass(frozen=True, slots=True)
class FirePulse:
    """Ask the device for one pulse."""

    current_ma: float
    width_ms: float


@dataclass(frozen=True, slots=True)
class SetTrain:
    """Ask a device that knows no single pulses for a train, delivered while its output is on."""

    current_ma: float
    width_ms: float
    pulse_rate_hz: float


Action = SwitchOutput | FirePulse | SetTrain


@dataclass(slots=True)
class PendingPulse:
    """A pulse asked for at device time ``t``; ``reported_sample`` is the sample at which the device says it began."""

    t: float
    current_ma: float
    width_ms: float
    reported_sample: int | None = None


class Stimulation(ABC):
    """Decides when a pulse is due and asks the interlock; gathers the actions that the host carries out.

    ``current_control``: who chooses the current. ``arm_refusal``: why the last request to arm was refused, in words.
    ``delivery_fault``: what was wrong with the last pulse, in words. ``unrequested``: what was delivered and not
    requested, in words, until the output is armed again. ``without_response``: so many pulses in a row had no response.
    ``operator_must_arm``: only an operator should arm again, because one switched the output off, pulses were not
    confirmed or not requested, or the device found a fault. ``output`` compares what was requested of the output with
    what the device reports.
    """

    def __init__(self, controller: Controller, bounds: PulseBounds, width_ms: float, pulse_rate_hz: float) -> None:
        """Pulses of ``width_ms`` at ``pulse_rate_hz``, their current chosen by ``controller`` within ``bounds``.

        Raises ValueError where the first would be beyond them.
        """
        first_ma = controller.next_ma()
        why = bounds.refusal(first_ma, width_ms, pulse_rate_hz)
        if why is not None:
            raise ValueError(why)
        self.controller, self.bounds = controller, bounds
        self.width_ms, self.usual_pulse_rate_hz = width_ms, pulse_rate_hz
        self.armed = self.operator_must_arm = False
        self.actions: list[Action] = []
        self.current_ma: float | None = None
        self.delivery_fault: str | None = None
        self.unrequested: str | None = None
        self.arm_refusal: str | None = None
        self.without_response = 0
        self.step_limiter = StepLimiter(first_ma, width_ms)
        self.current_control = CurrentControl(controller)
        self.output = OutputMonitor()
        self._recorded_command: tuple[float | None, float, float] | None = None
        self._account = self._new_account(bounds.current_step_ma)
        self._mismatch: str | None = None
        self._mismatch_t = self._off_t = -math.inf
        self._t = 0.0

    @property
    def pulse_rate_hz(self) -> float:
        """The rate that the controller wants now, within the bounds; the one that was set where it wants none, or where
        the operator has the current.
        """
        wanted = self.controller.next_pulse_rate_hz() if self.current_control.controller_sets_rate else None
        return self.usual_pulse_rate_hz if wanted is None else min(wanted, self.bounds.max_rate_hz)

    @property
    def pulse_width_ms(self) -> float:
        """The width that the controller wants now; the one that was set where it wants none, or where the operator has
        the current.
        """
        wanted = self.controller.next_width_ms() if self.current_control.controller_sets_rate else None
        return self.width_ms if wanted is None else wanted

    @property
    @abstractmethod
    def response_pending(self) -> bool:
        """Whether the next pulse must wait for the answer to the last one."""

    @property
    @abstractmethod
    def pulse_unreported(self) -> bool:
        """Whether a pulse may have been given of which the device has not told yet."""

    @abstractmethod
    def abandon_pending(self) -> Iterator[PendingPulse]:
        """Pulses still not confirmed, of which nothing is to be expected any more."""

    @abstractmethod
    def _new_account(self, step_ma: float) -> Account:
        """An account of the requests, of a stimulator with this step of its current."""

    @abstractmethod
    def _settle(self) -> None:
        """Note that of the pulse under way nothing more is to be expected."""

    @abstractmethod
    def _begin(self, t: float, current_ma: float) -> None:
        """Gather the actions of arming; the first pulse will be of ``current_ma``."""

    @abstractmethod
    def _response_received(self, sample: int) -> None:
        """Note that the pulse at ``sample`` has been answered."""

    @abstractmethod
    def overdue(self, t: float) -> Iterator[Command | PendingPulse]:
        """Give up on what has been waited for too long, armed or not; a pulse that stays unconfirmed comes out."""

    @abstractmethod
    def _continue(self, t: float, state: InterlockConditions) -> Iterator[Command]:
        """Ask for what is due while armed."""

    def execute(self, message: OperatorCommand, t: float, state: InterlockConditions) -> Iterator[Command]:
        """Do at device time ``t`` what the operator asks of the stimulator; other messages ask nothing of it."""
        if isinstance(message, Arm):
            yield from self.arm(t, state, "operator")
        elif isinstance(message, Stop):
            yield from self.disarm("operator")
        elif isinstance(message, TurnDial):
            yield from self.turn(message.steps)
        elif isinstance(message, HoldCurrent | TakeControl):
            yield from self.take(hold=isinstance(message, HoldCurrent))
        elif isinstance(message, ReleaseControl):
            yield from self.release()

    def arm(self, t: float, state: InterlockConditions, by: str) -> Iterator[Command]:
        """Arm the output, or say why not; a refusal switches it off once more, which clears a fault of the device."""
        self._t = t
        why = disarm_reason(state) or no_samples_reason(state) or self._not_calm(t)
        self.arm_refusal = why = why or self.bounds.refusal(
            self._next_ma(), self.pulse_width_ms, self.usual_pulse_rate_hz
        )
        if why is not None:
            self.actions.append(SwitchOutput(on=False))
            yield Command(None, None, None, enabled=False, by="safety", why=f"not armed: {why}")
        elif not self.armed:
            self.armed, self.operator_must_arm, self.delivery_fault = True, False, None
            self.unrequested = self._mismatch = None
            self.current_ma = self._next_ma()
            self._recorded_command = self._now()
            self._account.switch(t, on=True)
            self._begin(t, self.current_ma)
            yield Command(*self._recorded_command, enabled=True, by=by)

    def disarm(self, by: str, why: str | None = None) -> Iterator[Command]:
        """Switch the output off. Asked for even if it is off already: the device may think otherwise."""
        self.actions.append(SwitchOutput(on=False))
        self._account.switch(self._t, on=False)
        self.without_response = 0
        self.operator_must_arm |= by == "operator"
        if self.armed:
            self.armed = False
            yield Command(None, None, None, enabled=False, by=by, why=why)

    def turn(self, steps: int) -> Iterator[Command]:
        """Turn the dial by ``steps``, within the limits; while the controller chooses, or the current is held, there is
        no dial to turn.
        """
        dial = self.current_control.dial
        if dial is None:
            return
        wanted = max(dial.current_ma + steps * DIAL_STEP_MA, self.bounds.current_step_ma)
        dial.current_ma = min(round(wanted, 6), self.bounds.highest_ma(self.width_ms))
        yield self._operator_command(dial.current_ma)

    def take(self, *, hold: bool) -> Iterator[Command]:
        """The operator takes the current as it is now from the controller: to ``hold`` it, or to turn it by hand."""
        now_ma = self.current_ma if self.armed and self.current_ma is not None else self._next_ma()
        if self.current_control.take(now_ma, hold=hold):
            yield self._operator_command(self.current_control.next_ma(), _HELD if hold else _TAKEN_OVER)

    def release(self) -> Iterator[Command]:
        """The operator lets the controller choose again, which goes on from what it has heard meanwhile."""
        if self.current_control.release():
            yield self._operator_command(self.current_ma, _HANDED_BACK)

    def tick(self, t: float, state: InterlockConditions) -> Iterator[Command]:
        """At device time ``t``, after ``overdue``: switch off if something demands it, else ask for what is due."""
        self._t = t
        if not self.armed:
            return
        why = self._mismatch or disarm_reason(state)
        if why is None:
            yield from self._continue(t, state)
            return
        self.operator_must_arm |= state.device_floods
        self.operator_must_arm |= state.device_fault is not None and state.device_fault not in PASSING_FAULTS
        yield from self.disarm("safety", why)

    def reconcile(self, pulse: Pulse, t: float) -> bool:
        """Whether ``pulse``, which began at device time ``t``, was requested as it was given; one that was not ends the
        stimulation, and is none to learn from. Take each as it is reported.
        """
        mismatch = self._account.mismatch(pulse, t)
        if mismatch is None:
            return True
        self._mismatch, self._mismatch_t = mismatch.why, t
        self.unrequested, self.operator_must_arm = _UNREQUESTED.format(mismatch.why), True
        if mismatch.settles:
            self._settle()
        if t - self._off_t >= _REPEAT_OFF_S or self.armed:
            self._off_t = t
            self.actions.append(SwitchOutput(on=False))
        return False

    def check_output(self, t: float, now_ns: int, *, connected: bool) -> Iterator[Command]:
        """Compare the output with what the device reports, at device time ``t`` and host time ``now_ns``.

        One reported off is no longer armed; one not off is requested off again. Either way only an operator arms again.
        """
        output, was_off = self.output, self.output.not_off is None
        output.follow(t, now_ns, wanted=self.armed, connected=connected)
        if self.armed and output.not_on:
            self.operator_must_arm = True
            yield from self.disarm("safety", output.not_on)
        if was_off and output.not_off:
            self.operator_must_arm = True
            self.actions.append(SwitchOutput(on=False))

    def pulse_reported(self, pulse: Pulse) -> None:
        """Take in what the device says of a pulse that was requested."""
        self.delivery_fault = _delivery_fault(pulse)
        if pulse.outcome is Outcome.DELIVERED and pulse.current_ma is not None:
            self.step_limiter.delivered(pulse.current_ma)

    def observe(self, outcome: PulseOutcome, proximity: Proximity) -> None:
        """Receive the ``outcome`` of a pulse, and the estimate after it."""
        self.without_response = 0
        self._response_received(outcome.stimulus.sample)
        if outcome.stimulus.current_ma is not None:
            self.controller.observe(outcome, proximity)

    def _next_ma(self) -> float:
        """What the controller wants, in steps of the device, as far as limits and the last pulse allow."""
        width_ms = self.pulse_width_ms
        highest = min(self.bounds.highest_ma(width_ms), self.step_limiter.highest_ma(width_ms))
        return self.bounds.stepped(min(self.current_control.next_ma(), highest))

    def _refusal(self, current_ma: float, state: InterlockConditions) -> str | None:
        return refusal(state, self.bounds, self.step_limiter, current_ma, self.pulse_width_ms, self.pulse_rate_hz)

    def _not_calm(self, t: float) -> str | None:
        """Why it is too early to arm after pulses that nobody requested."""
        return "pulses come that were not requested" if t - self._mismatch_t < _CALM_S else None

    def _request(self, action: FirePulse | SetTrain, t: float) -> None:
        self.actions.append(action)
        pulse_rate_hz = action.pulse_rate_hz if isinstance(action, SetTrain) else 0.0
        self._account.request(Request(t, action.current_ma, action.width_ms, pulse_rate_hz))
        self.step_limiter.requested(action.current_ma, action.width_ms)
        self.current_ma = action.current_ma

    def _record_change(self) -> Iterator[Command]:
        """The command under way, where it is not the one told last."""
        if self._now() != self._recorded_command:
            self._recorded_command = self._now()
            yield Command(*self._recorded_command, enabled=True, by=self.current_control.by)

    def _now(self) -> tuple[float | None, float, float]:
        """Current, width and rate of the command under way."""
        return self.current_ma, self.pulse_width_ms, self.pulse_rate_hz

    def _operator_command(self, current_ma: float | None, why: str | None = None) -> Command:
        pulse_rate_hz = self.pulse_rate_hz
        return Command(current_ma, self.pulse_width_ms, pulse_rate_hz, enabled=self.armed, by="operator", why=why)


def _delivery_fault(pulse: Pulse) -> str | None:
    """What was wrong with ``pulse``, in words."""
    if pulse.outcome is Outcome.NOT_DELIVERED:
        return _OPEN
    if pulse.outcome is Outcome.UNCONFIRMED:
        return _UNFOUND
    if pulse.compliance and pulse.current_ma is None:
        return (
            f"Less than the {pulse.requested_ma or 0:.2f} mA asked for was delivered: the stimulator is at its voltage "
            "limit. Check the electrodes."
        )
    if pulse.compliance:
        return (
            f"Only {pulse.current_ma or 0:.2f} of {pulse.requested_ma or 0:.2f} mA were delivered: the stimulator is "
            "at its voltage limit. Check the electrodes."
        )
    return None
