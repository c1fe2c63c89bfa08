"""The stimulator as the engine controls it: armed or not, which pulse next, and what became of the last one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

from drivers.base import Outcome, Pulse
from guidance.contracts.commands import Arm, HoldCurrent, OperatorCommand, ReleaseControl, Stop, TakeControl, TurnDial
from guidance.contracts.events import Command, Proximity, PulseOutcome
from guidance.stimulation.actions import PendingPulse, SwitchOutput
from guidance.stimulation.controller import Controller
from guidance.stimulation.current_control import DIAL_STEP_MA
from guidance.stimulation.delivery import UnrequestedPulses, delivery_fault
from guidance.stimulation.interlock import (
    InterlockConditions,
    PulseBounds,
    disarm_reason,
    no_samples_reason,
)
from guidance.stimulation.output_state import OutputMonitor
from guidance.stimulation.pulse_requests import PulseRequests

PASSING_FAULTS = {"host lost", "open circuit"}
"""Faults of the device after which a headless run may arm again by itself."""

_HELD, _TAKEN_OVER = "the current is held", "the operator owns the current"
_RELEASED = "the controller owns the current again"


class Stimulation(PulseRequests):
    """Control of the stimulator: it decides when a pulse is due, consults the interlock, and gathers the actions that
    the host carries out.

    ``current_control``: who owns the current. ``arm_refusal``: why the last request to arm was refused, in words.
    ``delivery_fault``: what was wrong with the last pulse, in words. ``without_response``: so many pulses in a row had
    no response. ``operator_must_arm``: only an operator should arm again, because one switched the output off, pulses
    were not confirmed or not requested, or the device found a fault. ``output`` compares what was requested of the
    output with what the device reports.
    """

    def __init__(self, controller: Controller, bounds: PulseBounds, width_ms: float, pulse_rate_hz: float) -> None:
        """Request pulses of ``width_ms`` at ``pulse_rate_hz``, with currents of ``controller`` within ``bounds``.

        Raises ValueError where the first pulse would be beyond them.
        """
        super().__init__(controller, bounds, width_ms, pulse_rate_hz)
        self.armed = self.operator_must_arm = False
        self.delivery_fault: str | None = None
        self.arm_refusal: str | None = None
        self.without_response = 0
        self.output = OutputMonitor()
        self._unrequested = UnrequestedPulses()
        self._t = 0.0
        self._host_s: float | None = None

    @property
    def unrequested(self) -> str | None:
        """What was delivered and not requested, as a sentence, until the output is armed again."""
        return self._unrequested.text

    @property
    @abstractmethod
    def response_pending(self) -> bool:
        """Whether the next pulse must wait for the response to the last one."""

    @property
    @abstractmethod
    def pulse_unreported(self) -> bool:
        """Whether a pulse may have been given that the device has not reported yet."""

    @abstractmethod
    def abandon_pending(self) -> Iterator[PendingPulse]:
        """Yield pulses that were never confirmed, and wait for them no longer."""

    @abstractmethod
    def _settle(self) -> None:
        """Wait no longer for the pulse under way."""

    @abstractmethod
    def _begin(self, t: float, current_ma: float) -> None:
        """Gather the actions of arming; the first pulse will be of ``current_ma``."""

    @abstractmethod
    def _response_received(self, sample: int) -> None:
        """Note that the response to the pulse at ``sample`` is known."""

    @abstractmethod
    def overdue(self, t: float, host_s: float | None = None) -> Iterator[Command | PendingPulse]:
        """Give up what has been awaited for too long by either clock (s), armed or not; yield a pulse that stays
        unconfirmed.
        """

    @abstractmethod
    def _continue(self, t: float, state: InterlockConditions) -> Iterator[Command]:
        """Request what is due while armed."""

    def execute(self, command: OperatorCommand, t: float, state: InterlockConditions) -> Iterator[Command]:
        """Execute the operator's ``command`` at device time ``t``; ignore one that does not concern the stimulator."""
        if isinstance(command, Arm):
            yield from self.arm(t, state, "operator")
        elif isinstance(command, Stop):
            yield from self.disarm("operator")
        elif isinstance(command, TurnDial):
            yield from self.turn(command.steps)
        elif isinstance(command, HoldCurrent | TakeControl):
            yield from self.take(hold=isinstance(command, HoldCurrent))
        elif isinstance(command, ReleaseControl):
            yield from self.release()

    def arm(self, t: float, state: InterlockConditions, by: str) -> Iterator[Command]:
        """Arm the output, or refuse with a reason; a refusal requests off again, which clears a fault of the device."""
        self._t, self._host_s = t, state.host_s
        why = disarm_reason(state) or no_samples_reason(state) or self._unrequested.refusal(t)
        why = why or self.bounds.refusal(self._next_ma(), self.pulse_width_ms, self.usual_pulse_rate_hz)
        self.arm_refusal = why
        if why is not None:
            yield from self.refuse(why)
        elif not self.armed:
            self.armed, self.operator_must_arm, self.delivery_fault = True, False, None
            self._unrequested.clear()
            self.current_ma = self._next_ma()
            self._recorded_command = self._now()
            self._account.switch(t, on=True)
            self._begin(t, self.current_ma)
            yield Command(*self._recorded_command, enabled=True, by=by)

    def refuse(self, why: str) -> Iterator[Command]:
        """Refuse to arm because of ``why``; request off again, and yield the refusal."""
        self.arm_refusal = why
        self.actions.append(SwitchOutput(on=False))
        yield Command(None, None, None, enabled=False, by="safety", why=f"not armed: {why}")

    def disarm(self, by: str, why: str | None = None) -> Iterator[Command]:
        """Switch the output off; request it even if it is off already, since the device's state may differ."""
        self.actions.append(SwitchOutput(on=False))
        self._account.switch(self._t, on=False)
        self.without_response = 0
        self.operator_must_arm |= by == "operator"
        if self.armed:
            self.armed = False
            yield Command(None, None, None, enabled=False, by=by, why=why)

    def turn(self, steps: int) -> Iterator[Command]:
        """Turn the dial by ``steps``, within the limits; without effect while the controller owns the current, or it is
        held.
        """
        dial = self.current_control.dial
        if dial is None:
            return
        wanted = max(dial.current_ma + steps * DIAL_STEP_MA, self.bounds.current_step_ma)
        dial.current_ma = min(round(wanted, 6), self.bounds.highest_ma(self.width_ms))
        yield self._operator_command(dial.current_ma)

    def take(self, *, hold: bool) -> Iterator[Command]:
        """Let the operator take the present current from the controller: to ``hold`` it, or to turn it by a dial."""
        now_ma = self.current_ma if self.armed and self.current_ma is not None else self._next_ma()
        if self.current_control.take(now_ma, hold=hold):
            yield self._operator_command(self.current_control.next_ma(), _HELD if hold else _TAKEN_OVER)

    def release(self) -> Iterator[Command]:
        """Return the current to the controller, which continues from what it has learned meanwhile."""
        if self.current_control.release():
            yield self._operator_command(self.current_ma, _RELEASED)

    def tick(self, t: float, state: InterlockConditions) -> Iterator[Command]:
        """Switch off at device time ``t`` if something demands it, else request what is due; call after ``overdue``."""
        self._t, self._host_s = t, state.host_s
        if not self.armed:
            return
        why = self._unrequested.why or disarm_reason(state)
        if why is None:
            yield from self._continue(t, state)
            return
        self.operator_must_arm |= state.device_floods or state.clock_wrong or state.reports_late
        self.operator_must_arm |= state.device_fault is not None and state.device_fault not in PASSING_FAULTS
        yield from self.disarm("safety", why)

    def reconcile(self, pulse: Pulse, t: float) -> bool:
        """Return whether ``pulse``, which began at device time ``t``, was requested as it was given; pass each pulse as
        it is reported. One that was not requested ends the stimulation, and nothing is learned from it.
        """
        mismatch = self._account.mismatch(pulse, t)
        if mismatch is None:
            return True
        self._unrequested.add(mismatch, t)
        self.operator_must_arm = True
        if mismatch.settles:
            self._settle()
        if self._unrequested.needs_off(armed=self.armed):
            self.actions.append(SwitchOutput(on=False))
        return False

    def check_output(self, t: float, now_ns: int, *, connected: bool) -> Iterator[Command]:
        """Compare the output with what the device reports, at device time ``t`` and host time ``now_ns``.

        If it is reported off, it is no longer armed; if it is not off, off is requested again. In both cases only an
        operator arms again.
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
        """Receive what the device reports of a pulse that was requested."""
        self.delivery_fault = delivery_fault(pulse)
        if pulse.outcome is Outcome.DELIVERED and pulse.current_ma is not None:
            self.step_limiter.delivered(pulse.current_ma)

    def pulse_skipped(self) -> Iterator[Command]:
        """Receive that the device skipped the last pulse; a train lapses by itself where its pulses do not come."""
        return iter(())

    def observe(self, outcome: PulseOutcome, proximity: Proximity) -> None:
        """Receive the ``outcome`` of a pulse, and the estimate after it."""
        self.without_response = 0
        self._response_received(outcome.stimulus.sample)
        if outcome.stimulus.current_ma is not None:
            self.controller.observe(outcome, proximity)

    def _operator_command(self, current_ma: float | None, why: str | None = None) -> Command:
        pulse_rate_hz = self.pulse_rate_hz
        return Command(current_ma, self.pulse_width_ms, pulse_rate_hz, enabled=self.armed, by="operator", why=why)
