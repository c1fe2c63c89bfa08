"""What was wrong with a pulse, as a sentence, and what follows from pulses that nobody requested."""

from __future__ import annotations

import pytest

from drivers.base import Outcome, Pulse
from guidance.stimulation.delivery import UnrequestedPulses, delivery_fault
from guidance.stimulation.reconciliation import Mismatch


def test_a_pulse_delivered_as_requested_has_no_fault() -> None:
    assert delivery_fault(Pulse(0, current_ma=1.0, requested_ma=1.0)) is None


@pytest.mark.parametrize(
    ("pulse", "words"),
    [
        (Pulse(0, outcome=Outcome.NOT_DELIVERED), "the circuit is open"),
        (Pulse(0, outcome=Outcome.UNCONFIRMED), "not found in the recording"),
        (Pulse(0, requested_ma=2.0, compliance=True), "Less than the requested 2.00 mA was delivered"),
        (Pulse(0, current_ma=1.4, requested_ma=2.0, compliance=True), "Only 1.40 of 2.00 mA were delivered"),
    ],
)
def test_every_other_pulse_has_one(pulse: Pulse, words: str) -> None:
    assert words in (delivery_fault(pulse) or "")


@pytest.fixture
def unrequested() -> UnrequestedPulses:
    pulses = UnrequestedPulses()
    pulses.add(Mismatch("a pulse was given that nobody requested"), 10.0)
    return pulses


def test_an_unrequested_pulse_is_described_until_the_output_is_armed_again(unrequested: UnrequestedPulses) -> None:
    assert "a pulse was given that nobody requested" in (unrequested.text or "")
    unrequested.clear()
    assert unrequested.why is None
    assert unrequested.text is None


def test_the_output_is_switched_off_at_once_and_then_at_an_interval(unrequested: UnrequestedPulses) -> None:
    switched = [unrequested.needs_off(armed=False)]
    for t in (10.1, 10.4, 10.5, 10.6):
        unrequested.add(Mismatch("again"), t)
        switched.append(unrequested.needs_off(armed=False))
    assert switched == [True, False, False, True, False]


def test_an_armed_output_is_switched_off_each_time(unrequested: UnrequestedPulses) -> None:
    assert unrequested.needs_off(armed=True)
    assert unrequested.needs_off(armed=True)


def test_arming_waits_for_two_seconds_without_such_a_pulse(unrequested: UnrequestedPulses) -> None:
    assert unrequested.refusal(11.9) == "pulses come that were not requested"
    assert unrequested.refusal(12.0) is None
    assert UnrequestedPulses().refusal(0.0) is None
