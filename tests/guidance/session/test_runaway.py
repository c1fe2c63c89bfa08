"""A stimulator that delivers more than requested is switched off; one that reports late is not."""

from __future__ import annotations

from dataclasses import replace

from drivers.base import Pulse
from guidance.stimulation.actions import SwitchOutput
from guidance.stimulation.controller import ManualDial
from guidance.stimulation.pulse_modes import PulseTrain, SinglePulses
from tests.guidance.session.stimulated import BOUNDS, taken, ticked
from tests.support.interlock import GOOD


def single() -> SinglePulses:
    stimulation = SinglePulses(ManualDial(1.0), BOUNDS, 0.1, 2.0)
    list(stimulation.arm(0.0, replace(GOOD, armed=False), "operator"))
    taken(stimulation)
    return stimulation


def test_a_pulse_larger_than_any_possible_request_switches_off_for_an_operator() -> None:
    stimulation = single()
    ticked(stimulation, 0.1)
    taken(stimulation)
    assert not stimulation.reconcile(Pulse(100, current_ma=1.31), 0.1)
    assert taken(stimulation) == [SwitchOutput(on=False)]
    (off,) = ticked(stimulation, 0.11)
    assert (off.enabled, off.by) == (False, "safety")
    assert "a pulse of 1.31 mA was given, and no more than 1.00 mA requested" in (off.why or "")
    assert "Take the needle's cable off" in (stimulation.unrequested or "")
    assert stimulation.operator_must_arm


def test_a_pulse_before_any_request_is_reported_and_the_output_switched_off() -> None:
    stimulation = SinglePulses(ManualDial(1.0), BOUNDS, 0.1, 2.0)
    assert not stimulation.reconcile(Pulse(100, current_ma=0.5), 0.1)
    assert taken(stimulation) == [SwitchOutput(on=False)]
    assert "a pulse of 0.50 mA was given that nobody requested" in (stimulation.unrequested or "")
    assert stimulation.operator_must_arm


def test_a_delivered_current_slightly_above_the_request_is_tolerated() -> None:
    stimulation = single()
    ticked(stimulation, 0.1)
    assert stimulation.reconcile(Pulse(100, current_ma=1.29), 0.1)
    assert ticked(stimulation, 0.11) == []
    assert stimulation.armed


def test_a_late_report_of_an_earlier_larger_pulse_is_not_a_runaway() -> None:
    dial = ManualDial(2.0)
    train = PulseTrain(dial, BOUNDS, 0.1, 2.0)
    list(train.arm(0.0, replace(GOOD, armed=False), "operator"))
    dial.current_ma = 0.5
    ticked(train, 0.1)
    assert train.reconcile(Pulse(90, current_ma=2.0), 0.09)
    assert ticked(train, 0.11) == []
    assert train.armed


def test_it_is_not_armed_again_while_pulses_come_that_nobody_requested() -> None:
    stimulation = single()
    for i in range(10):
        assert not stimulation.reconcile(Pulse(100 + i, current_ma=1.0), 0.1 + i / 5000)
    ticked(stimulation, 0.2)
    (refused,) = stimulation.arm(1.0, replace(GOOD, armed=False), "operator")
    assert (refused.enabled, refused.why) == (False, "not armed: pulses come that were not requested")
    (armed,) = stimulation.arm(2.5, replace(GOOD, armed=False), "operator")
    assert armed.enabled
    assert stimulation.unrequested is None


def test_a_flood_of_unrequested_pulses_is_switched_off_a_few_times_a_second() -> None:
    stimulation = SinglePulses(ManualDial(1.0), BOUNDS, 0.1, 2.0)
    for i in range(4000):
        stimulation.reconcile(Pulse(i, current_ma=1.0), i / 4000)
    assert taken(stimulation) == [SwitchOutput(on=False)] * 2
