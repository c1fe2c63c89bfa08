"""The operator's hold on the current while a controller chooses it, and the record of that."""

from __future__ import annotations

from itertools import pairwise

import pytest

from guidance.contracts.commands import Arm, HoldCurrent, OperatorCommand, ReleaseControl, Stop, TakeControl, TurnDial
from guidance.contracts.events import Command, Entry, Proximity, PulseOutcome, Stimulus
from guidance.contracts.origin import RECORDED
from guidance.engine.settings import Mode
from guidance.engine.snapshot_builder import SessionState
from guidance.stimulation.controller import Controller
from tests.support.closed_loop import ClosedLoop


@pytest.fixture
def loop() -> ClosedLoop:
    made = ClosedLoop()
    made.run(3.0)
    return made


def currents(loop: ClosedLoop, since: int) -> list[float]:
    return [stimulus.requested_ma for stimulus in loop.of(Stimulus)[since:]]


def given(loop: ClosedLoop, seconds: float, *messages: OperatorCommand) -> list[float]:
    """Return the currents of the pulses in ``seconds`` after ``messages``."""
    before = len(loop.of(Stimulus))
    loop.run(seconds, *messages)
    return currents(loop, before)


def test_without_the_operator_the_controller_changes_the_current(loop: ClosedLoop) -> None:
    assert len(set(given(loop, 4.0))) > 2


def test_held_the_current_stays_where_it_was(loop: ClosedLoop) -> None:
    last = currents(loop, -1)
    after = given(loop, 4.0, HoldCurrent())
    assert len(after) > 5
    assert set(after) == set(last)


def test_while_it_is_held_no_dial_turns_it(loop: ClosedLoop) -> None:
    assert len(set(given(loop, 3.0, HoldCurrent(), TurnDial(3)))) == 1


def test_under_operator_control_the_dial_starts_from_the_present_current(loop: ClosedLoop) -> None:
    (last,) = currents(loop, -1)
    assert set(given(loop, 2.0, TakeControl())) == {last}
    after = given(loop, 4.0, TurnDial(-2))
    assert after[-1] == pytest.approx(last - 0.1)
    assert len(set(after)) == 1


@pytest.mark.hazard("overcurrent")
def test_the_dial_climbs_no_faster_than_the_interlock_allows(loop: ClosedLoop) -> None:
    given(loop, 4.0, TakeControl(), TurnDial(-60))
    after = given(loop, 6.0, TurnDial(60))
    assert all(later <= max(1.3 * now, now + 0.1) + 1e-6 for now, later in pairwise(after))
    assert after[-1] > after[0]


def test_after_release_the_controller_continues(loop: ClosedLoop) -> None:
    given(loop, 3.0, HoldCurrent())
    assert len(set(given(loop, 5.0, ReleaseControl()))) > 2


def test_from_hold_to_operator_control_and_release_the_current_does_not_jump(loop: ClosedLoop) -> None:
    (last,) = currents(loop, -1)
    assert set(given(loop, 1.5, TakeControl()) + given(loop, 1.5, HoldCurrent()) + given(loop, 1.5, TakeControl())) == {
        last
    }


def test_the_record_names_who_did_what(loop: ClosedLoop) -> None:
    loop.run(1.5, TakeControl())
    loop.run(1.5, TurnDial(1))
    loop.run(1.5, HoldCurrent())
    loop.run(3.0, ReleaseControl())
    commands = [(command.by, command.why) for command in loop.of(Command) if command.by == "operator"]
    assert commands[0] == ("operator", None)
    assert [why for _, why in commands if why] == [
        "the operator owns the current", "the current is held", "the controller owns the current again",
    ]  # fmt: skip
    by = [command.by for command in loop.of(Command)]
    taken, back = (by.index("operator", 1), len(by) - 1 - by[::-1].index("operator"))
    assert set(by[taken : back + 1]) == {"operator"}
    assert set(by[back + 1 :]) == {"controller"}


@pytest.mark.parametrize("message", [ReleaseControl(), TurnDial(2)])
def test_a_command_without_effect_leaves_no_record(loop: ClosedLoop, message: OperatorCommand) -> None:
    before = [command for command in loop.of(Command) if command.by == "operator"]
    loop.run(0.5, message)
    assert [command for command in loop.of(Command) if command.by == "operator"] == before


def test_repeats_change_nothing_and_leave_one_record(loop: ClosedLoop) -> None:
    loop.run(1.0, HoldCurrent(), HoldCurrent())
    loop.run(1.0, HoldCurrent())
    assert [command.why for command in loop.of(Command)].count("the current is held") == 1


def test_in_manual_mode_the_operator_owns_the_current_for_good() -> None:
    loop = ClosedLoop(Mode.MANUAL, current_ma=0.8)
    loop.run(1.0, HoldCurrent(), TakeControl(), ReleaseControl())
    assert given(loop, 2.0, TurnDial(1))[-1] == pytest.approx(0.85)
    assert not [command for command in loop.of(Command) if command.why]


def test_stopped_while_held_it_stays_off_and_held(loop: ClosedLoop) -> None:
    (last,) = currents(loop, -1)
    assert given(loop, 2.0, HoldCurrent(), Stop()) == []
    assert set(given(loop, 2.0, Arm())) == {last}


def test_the_screen_shows_who_owns_the_current(loop: ClosedLoop) -> None:
    seen = []
    for messages in ((), (HoldCurrent(),), (TakeControl(),), (ReleaseControl(),)):
        loop.run(0.6, *messages)
        view = loop.engine.snapshot(SessionState("", RECORDED)).stimulator
        assert view is not None
        seen.append(view.current_owner)
    assert seen == ["controller", "held", "operator", "controller"]


def test_the_screen_shows_what_the_controller_does(loop: ClosedLoop) -> None:
    class Explaining(Controller):
        doing = "searching for any response"

        def next_ma(self) -> float:
            return 1.0

        def observe(self, outcome: PulseOutcome, proximity: Proximity) -> None:
            """Nothing moves it."""

    loop.stimulation.current_control._controller = Explaining()
    assert loop.stimulation.current_control.doing == "searching for any response"
    loop.run(0.5, HoldCurrent())
    assert loop.stimulation.current_control.doing == ""


def test_a_refusal_to_arm_is_shown_with_its_reason_until_it_is_armed(loop: ClosedLoop) -> None:
    loop.run(0.1, Stop())
    list(loop.engine.update_condition("device-lost", "The plug is out."))
    list(loop.engine.arm("operator", round(loop.amplifier.t * 1e9)))
    view = loop.engine.snapshot(SessionState("", RECORDED)).stimulator
    assert view is not None
    assert view.why == "the amplifier is not connected"
    list(loop.engine.update_condition("device-lost", None))
    list(loop.engine.arm("operator", round(loop.amplifier.t * 1e9)))
    view = loop.engine.snapshot(SessionState("", RECORDED)).stimulator
    assert view is not None
    assert (view.armed, view.why) == (True, None)


def test_a_button_of_the_amplifier_stops_and_is_recorded(loop: ClosedLoop) -> None:
    loop.press(2)
    command = loop.of(Command)[-1]
    assert (command.enabled, command.by, command.why) == (False, "operator", "button 2 was pressed")
    assert loop.of(Entry)[-1] == Entry("button", {"button": 2, "did": "stop"})
    assert given(loop, 2.0) == []
    assert loop.stimulation.operator_must_arm


def test_a_button_released_and_one_pressed_while_it_is_off_do_nothing(loop: ClosedLoop) -> None:
    loop.press(0, pressed=False)
    assert loop.stimulation.armed
    loop.run(0.1, Stop())
    commands = len(loop.of(Command))
    loop.press(0)
    assert loop.of(Entry) == [Entry("button", {"button": 0, "did": "nothing"})]
    assert len(loop.of(Command)) == commands
