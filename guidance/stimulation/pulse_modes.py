"""The two modes of delivery: single pulses on command, or a train that the device continues by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator

from drivers.base import Outcome, Pulse
from guidance.contracts.events import Command
from guidance.stimulation.actions import FirePulse, PendingPulse, SetTrain, SwitchOutput
from guidance.stimulation.control import Stimulation
from guidance.stimulation.controller import Controller
from guidance.stimulation.delivery import SKIPPED, UNCONFIRMED
from guidance.stimulation.interlock import InterlockConditions, PulseBounds
from guidance.stimulation.reconciliation import Account, SingleRequests, TrainRequests

CONFIRM_S = 0.5
"""Seconds after its request within which a pulse must be confirmed by the device."""

RESPONSE_S = 1.0
"""Seconds after its request within which the response to a pulse must be known."""

MOST_UNCONFIRMED = MOST_SKIPPED = 3
"""So many unconfirmed pulses in a row, or pulses that the device skipped, disarm the output."""

_CATCH_UP = 0.1
"""Share of a period by which a pulse may follow its predecessor early, so that the beat is kept."""


_CLOCKS_DIFFER = 0.05
"""Share of the shortest period by which the two clocks and the loop's pace may differ at once (a judgement)."""


class SinglePulses(Stimulation):
    """Single pulses, each requested when the response to the one before is known."""

    def __init__(self, controller: Controller, bounds: PulseBounds, width_ms: float, pulse_rate_hz: float) -> None:
        """Initialize as Stimulation does."""
        super().__init__(controller, bounds, width_ms, pulse_rate_hz)
        self._beat_t = self._fired_t = self._fired_host_s = -math.inf
        self._pending: PendingPulse | None = None
        self._unconfirmed = self._skipped = 0
        self._withheld_reason: str | None = None

    @property
    def response_pending(self) -> bool:
        """Whether the last pulse still waits for its confirmation or its response."""
        return self._pending is not None

    @property
    def pulse_unreported(self) -> bool:
        """Whether the last pulse still waits for its confirmation."""
        return self._pending is not None and self._pending.reported_sample is None

    def abandon_pending(self) -> Iterator[PendingPulse]:
        """Yield the last pulse, if it was never confirmed."""
        pending, self._pending = self._pending, None
        if pending and pending.reported_sample is None:
            yield pending

    def pulse_reported(self, pulse: Pulse) -> None:
        """Receive what the device reports of a pulse; one that was not delivered has no response."""
        super().pulse_reported(pulse)
        if pulse.outcome is Outcome.UNCONFIRMED:
            self._unconfirmed += self._pending is not None
            self._pending = None
            return
        self._unconfirmed = self._skipped = 0
        if pulse.outcome is Outcome.NOT_DELIVERED:
            self._pending = None
        elif self._pending and self._pending.reported_sample is None:
            self._pending.reported_sample = pulse.sample

    def pulse_skipped(self) -> Iterator[Command]:
        """Receive that the device skipped the last pulse: nothing is awaited. Several in a row disarm."""
        self._account.withdraw()
        if self.pulse_unreported:
            self._pending = None
        else:
            self._unconfirmed = max(self._unconfirmed - 1, 0)  # it was given up meanwhile
        self._skipped += 1
        if self.armed and self._skipped >= MOST_SKIPPED:
            self.delivery_fault = SKIPPED
            yield from self.disarm("safety", f"{MOST_SKIPPED} pulses in a row were skipped: the stimulator is slow")
        elif self.armed:
            yield from self._withhold(self.current_ma, "the stimulator was not ready in time")

    def _new_account(self, step_ma: float) -> Account:
        return SingleRequests(step_ma)

    def _settle(self) -> None:
        self._pending = None

    def _response_received(self, sample: int) -> None:
        if self._pending and self._pending.reported_sample == sample:
            self._pending = None

    def _begin(self, t: float, _current_ma: float) -> None:
        self._unconfirmed, self._skipped, self._withheld_reason = 0, 0, None
        self._beat_t = max(self._beat_t, t - 1 / self.pulse_rate_hz)
        self.actions.append(SwitchOutput(on=True))

    def overdue(self, t: float, host_s: float | None = None) -> Iterator[Command | PendingPulse]:
        """Give up the last pulse, as Stimulation does, where its confirmation or its response took too long."""
        pending = self._pending
        if pending and pending.reported_sample is not None and pending.age_s(t, host_s) > RESPONSE_S:
            self._pending = None
            self.without_response += 1
        elif pending and pending.reported_sample is None and pending.age_s(t, host_s) > CONFIRM_S:
            self._unconfirmed += 1
            self.delivery_fault = UNCONFIRMED
            yield from self.abandon_pending()
        if self.armed and self._unconfirmed >= MOST_UNCONFIRMED:
            self.operator_must_arm = True
            yield from self.disarm("safety", f"{MOST_UNCONFIRMED} pulses in a row were not confirmed")

    def _continue(self, t: float, state: InterlockConditions) -> Iterator[Command]:
        due_t = self._due_t
        if t < due_t or self.response_pending or self._is_too_soon:
            return
        current_ma = self._next_ma()
        why = self._refusal(current_ma, state)
        if why is not None:
            yield from self._withhold(current_ma, why)
            return
        self._withheld_reason = None
        self._beat_t, self._fired_t = max(due_t, t - _CATCH_UP / self.pulse_rate_hz), t
        self._fired_host_s = -math.inf if self._host_s is None else self._host_s
        self._pending = PendingPulse(t, current_ma, self.pulse_width_ms, host_s=self._host_s)
        self._request(FirePulse(current_ma, self.pulse_width_ms), t)
        yield from self._record_change()

    @property
    def _due_t(self) -> float:
        """When the next pulse is due, at the rate wanted by now; device time in s."""
        return max(self._beat_t + 1 / self.pulse_rate_hz, self._fired_t + 1 / self.bounds.max_rate_hz)

    @property
    def _is_too_soon(self) -> bool:
        """Whether by the host's clock the next pulse would exceed the highest rate; the device's clock may be wrong."""
        least_s = (1 - _CLOCKS_DIFFER) / self.bounds.max_rate_hz
        return self._host_s is not None and self._host_s - self._fired_host_s < least_s

    def _withhold(self, current_ma: float | None, why: str) -> Iterator[Command]:
        """Record that a pulse is refused: once for as long as the reason stays."""
        if why != self._withheld_reason:
            self._withheld_reason = why
            yield Command(current_ma, self.width_ms, None, enabled=True, by="safety", why=f"pulse withheld: {why}")


class TriggeredPulses(SinglePulses):
    """Single pulses whose current the stimulator's own dial sets. The current is always the one that the dial is taken
    to show, so a step up that is too large is refused and not made smaller.
    """

    def _next_ma(self) -> float:
        return self.current_control.next_ma()


class PulseTrain(Stimulation):
    """Trains of a device that gives no single pulses. It pulses by itself while its output is on, and the output stays
    on only as long as the interlock allows and responses come.
    """

    def __init__(self, controller: Controller, bounds: PulseBounds, width_ms: float, pulse_rate_hz: float) -> None:
        """Initialize as Stimulation does."""
        super().__init__(controller, bounds, width_ms, pulse_rate_hz)
        self._lapses_t = 0.0
        self._lapses_host_s: float | None = None
        self._train_rate_hz = pulse_rate_hz
        self._response_known = False

    @property
    def response_pending(self) -> bool:
        """Whether the next pulse must wait: never, but without responses the train lapses."""
        return False

    @property
    def pulse_unreported(self) -> bool:
        """Whether a pulse may be unreported: at any time while the train runs."""
        return self.armed

    def abandon_pending(self) -> Iterator[PendingPulse]:
        """Yield nothing: no pulse is requested by itself."""
        return iter(())

    def pulse_reported(self, pulse: Pulse) -> None:
        """Receive what the device reports of a pulse; one that was not delivered has no response."""
        super().pulse_reported(pulse)
        self._response_known |= pulse.outcome is Outcome.NOT_DELIVERED

    def _new_account(self, step_ma: float) -> Account:
        return TrainRequests(step_ma)

    def _settle(self) -> None:
        """Do nothing: no pulse is awaited by itself."""

    def _response_received(self, _sample: int) -> None:
        self._response_known = True

    def _begin(self, t: float, current_ma: float) -> None:
        self._extend(t, self._host_s)
        self._train(current_ma, t)
        self.actions.append(SwitchOutput(on=True))

    def overdue(self, t: float, host_s: float | None = None) -> Iterator[Command | PendingPulse]:
        """Let the train lapse, as Stimulation does, where nothing is known of its pulses for too long."""
        if self._response_known:
            self._extend(t, host_s)
        late = host_s is not None and self._lapses_host_s is not None and host_s > self._lapses_host_s
        if self.armed and (t > self._lapses_t or late):
            self.operator_must_arm, self.delivery_fault = True, UNCONFIRMED
            yield from self.disarm("safety", "the pulses of the train are not confirmed, or have no known response")

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

    def _extend(self, t: float, host_s: float | None) -> None:
        self._response_known = False
        lasts_s = 1 / min(self._train_rate_hz, self.pulse_rate_hz) + RESPONSE_S
        self._lapses_t, self._lapses_host_s = t + lasts_s, None if host_s is None else host_s + lasts_s
