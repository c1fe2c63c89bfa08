"""A stimulation that the test steps: its bounds, its conditions, and its requests."""

from __future__ import annotations

from dataclasses import replace

from drivers.base import Limits
from guidance.contracts.events import Command, Proximity, Response
from guidance.protocol import load
from guidance.stimulation.control import Stimulation
from guidance.stimulation.controller import ManualDial
from guidance.stimulation.interlock import PulseBounds
from tests.support.interlock import GOOD

BOUNDS = PulseBounds.least(Limits(10.0, 0.01, 0.05, 1.0, 10.0), load("generic-block"))
NOTHING_KNOWN = Proximity(0, None, None, None, None, None, valid=False, why="no-response-yet")


def response(*, detected: bool = False, contaminated: bool = False) -> Response:
    return Response(0, "EMG", detected, 0.5, 10.0, None, contaminated)


class Hurried(ManualDial):
    """A manual dial with a pulse rate of its own."""

    rate_hz: float | None = None

    def next_pulse_rate_hz(self) -> float | None:
        return self.rate_hz


def ticked(stimulation: Stimulation, t: float, **changes: object) -> list[Command]:
    overdue = [item for item in stimulation.overdue(t) if isinstance(item, Command)]
    pending = stimulation.response_pending
    state = replace(GOOD, response_pending=pending, without_response=stimulation.without_response, **changes)  # type: ignore[arg-type]
    return [*overdue, *stimulation.tick(t, state)]


def taken(stimulation: Stimulation) -> list[object]:
    actions, stimulation.actions = list(stimulation.actions), []
    return list(actions)
