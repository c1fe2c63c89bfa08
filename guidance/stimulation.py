"""The stimulator as the engine sees it: armed or not, which pulse next, and what became of the last one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.base import Outcome, Pulse
from guidance.controller import Controller, Dial
from guidance.events import Command, Proximity, Response
from guidance.interlock import Bounds, Conditions, disarming, refusal

CONFIRM_S = 0.4
ANSWER_S = 1.0
MOST_UNCONFIRMED = 3
DIAL_STEP_MA = 0.05


@dataclass(frozen=True, slots=True)
class Output:
    """Ask the device to arm or disarm its output."""

    on: bool


@dataclass(frozen=True, slots=True)
class Fire:
    """Ask the device for one pulse."""

    current_ma: float
    width_ms: float


@dataclass(frozen=True, slots=True)
class Train:
    """Ask a device that knows no single pulses for a train, delivered while its output is on."""

    current_ma: float
    width_ms: float
    rate_hz: float


Action = Output | Fire | Train


@dataclass(slots=True)
class _Fired:
    t: float
    seen: int | None = None


class Stimulation:
    """Decides when a pulse is due and asks the interlock; gathers the actions that the host carries out.

    ``suspect``: the device did not confirm several pulses in a row; only an operator should arm it again.
    """

    def __init__(
        self, controller: Controller, bounds: Bounds, width_ms: float, rate_hz: float, *, single_pulses: bool
    ) -> None:
        """Pulses of ``width_ms`` at ``rate_hz``, their current chosen by ``controller`` within ``bounds``."""
        self.controller, self.bounds = controller, bounds
        self.width_ms, self.rate_hz = width_ms, rate_hz
        self.armed = self.suspect = False
        self.actions: list[Action] = []
        self.current_ma: float | None = None
        self.amiss: str | None = None
        self._single = single_pulses
        self._due_t = 0.0
        self._fired: _Fired | None = None
        self._unconfirmed = 0
        self._said: tuple[object, ...] = ()

    def arm(self, state: Conditions, by: str) -> Iterator[Command]:
        """Arm the output, or say why not."""
        why = disarming(state) or self.bounds.refusal(self.controller.next_ma(), self.width_ms, self.rate_hz)
        if why is not None:
            yield Command(None, None, None, enabled=False, by="safety", why=f"not armed: {why}")
        elif not self.armed:
            self.armed, self.current_ma, self._fired, self._unconfirmed = True, None, None, 0
            if not self._single:
                self._set_train(self.bounds.step_up(None, self.controller.next_ma()))
            self.actions.append(Output(on=True))
            yield Command(self.current_ma, self.width_ms, self.rate_hz, enabled=True, by=by)

    def disarm(self, by: str, why: str | None = None) -> Iterator[Command]:
        """Switch the output off. Asked for even if it is off already: the device may think otherwise."""
        self.actions.append(Output(on=False))
        if self.armed:
            self.armed, self._fired, self._said = False, None, ()
            yield Command(None, None, None, enabled=False, by=by, why=why)

    def turn(self, steps: int) -> Iterator[Command]:
        """Turn the dial by ``steps``, within the limits; in automatic mode there is no dial to turn."""
        if not isinstance(self.controller, Dial):
            return
        wanted = max(self.controller.current_ma + steps * DIAL_STEP_MA, 0.0)
        self.controller.current_ma = min(round(wanted, 3), self.bounds.max_current_ma)
        yield Command(self.controller.current_ma, self.width_ms, self.rate_hz, enabled=self.armed, by="operator")

    @property
    def answer_pending(self) -> bool:
        """Whether the last pulse still waits to be confirmed or answered."""
        return self._fired is not None

    def tick(self, t: float, state: Conditions) -> Iterator[Command]:
        """At device time ``t``: switch off if something demands it, else ask for the pulse that is due."""
        if not self.armed:
            return
        why = disarming(state)
        if why is not None:
            yield from self.disarm("safety", why)
            return
        yield from self._give_up_waiting(t)
        if self.armed and t >= self._due_t:
            yield from self._next(t, state)

    def _next(self, t: float, state: Conditions) -> Iterator[Command]:
        wanted = self.controller.next_ma()
        current_ma = self.bounds.step_up(self.current_ma, wanted)
        why = refusal(state, self.bounds, current_ma, self.width_ms, self.rate_hz, self.current_ma)
        if why is not None:
            if not self._single:
                yield from self.disarm("safety", why)
            elif self._changed("withheld", why) and not state.answer_pending:
                yield Command(current_ma, self.width_ms, None, enabled=True, by="safety", why=f"pulse withheld: {why}")
            return
        self._due_t = max(self._due_t + 1 / self.rate_hz, t + 0.5 / self.rate_hz)
        self._fired = _Fired(t)
        if self._single:
            self.current_ma = current_ma
            self.actions.append(Fire(current_ma, self.width_ms))
        elif current_ma != self.current_ma:
            self._set_train(current_ma)
        if self._changed(current_ma, self.width_ms, self.rate_hz):
            yield Command(current_ma, self.width_ms, self.rate_hz, enabled=True, by="controller")

    def _set_train(self, current_ma: float) -> None:
        self.current_ma = current_ma
        self.actions.append(Train(current_ma, self.width_ms, self.rate_hz))

    def _changed(self, *said: object) -> bool:
        changed, self._said = said != self._said, said
        return changed

    def pulse_seen(self, pulse: Pulse) -> str | None:
        """Take in what the device says of a pulse; what was amiss with it, in words."""
        self._unconfirmed = 0
        if self._fired:
            self._fired.seen = pulse.sample
        if pulse.outcome is Outcome.NOT_DELIVERED:
            self._fired = None
            return "Nothing was delivered: the circuit is open. Check needle cable and return electrode."
        if pulse.compliance:
            return (
                f"Only {pulse.current_ma or 0:.2f} of {pulse.requested_ma or 0:.2f} mA were delivered: the stimulator "
                "is at its voltage limit. Check the electrodes."
            )
        return None

    def answered(self, sample: int, current_ma: float | None, response: Response, proximity: Proximity) -> None:
        """Take in the answer to the pulse at ``sample``."""
        if self._fired and self._fired.seen == sample:
            self._fired = None
        if current_ma is not None:
            self.controller.heard(current_ma, response, proximity)

    def _give_up_waiting(self, t: float) -> Iterator[Command]:
        self.amiss = None
        fired = self._fired
        if fired is None:
            return
        if fired.seen is None and t - fired.t > CONFIRM_S:
            self._fired = None
            self._unconfirmed += 1
            self.amiss = "The last pulse is unconfirmed: it may or may not have been delivered."
            if self._unconfirmed >= MOST_UNCONFIRMED:
                self.suspect = True
                yield from self.disarm("safety", f"{MOST_UNCONFIRMED} pulses in a row were not confirmed")
        elif t - fired.t > ANSWER_S:
            self._fired = None
