"""Single pulses: arming, firing, responses, missing reports, and the dial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drivers.base import Pulse
from guidance.contracts.commands import Arm, OperatorCommand, OperatorNote, Stop
from guidance.contracts.commands import TurnDial as Turn
from guidance.contracts.events import Command
from guidance.stimulation.actions import FirePulse, SwitchOutput
from guidance.stimulation.closed_loop import ClosedLoopController, PulseLimits
from guidance.stimulation.controller import ManualDial
from guidance.stimulation.pulse_modes import CONFIRM_S, RESPONSE_S, SinglePulses
from tests.guidance.session.stimulated import BOUNDS, NOTHING_KNOWN, Hurried, response, taken, ticked
from tests.support.interlock import GOOD
from tests.support.outcomes import outcome_of

RATE_HZ = 1000.0


def single(controller: ManualDial | None = None) -> SinglePulses:
    stimulation = SinglePulses(controller or ManualDial(1.0), BOUNDS, 0.1, 2.0)
    assert list(stimulation.arm(0.0, GOOD, "operator"))
    return stimulation


def test_it_arms_first_and_then_fires_at_its_rate() -> None:
    stimulation = single()
    fired = []
    for i in range(1, 500):
        ticked(stimulation, i / 100)
        for action in taken(stimulation):
            fired.append(action)
            if isinstance(action, FirePulse):
                stimulation.pulse_reported(Pulse(i, current_ma=1.0))
                stimulation.observe(outcome_of(Pulse(i, current_ma=1.0), response()), NOTHING_KNOWN)
    assert fired[0] == SwitchOutput(on=True)
    assert fired[1:] == [FirePulse(1.0, 0.1)] * 10


def test_a_refusal_is_recorded_once_while_its_reason_stays() -> None:
    stimulation = single()
    withheld = [*ticked(stimulation, 0.1, signal_age_s=1.0), *ticked(stimulation, 0.2, signal_age_s=1.0)]
    assert [command.why for command in withheld] == ["pulse withheld: no samples arrive"]
    assert stimulation.armed


def test_without_responses_the_estimate_is_stale_at_the_third_pulse() -> None:
    stimulation = single()
    t = 0.0
    commands: list[Command] = []
    while stimulation.armed and t < 20:
        t += 0.01
        commands += ticked(stimulation, t)
        for action in taken(stimulation):
            if isinstance(action, FirePulse):
                stimulation.pulse_reported(Pulse(round(t * RATE_HZ), current_ma=1.0))
    assert 3 * RESPONSE_S < t < 3 * RESPONSE_S + 0.5
    assert "stale" in (commands[-1].why or "")
    assert not stimulation.operator_must_arm


def test_pulses_not_confirmed_leave_it_off_for_an_operator() -> None:
    stimulation = single()
    t = 0.0
    while stimulation.armed and t < 20:
        t += 0.01
        ticked(stimulation, t)
    assert 3 * CONFIRM_S < t < 3 * CONFIRM_S + 0.5
    assert stimulation.operator_must_arm
    list(stimulation.arm(t, replace(GOOD, armed=False), "operator"))
    assert stimulation.armed
    assert not stimulation.operator_must_arm


def test_a_pulse_under_way_at_switch_off_is_still_recorded() -> None:
    stimulation = single()
    ticked(stimulation, 0.1)
    list(stimulation.disarm("operator"))
    lost = list(stimulation.overdue(0.1 + CONFIRM_S + 0.01))
    assert [(item.t, item.current_ma) for item in lost if not isinstance(item, Command)] == [(0.1, 1.0)]
    assert not stimulation.response_pending


def test_it_obeys_the_operators_commands_and_ignores_others() -> None:
    stimulation = SinglePulses(ManualDial(1.0), BOUNDS, 0.1, 2.0)

    def obeyed(message: OperatorCommand) -> list[tuple[bool | None, float | None]]:
        return [(command.enabled, command.current_ma) for command in stimulation.execute(message, 0.0, GOOD)]

    assert obeyed(Arm()) == [(True, 1.0)]
    assert obeyed(Turn(2)) == [(True, 1.1)]
    assert obeyed(OperatorNote("redirect")) == []
    assert obeyed(Stop()) == [(False, None)]


def test_switching_off_is_requested_even_when_it_is_off() -> None:
    stimulation = SinglePulses(ManualDial(1.0), BOUNDS, 0.1, 2.0)
    assert list(stimulation.disarm("operator")) == []
    assert taken(stimulation) == [SwitchOutput(on=False)]


def test_the_dial_stays_within_its_limits() -> None:
    stimulation = single()
    list(stimulation.turn(1000))
    assert stimulation.controller.next_ma() == BOUNDS.max_current_ma
    list(stimulation.turn(-1000))
    assert stimulation.controller.next_ma() == BOUNDS.current_step_ma


def test_in_automatic_mode_there_is_no_dial() -> None:
    stimulation = SinglePulses(ClosedLoopController(PulseLimits(1.0, 5.0, 0.1, 2.0, 5.0), 0.2), BOUNDS, 0.1, 2.0)
    assert list(stimulation.turn(3)) == []


@pytest.mark.parametrize(("wanted_hz", "given_hz"), [(None, 2.0), (4.0, 4.0), (50.0, BOUNDS.max_rate_hz)])
def test_single_pulses_keep_the_rate_that_the_controller_wants_within_the_bounds(
    wanted_hz: float | None, given_hz: float
) -> None:
    controller = Hurried(1.0)
    controller.rate_hz = wanted_hz
    stimulation = SinglePulses(controller, BOUNDS, 0.1, 2.0)
    list(stimulation.arm(0.0, GOOD, "operator"))
    fired_s = []
    for tick in range(4000):
        t = tick / 1000
        ticked(stimulation, t)
        for action in taken(stimulation):
            if isinstance(action, FirePulse):
                fired_s.append(t)
                stimulation.pulse_reported(Pulse(tick, current_ma=1.0))
                stimulation.observe(outcome_of(Pulse(tick, current_ma=1.0), response()), NOTHING_KNOWN)
    intervals_s = np.diff(fired_s)
    assert float(np.mean(intervals_s)) == pytest.approx(1 / given_hz, rel=0.02)
    assert intervals_s.min() >= 1 / BOUNDS.max_rate_hz - 1e-9


def test_a_rate_that_rises_between_two_pulses_brings_the_next_one_forward() -> None:
    controller = Hurried(1.0)
    stimulation = SinglePulses(controller, BOUNDS, 0.1, 2.0)
    list(stimulation.arm(0.0, GOOD, "operator"))
    ticked(stimulation, 0.0)
    stimulation.pulse_reported(Pulse(0, current_ma=1.0))
    stimulation.observe(outcome_of(Pulse(0, current_ma=1.0), response()), NOTHING_KNOWN)
    taken(stimulation)
    controller.rate_hz = 5.0
    (command,) = ticked(stimulation, 0.21)
    assert taken(stimulation) == [FirePulse(1.0, 0.1)]
    assert command.rate_hz == 5.0
