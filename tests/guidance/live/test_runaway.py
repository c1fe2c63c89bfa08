"""A stimulator that gives more than it was asked for is switched off; one that reports late is not."""

from __future__ import annotations

from dataclasses import replace

from drivers.base import Pulse
from guidance.controller import Dial
from guidance.pulses import PulseTrain, SinglePulses
from guidance.stimulation import SwitchOutput
from tests.guidance.live.stimulated import BOUNDS, taken, ticked
from tests.guidance.live.test_interlock import GOOD


def single() -> SinglePulses:
    stimulation = SinglePulses(Dial(1.0), BOUNDS, 0.1, 2.0)
    list(stimulation.arm(0.0, replace(GOOD, armed=False), "operator"))
    taken(stimulation)
    return stimulation


def test_a_pulse_larger_than_could_have_been_asked_for_switches_off_for_an_operator() -> None:
    stimulation = single()
    ticked(stimulation, 0.1)
    taken(stimulation)
    stimulation.pulse_seen(Pulse(100, current_ma=1.31))
    assert taken(stimulation) == [SwitchOutput(on=False)]
    (off,) = ticked(stimulation, 0.11)
    assert (off.enabled, off.by) == (False, "safety")
    assert "a pulse of 1.31 mA was given, and no more than 1.00 mA asked for" in (off.why or "")
    stimulation.pulse_seen(Pulse(120, current_ma=1.0))
    assert "Take the needle's cable off" in (stimulation.amiss or "")
    assert stimulation.suspect


def test_a_pulse_before_any_was_asked_for_is_told_and_the_output_switched_off() -> None:
    stimulation = SinglePulses(Dial(1.0), BOUNDS, 0.1, 2.0)
    stimulation.pulse_seen(Pulse(100, current_ma=0.5))
    assert taken(stimulation) == [SwitchOutput(on=False)]
    assert "a pulse of 0.50 mA was given" in (stimulation.amiss or "")


def test_what_a_device_gives_a_little_above_what_was_asked_for_is_borne() -> None:
    stimulation = single()
    ticked(stimulation, 0.1)
    stimulation.pulse_seen(Pulse(100, current_ma=1.29))
    assert ticked(stimulation, 0.11) == []
    assert stimulation.armed


def test_a_late_report_of_a_larger_pulse_before_is_no_runaway() -> None:
    dial = Dial(2.0)
    train = PulseTrain(dial, BOUNDS, 0.1, 2.0)
    list(train.arm(0.0, replace(GOOD, armed=False), "operator"))
    dial.current_ma = 0.5
    ticked(train, 0.1)
    train.pulse_seen(Pulse(90, current_ma=2.0))
    assert ticked(train, 0.11) == []
    assert train.armed
