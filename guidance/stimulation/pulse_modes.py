"""The two ways to have pulses delivered: one by one on command, or as a train that the device keeps up by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator

from drivers.base import Outcome, Pulse
from guidance.contracts.events import Command
from guidance.stimulation.actions import FirePulse, PendingPulse, SetTrain, SwitchOutput
from guidance.stimulation.control import Stimulation
from guidance.stimulation.controller import Controller
from guidance.stimulation.delivery import UNCONFIRMED
from guidance.stimulation.interlock import InterlockConditions, PulseBounds
from guidance.stimulation.reconciliation import Account, SingleRequests, TrainRequests

CONFIRM_S = 0.5
RESPONSE_S = 1.0
MOST_UNCONFIRMED = 3

_CATCH_UP = 0.1
"""Share of a period by which a pulse may follow its predecessor early, so that the beat is kept."""


class SinglePulses(Stimulation):
    """Each pulse is asked for by itself, when the one before has been answered."""

    def __init__(self, controller: Controller, bounds: PulseBounds, width_ms: float, pulse_rate_hz: float) -> None:
        """As Stimulation."""
        super().__init__(controller, bounds, width_ms, pulse_rate_hz)
        self._beat_t = self._fired_t = -math.inf
        self._pending: PendingPulse | None = None
        self._unconfirmed = 0
        self._withheld_reason: str | None = None

    @property
    def response_pending(self) -> bool:
        """Whether the last pulse still waits to be confirmed or answered."""
        return self._pending is not None

    @property
    def pulse_unreported(self) -> bool:
        """Whether the last pulse still waits to be confirmed."""
        return self._pending is not None and self._pending.reported_sample is None

    def abandon_pending(self) -> Iterator[PendingPulse]:
        """The last pulse, if it was never confirmed."""
        pending, self._pending = self._pending, None
        if pending and pending.reported_sample is None:
            yield pending

    def pulse_reported(self, pulse: Pulse) -> None:
        """Take in what the device says of a pulse; one that was not delivered has no answer."""
        super().pulse_reported(pulse)
        if pulse.outcome is Outcome.UNCONFIRMED:
            self._unconfirmed += self._pending is not None
            self._pending = None
            return
        self._unconfirmed = 0
        if pulse.outcome is Outcome.NOT_DELIVERED:
            self._pending = None
        elif self._pending and self._pending.reported_sample is None:
            self._pending.reported_sample = pulse.sample

    def _new_account(self, step_ma: float) -> Account:
        return SingleRequests(step_ma)

    def _settle(self) -> None:
        self._pending = None

    def _response_received(self, sample: int) -> None:
        if self._pending and self._pending.reported_sample == sample:
            self._pending = None

    def _begin(self, t: float, _current_ma: float) -> None:
        self._unconfirmed, self._withheld_reason = 0, None
        self._beat_t = max(self._beat_t, t - 1 / self.pulse_rate_hz)
        self.actions.append(SwitchOutput(on=True))

    def overdue(self, t: float) -> Iterator[Command | PendingPulse]:
        """As Stimulation: the last pulse waits so long to be confirmed, and then to be answered."""
        pending = self._pending
        if pending and pending.reported_sample is not None and t - pending.t > RESPONSE_S:
            self._pending = None
            self.without_response += 1
        elif pending and pending.reported_sample is None and t - pending.t > CONFIRM_S:
            self._unconfirmed += 1
            self.delivery_fault = UNCONFIRMED
            yield from self.abandon_pending()
        if self.armed and self._unconfirmed >= MOST_UNCONFIRMED:
            self.operator_must_arm = True
            yield from self.disarm("safety", f"{MOST_UNCONFIRMED} pulses in a row were not confirmed")

    def _continue(self, t: float, state: InterlockConditions) -> Iterator[Command]:
        due_t = self._due_t
        if t < due_t or self.response_pending:
            return
        current_ma = self._next_ma()
        why = self._refusal(current_ma, state)
        if why is not None:
            yield from self._withhold(current_ma, why)
            return
        self._withheld_reason = None
        self._beat_t, self._fired_t = max(due_t, t - _CATCH_UP / self.pulse_rate_hz), t
        self._pending = PendingPulse(t, current_ma, self.pulse_width_ms)
        self._request(FirePulse(current_ma, self.pulse_width_ms), t)
        yield from self._record_change()

    @property
    def _due_t(self) -> float:
        """When the next pulse is due, at the rate wanted by now."""
        return max(self._beat_t + 1 / self.pulse_rate_hz, self._fired_t + 1 / self.bounds.max_rate_hz)

    def _withhold(self, current_ma: float, why: str) -> Iterator[Command]:
        """Tell of a pulse that is refused: once for as long as the reason stays."""
        if why != self._withheld_reason:
            self._withheld_reason = why
            yield Command(current_ma, self.width_ms, None, enabled=True, by="safety", why=f"pulse withheld: {why}")


class TriggeredPulses(SinglePulses):
    """Pulses whose current the stimulator's own dial sets: it is never taken for another than the dial is said to show,
    so that a step up too large is refused and not made smaller.
    """

    def _next_ma(self) -> float:
        return self.current_control.next_ma()


class PulseTrain(Stimulation):
    """A device that knows trains only: it pulses by itself while its output is on, which it is not for a moment longer
    than the interlock allows and answers keep coming.
    """

    def __init__(self, controller: Controller, bounds: PulseBounds, width_ms: float, pulse_rate_hz: float) -> None:
        """As Stimulation."""
        super().__init__(controller, bounds, width_ms, pulse_rate_hz)
        self._lapses_t = 0.0
        self._train_rate_hz = pulse_rate_hz
        self._response_known = False

    @property
    def response_pending(self) -> bool:
        """Never: nothing waits for an answer here, but the train lapses without."""
        return False

    @property
    def pulse_unreported(self) -> bool:
        """At any time while the train runs."""
        return self.armed

    def abandon_pending(self) -> Iterator[PendingPulse]:
        """Nothing: no pulse is asked for by itself."""
        return iter(())

    def pulse_reported(self, pulse: Pulse) -> None:
        """Take in what the device says of a pulse; one that was not delivered has no answer."""
        super().pulse_reported(pulse)
        self._response_known |= pulse.outcome is Outcome.NOT_DELIVERED

    def _new_account(self, step_ma: float) -> Account:
        return TrainRequests(step_ma)

    def _settle(self) -> None:
        """Nothing waits here."""

    def _response_received(self, _sample: int) -> None:
        self._response_known = True

    def _begin(self, t: float, current_ma: float) -> None:
        self._extend(t)
        self._train(current_ma, t)
        self.actions.append(SwitchOutput(on=True))

    def overdue(self, t: float) -> Iterator[Command | PendingPulse]:
        """As Stimulation: the train lapses where its pulses are not heard of."""
        if self._response_known:
            self._extend(t)
        if self.armed and t > self._lapses_t:
            self.operator_must_arm, self.delivery_fault = True, UNCONFIRMED
            yield from self.disarm("safety", "the pulses of the train are not confirmed and answered")

    def _continue(self, t: float, state: InterlockConditions) -> Iterator[Command]:
        current_ma = self._next_ma()
        why = self._refusal(current_ma, state)
        if why is not None:
            yield from self.disarm("safety", why)
        elif (current_ma, self.pulse_rate_hz) != (self.current_ma, self._train_rate_hz):
            self._train(current_ma, t)
            yield from self._record_change()

    def _train(self, current_ma: float, t: float) -> None:
        self._train_rate_hz = self.pulse_rate_hz
        self._request(SetTrain(current_ma, self.width_ms, self._train_rate_hz), t)

    def _extend(self, t: float) -> None:
        self._response_known = False
        self._lapses_t = t + 1 / min(self._train_rate_hz, self.pulse_rate_hz) + RESPONSE_S
