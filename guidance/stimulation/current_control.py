"""The owner of the current: the controller, or the operator, who may take it, hold it and release it."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, runtime_checkable

from guidance.contracts.events import Command
from guidance.stimulation.controller import Controller, ManualDial

DIAL_STEP_MA = 0.05
"""The current moves by so many mA with each step of the dial."""

MOST_MA = 50.0
"""The highest current in mA that an external dial is taken to show."""


class CurrentOwner(StrEnum):
    """The owner of the next current; while it is HELD nobody chooses it: it stays."""

    CONTROLLER = "controller"
    HELD = "held"
    OPERATOR = "operator"


@runtime_checkable
class _DescribesItself(Protocol):
    """A controller that describes what it does."""

    @property
    def doing(self) -> str: ...


class CurrentControl:
    """Ownership of the current. The controller continues to learn, whoever owns it."""

    def __init__(self, controller: Controller) -> None:
        """Let ``controller`` own the current; the operator's dial (manual mode) owns it for good."""
        self._controller = controller
        self._operator_dial: ManualDial | None = None
        self._is_held = False

    @property
    def owner(self) -> CurrentOwner:
        """The present owner."""
        if self._operator_dial is None:
            return CurrentOwner.OPERATOR if isinstance(self._controller, ManualDial) else CurrentOwner.CONTROLLER
        return CurrentOwner.HELD if self._is_held else CurrentOwner.OPERATOR

    @property
    def controller_sets_rate(self) -> bool:
        """Whether the controller still chooses the rate: nobody took the current from it."""
        return self._operator_dial is None

    @property
    def by(self) -> str:
        """The author of the present commands, in the word of the record."""
        return "controller" if self.owner is CurrentOwner.CONTROLLER else "operator"

    @property
    def doing(self) -> str:
        """What the controller does, in its words; empty where it does not describe it, or does not own the current."""
        controller = self._controller
        return controller.doing if self._operator_dial is None and isinstance(controller, _DescribesItself) else ""

    @property
    def asks(self) -> bool:
        """Whether what the controller describes is a question to the operator."""
        return self._operator_dial is None and self._controller.asks

    @property
    def dial(self) -> ManualDial | None:
        """The dial, if it may be turned now."""
        if self._operator_dial is not None:
            return None if self._is_held else self._operator_dial
        return self._controller if isinstance(self._controller, ManualDial) else None

    def next_ma(self) -> float:
        """Return the current wanted for the next pulse, in mA."""
        return (self._operator_dial or self._controller).next_ma()

    def take(self, current_ma: float, *, hold: bool) -> bool:
        """Take the current, now ``current_ma``, from the controller; return whether that changes anything.

        With ``hold`` it stays, without it the dial turns it. A dial that was turned before keeps its place.
        """
        if isinstance(self._controller, ManualDial) or (self._operator_dial is not None and self._is_held == hold):
            return False
        self._operator_dial, self._is_held = self._operator_dial or ManualDial(current_ma), hold
        return True

    def release(self) -> bool:
        """Return the current to the controller; return whether that changes anything."""
        changed, self._operator_dial = self._operator_dial is not None, None
        return changed


_WHY = "set current of the external stimulator"


class ExternalDial:
    """The dial of a stimulator that is not controlled: what it shows is the current of the pulses that are found."""

    def __init__(self, current_ma: float | None) -> None:
        """Begin at ``current_ma``; None while it is not known."""
        self.current_ma = current_ma

    def turn(self, steps: int) -> Command:
        """Note that the dial was turned by ``steps``; return the record of it."""
        wanted_ma = round((self.current_ma or 0.0) + steps * DIAL_STEP_MA, 6)
        self.current_ma = min(max(wanted_ma, DIAL_STEP_MA), MOST_MA)
        return Command(self.current_ma, None, None, enabled=None, by="operator", why=_WHY)
