"""Pulses that the stimulator skips, as it is not ready in time: none is awaited, and several in a row disarm."""

from __future__ import annotations

import pytest

from drivers.base import CommandOutcome, Pulse, PulseSkipped
from drivers.simulated.in_process import InProcessAmplifier
from guidance.contracts.events import Alarm, Command, Stimulus
from guidance.stimulation.reconciliation import Request, SingleRequests
from tests.support.closed_loop import ClosedLoop


@pytest.fixture
def skips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list with the number of pulses that the stimulator skips next."""
    left = [0]
    give, take = InProcessAmplifier.pulse_once, InProcessAmplifier.take_outcomes
    outcomes: list[CommandOutcome] = []

    def pulse_once(self: InProcessAmplifier, current_ma: float, width_ms: float) -> None:
        if left[0]:
            left[0] -= 1
            outcomes.append(CommandOutcome("pulse_once", PulseSkipped("It was not ready in time.")))
        else:
            give(self, current_ma, width_ms)

    def take_outcomes(self: InProcessAmplifier) -> list[CommandOutcome]:
        taken = [*take(self), *outcomes]
        outcomes.clear()
        return taken

    monkeypatch.setattr(InProcessAmplifier, "pulse_once", pulse_once)
    monkeypatch.setattr(InProcessAmplifier, "take_outcomes", take_outcomes)
    return left


def test_one_skipped_pulse_is_recorded_as_withheld_and_the_next_one_is_given(skips: list[int]) -> None:
    loop = ClosedLoop()
    loop.run(2.0)
    skips[0], given = 1, len(loop.of(Stimulus))
    loop.run(3.0)
    assert skips == [0]
    assert len(loop.of(Stimulus)) > given
    assert any("not ready in time" in (command.why or "") for command in loop.of(Command))
    assert loop.stimulation.armed
    assert not [alarm for alarm in loop.of(Alarm) if alarm.code == "stimulus-not-delivered"]


def test_three_skipped_pulses_in_a_row_disarm_and_raise_the_alarm(skips: list[int]) -> None:
    loop = ClosedLoop()
    loop.run(2.0)
    skips[0] = 3
    loop.run(3.0)
    assert not loop.stimulation.armed
    assert loop.of(Command)[-1].by == "safety"
    (alarm,) = [alarm for alarm in loop.of(Alarm) if alarm.code == "stimulus-not-delivered"]
    assert "not ready in time" in alarm.text


def test_a_pulse_that_is_given_though_it_was_skipped_counts_as_not_requested() -> None:
    account = SingleRequests(step_ma=0.01)
    account.request(Request(1.0, 0.4, 0.1))
    account.withdraw()
    assert account.mismatch(Pulse(11_000, current_ma=0.4, requested_ma=0.4, width_ms=0.1), 1.1) is not None
