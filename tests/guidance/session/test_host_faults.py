"""What the host reports to the engine: the screen is lost, the journal has failed. Either ends stimulation."""

from __future__ import annotations

import pytest

from guidance.contracts.commands import Arm, FrameAck
from guidance.contracts.events import Command, Stimulus
from guidance.stimulation.actions import FirePulse, SwitchOutput
from tests.support.closed_loop import ClosedLoop


@pytest.fixture
def loop() -> ClosedLoop:
    armed = ClosedLoop(headless=False)
    armed.run(0.01, FrameAck(1))
    armed.run(0.01, Arm())
    for frame in range(2, 22):
        armed.run(0.1, FrameAck(frame))
    assert armed.stimulation.armed
    assert armed.of(Stimulus)
    return armed


def test_a_lost_screen_switches_the_stimulator_off_at_the_next_step(loop: ClosedLoop) -> None:
    loop.engine.screen_lost()
    loop.run(0.02)
    off = loop.of(Command)[-1]
    assert (off.enabled, off.by) == (False, "safety")
    assert "screen" in off.why


def test_without_a_journal_nothing_is_requested_any_more(loop: ClosedLoop) -> None:
    loop.stimulation.actions.append(FirePulse(0.5, 0.1))
    loop.engine.journal_failed()
    assert not loop.engine.journal_ok
    assert not loop.engine.actions
    given = len(loop.of(Stimulus))
    loop.run(2.0)
    assert len(loop.of(Stimulus)) <= given + 1  # one may have been on its way
    assert not loop.stimulation.armed


def test_a_failed_journal_drops_no_request_to_switch_off_that_follows(loop: ClosedLoop) -> None:
    loop.engine.journal_failed()
    list(loop.engine.update_condition("storage", "The disk is full."))
    assert loop.engine.actions == [SwitchOutput(on=False)]


def test_the_signal_is_fit_once_a_second_of_it_is_measured(loop: ClosedLoop) -> None:
    now_ns = round(loop.amplifier.t * 1e9)
    assert loop.engine.is_fit(now_ns)
    assert not loop.engine.is_fit(now_ns + 10_000_000_000)
    loop.engine.journal_failed()
    assert not loop.engine.is_fit(now_ns)
