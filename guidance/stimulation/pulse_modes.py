"""The two ways to have pulses delivered: one by one on command, or as a train that the device keeps up by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator

from drivers.base import Outcome, Pulse
from guidance.contracts.events import Command
from guidance.stimulation.control import UNCONFIRMED, FirePulse, PendingPulse, SetTrain, Stimulation, SwitchOutput
from guidance.stimulation.controller import Controller
from guidance.stimulation.interlock import InterlockConditions, PulseBounds
from guidance.stimulation.reconciliation import Account, SingleRequests, TrainRequests

CONFIRM_S = 0.5
ANSWER_S = 1.0
MOST_UNCONFIRMED = 3

_CATCH_UP = 0.1
"""Share of a period by which a pulse may follow its predecessor early, so that the beat is kept."""


class SinglePulses(Stimulation):
    """Each pulse is asked for by itself, when the one before has been answered."""

    def __init__(self, controller: Controller, bounds: PulseBounds, width_ms: float, rate_hz: float) -> None:
        """As Stimulation."""
        super().__init__(controller, bounds, width_ms, rate_hz)
        self._beat_t = self._fired_t = -math.inf
        self._asked: PendingPulse | None = None
        self._unconfirmed = 0
        self._withheld: str | None = None

    @property
    def response_pending(self) -> bool:
        """Whether the last pulse still waits to be confirmed or answered."""
        return self._asked is not None

    @property
    def pulse_unreported(self) -> bool:
        """Whether the last pulse still waits to be confirmed."""
        return self._asked is not None and self._asked.seen is None

    def give_up(self) -> Iterator[PendingPulse]:
        """The last pulse, if it was never confirmed."""
        asked, self._asked = self._asked, None
        if asked and asked.seen is None:
            yield asked

    def pulse_seen(self, pulse: Pulse) -> None:
        """Take in what the device says of a pulse; one that was not delivered has no answer."""
        super().pulse_seen(pulse)
        if pulse.outcome is Outcome.UNCONFIRMED:
            self._unconfirmed += self._asked is not None
            self._asked = None
            return
        self._unconfirmed = 0
        if pulse.outcome is Outcome.NOT_DELIVERED:
            self._asked = None
        elif self._asked and self._asked.seen is None:
            self._asked.seen = pulse.sample

    def _new_account(self, step_ma: float) -> Account:
        return SingleRequests(step_ma)

    def _settle(self) -> None:
        self._asked = None

    def _hear(self, sample: int) -> None:
        if self._asked and self._asked.seen == sample:
            self._asked = None

    def _begin(self, t: float, _current_ma: float) -> None:
        self._unconfirmed, self._withheld = 0, None
        self._beat_t = max(self._beat_t, t - 1 / self.pulse_rate_hz)
        self.actions.append(SwitchOutput(on=True))

    def overdue(self, t: float) -> Iterator[Command | PendingPulse]:
        """As Stimulation: the last pulse waits so long to be confirmed, and then to be answered."""
        asked = self._asked
        if asked and asked.seen is not None and t - asked.t > ANSWER_S:
            self._asked = None
            self.without_response += 1
        elif asked and asked.seen is None and t - asked.t > CONFIRM_S:
            self._unconfirmed += 1
            self.delivery_fault = UNCONFIRMED
            yield from self.give_up()
        if self.armed and self._unconfirmed >= MOST_UNCONFIRMED:
            self.suspect = True
            yield from self.disarm("safety", f"{MOST_UNCONFIRMED} pulses in a row were not confirmed")

    def _go_on(self, t: float, state: InterlockConditions) -> Iterator[Command]:
        due_t = self._due_t
        if t < due_t or self.response_pending:
            return
        current_ma = self._next_ma()
        why = self._refusal(current_ma, state)
        if why is not None:
            yield from self._withhold(current_ma, why)
            return
        self._withheld = None
        self._beat_t, self._fired_t = max(due_t, t - _CATCH_UP / self.pulse_rate_hz), t
        self._asked = PendingPulse(t, current_ma, self.pulse_width_ms)
        self._ask(FirePulse(current_ma, self.pulse_width_ms), t)
        yield from self._tell()

    @property
    def _due_t(self) -> float:
        """When the next pulse is due, at the rate wanted by now."""
        return max(self._beat_t + 1 / self.pulse_rate_hz, self._fired_t + 1 / self.bounds.max_rate_hz)

    def _withhold(self, current_ma: float, why: str) -> Iterator[Command]:
        """Tell of a pulse that is refused: once for as long as the reason stays."""
        if why != self._withheld:
            self._withheld = why
            yield Command(current_ma, self.width_ms, None, enabled=True, by="safety", why=f"pulse withheld: {why}")


class TriggeredPulses(SinglePulses):
    """Pulses whose current the stimulator's own dial sets: it is never taken for another than the dial is said to show,
    so that a step up too large is refused and not made smaller.
    """

    def _next_ma(self) -> float:
        return self.hand.next_ma()


class PulseTrain(Stimulation):
    """A device that knows trains only: it pulses by itself while its output is on, which it is not for a moment longer
    than the interlock allows and answers keep coming.
    """

    def __init__(self, controller: Controller, bounds: PulseBounds, width_ms: float, rate_hz: float) -> None:
        """As Stimulation."""
        super().__init__(controller, bounds, width_ms, rate_hz)
        self._lapses_t = 0.0
        self._train_hz = rate_hz
        self._heard = False

    @property
    def response_pending(self) -> bool:
        """Never: nothing waits for an answer here, but the train lapses without."""
        return False

    @property
    def pulse_unreported(self) -> bool:
        """At any time while the train runs."""
        return self.armed

    def give_up(self) -> Iterator[PendingPulse]:
        """Nothing: no pulse is asked for by itself."""
        return iter(())

    def pulse_seen(self, pulse: Pulse) -> None:
        """Take in what the device says of a pulse; one that was not delivered has no answer."""
        super().pulse_seen(pulse)
        self._heard |= pulse.outcome is Outcome.NOT_DELIVERED

    def _new_account(self, step_ma: float) -> Account:
        return TrainRequests(step_ma)

    def _settle(self) -> None:
        """Nothing waits here."""

    def _hear(self, _sample: int) -> None:
        self._heard = True

    def _begin(self, t: float, current_ma: float) -> None:
        self._extend(t)
        self._train(current_ma, t)
        self.actions.append(SwitchOutput(on=True))

    def overdue(self, t: float) -> Iterator[Command | PendingPulse]:
        """As Stimulation: the train lapses where its pulses are not heard of."""
        if self._heard:
            self._extend(t)
        if self.armed and t > self._lapses_t:
            self.suspect, self.delivery_fault = True, UNCONFIRMED
            yield from self.disarm("safety", "the pulses of the train are not confirmed and answered")

    def _go_on(self, t: float, state: InterlockConditions) -> Iterator[Command]:
        current_ma = self._next_ma()
        why = self._refusal(current_ma, state)
        if why is not None:
            yield from self.disarm("safety", why)
        elif (current_ma, self.pulse_rate_hz) != (self.current_ma, self._train_hz):
            self._train(current_ma, t)
            yield from self._tell()

    def _train(self, current_ma: float, t: float) -> None:
        self._train_hz = self.pulse_rate_hz
        self._ask(SetTrain(current_ma, self.width_ms, self._train_hz), t)

    def _extend(self, t: float) -> None:
        self._heard = False
        self._lapses_t = t + 1 / min(self._train_hz, self.pulse_rate_hz) + ANSWER_S
