"""Trains, for a stimulator without single pulses: what is set before the output is enabled, and what ends them."""

from __future__ import annotations

from drivers.base import Pulse
from guidance.stimulation.actions import SetTrain, SwitchOutput
from guidance.stimulation.controller import ManualDial
from guidance.stimulation.pulse_modes import PulseTrain
from tests.guidance.session.stimulated import BOUNDS, Hurried, taken, ticked
from tests.support.interlock import GOOD


def _train(rate_hz: float = 2.0) -> PulseTrain:
    stimulation = PulseTrain(ManualDial(1.0), BOUNDS, 0.1, rate_hz)
    list(stimulation.arm(0.0, GOOD, "operator"))
    return stimulation


def test_a_train_is_set_before_the_output_goes_on() -> None:
    assert taken(_train()) == [SetTrain(1.0, 0.1, 2.0), SwitchOutput(on=True)]


def test_a_train_rises_only_as_its_pulses_are_delivered() -> None:
    train = _train()
    taken(train)
    list(train.turn(40))
    ticked(train, 0.1)
    assert taken(train) == []
    train.pulse_reported(Pulse(1, current_ma=1.0))
    ticked(train, 0.2)
    ticked(train, 0.3)
    assert taken(train) == [SetTrain(1.3, 0.1, 2.0)]


def test_a_train_lapses_without_responses() -> None:
    train = _train()
    assert ticked(train, 1.4) == []
    (off,) = ticked(train, 1.6)
    assert off.enabled is False
    assert taken(train)[-1] == SwitchOutput(on=False)


def test_a_train_does_not_outlast_the_signal() -> None:
    train = _train()
    (off,) = ticked(train, 0.1, signal_age_s=0.3)
    assert (off.enabled, off.why) == (False, "no samples arrive")


def test_a_train_follows_the_rate_that_the_controller_wants() -> None:
    controller = Hurried(1.0)
    train = PulseTrain(controller, BOUNDS, 0.1, 2.0)
    list(train.arm(0.0, GOOD, "operator"))
    taken(train)
    controller.rate_hz = 5.0
    ticked(train, 0.1)
    ticked(train, 0.2)
    assert taken(train) == [SetTrain(1.0, 0.1, 5.0)]
