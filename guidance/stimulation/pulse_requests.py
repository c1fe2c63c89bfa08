"""Requests for pulses: the current, width and rate that are wanted, within the bounds, and the account of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from guidance.contracts.events import Command
from guidance.stimulation.actions import Action, FirePulse, SetTrain
from guidance.stimulation.controller import Controller
from guidance.stimulation.current_control import CurrentControl
from guidance.stimulation.interlock import InterlockConditions, PulseBounds, StepLimiter, refusal
from guidance.stimulation.reconciliation import Account, Request


class PulseRequests(ABC):
    """Requests to one stimulator, which gather as ``actions``.

    ``width_ms`` and ``usual_pulse_rate_hz`` are used where the controller wants no others. ``current_ma`` is that of
    the last request, None before the first. ``current_control``: who owns the current.
    """

    def __init__(self, controller: Controller, bounds: PulseBounds, width_ms: float, pulse_rate_hz: float) -> None:
        """Begin without a request. Raises ValueError where the first pulse would be beyond ``bounds``."""
        first_ma = controller.next_ma()
        why = bounds.refusal(first_ma, width_ms, pulse_rate_hz)
        if why is not None:
            raise ValueError(why)
        self.controller, self.bounds = controller, bounds
        self.width_ms, self.usual_pulse_rate_hz = width_ms, pulse_rate_hz
        self.actions: list[Action] = []
        self.current_ma: float | None = None
        self.step_limiter = StepLimiter(first_ma, width_ms)
        self.current_control = CurrentControl(controller)
        self._recorded_command: tuple[float | None, float, float] | None = None
        self._account = self._new_account(bounds.current_step_ma)

    @property
    def pulse_rate_hz(self) -> float:
        """The rate that the controller wants now, within the bounds; the usual one where it wants none, or where the
        operator owns the current.
        """
        wanted = self.controller.next_pulse_rate_hz() if self.current_control.controller_sets_rate else None
        return self.usual_pulse_rate_hz if wanted is None else min(wanted, self.bounds.max_rate_hz)

    @property
    def pulse_width_ms(self) -> float:
        """The width that the controller wants now; the usual one where it wants none, or where the operator owns the
        current.
        """
        wanted = self.controller.next_width_ms() if self.current_control.controller_sets_rate else None
        return self.width_ms if wanted is None else wanted

    @abstractmethod
    def _new_account(self, step_ma: float) -> Account:
        """Return an account of the requests to a stimulator with this step of its current."""

    def _next_ma(self) -> float:
        """Return the current that is wanted, in steps of the device, as far as limits and the last pulse allow."""
        width_ms = self.pulse_width_ms
        highest = min(self.bounds.highest_ma(width_ms), self.step_limiter.highest_ma(width_ms))
        return self.bounds.stepped(min(self.current_control.next_ma(), highest))

    def _refusal(self, current_ma: float, state: InterlockConditions) -> str | None:
        return refusal(state, self.bounds, self.step_limiter, current_ma, self.pulse_width_ms, self.pulse_rate_hz)

    def _request(self, action: FirePulse | SetTrain, t: float) -> None:
        self.actions.append(action)
        pulse_rate_hz = action.pulse_rate_hz if isinstance(action, SetTrain) else 0.0
        self._account.request(Request(t, action.current_ma, action.width_ms, pulse_rate_hz))
        self.step_limiter.requested(action.current_ma, action.width_ms)
        self.current_ma = action.current_ma

    def _record_change(self) -> Iterator[Command]:
        """Yield the command under way where it differs from the one recorded last."""
        if self._now() != self._recorded_command:
            self._recorded_command = self._now()
            yield Command(*self._recorded_command, enabled=True, by=self.current_control.by)

    def _now(self) -> tuple[float | None, float, float]:
        """Return current, width and rate of the command under way."""
        return self.current_ma, self.pulse_width_ms, self.pulse_rate_hz
