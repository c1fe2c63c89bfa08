"""Whatever controller, device and conditions do: no pulse beyond the bounds, none without the conditions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import Limits, Outcome, Pulse
from guidance.controller import Controller, Dial
from guidance.events import Command, Proximity, Response
from guidance.interlock import Bounds, Conditions, disarming, highest_step
from guidance.navigator import Navigator, Stimulus
from guidance.protocol import load
from guidance.pulses import ANSWER_S, CONFIRM_S, PulseTrain, SinglePulses
from guidance.stimulation import Fire, Output, Stimulation, Train
from tests.guidance.live.test_interlock import GOOD

BOUNDS = Bounds.least(Limits(10.0, 0.01, 0.05, 1.0, 10.0), load("generic-block"))
NOTHING_KNOWN = Proximity(0, None, None, None, None, None, valid=False, why="no-response-yet")
RATE_HZ = 1000.0


def response(*, detected: bool = False, contaminated: bool = False) -> Response:
    return Response(0, "EMG", detected, 0.5, 10.0, None, contaminated)


class Whim(Controller):
    """A controller that wants anything at all."""

    def __init__(self, wants: list[float]) -> None:
        self._wants = wants
        self._at = 0

    def next_ma(self) -> float:
        return self._wants[self._at % len(self._wants)]

    def heard(self, _current_ma: float, _width_ms: float, _response: Response, _proximity: Proximity) -> None:
        self._at += 1


@dataclass(frozen=True)
class Step:
    """What happens in a moment: time passes, conditions, arming, and what the device makes of a pulse asked for."""

    passes_s: float
    state: Conditions
    arm: bool
    fate: str
    delivered_share: float


CONDITIONS = st.builds(
    Conditions,
    armed=st.just(False),
    screen_age_s=st.sampled_from([None, 0.0, 0.9, 1.1]),
    signal_age_s=st.sampled_from([None, 0.0, 0.2, 0.3]),
    answer_pending=st.just(False),
    unanswered=st.just(0),
    storage_ok=st.sampled_from([True, True, True, False]),
    connected=st.sampled_from([True, True, True, False]),
    lead_off=st.sampled_from([False, False, False, True]),
    device_fault=st.sampled_from([None, None, None, "over-current"]),
    headless=st.booleans(),
)
STEPS = st.lists(
    st.builds(
        Step,
        passes_s=st.sampled_from([0.004, 0.1, 0.3, 0.6, 1.5]),
        state=CONDITIONS | st.just(GOOD),
        arm=st.booleans(),
        fate=st.sampled_from(["answered", "answered", "unanswered", "not-delivered", "unconfirmed"]),
        delivered_share=st.sampled_from([1.0, 1.0, 0.5, 0.01]),
    ),
    max_size=60,
)
WANTS = st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.floats(0.0, 7.0), max_size=20)


class Played:
    """A stimulation driven by steps; what it asked for, when, and under which conditions."""

    def __init__(self, stimulation: Stimulation) -> None:
        self.stimulation = stimulation
        self.t = 0.0
        self.fired: list[tuple[float, float, Conditions]] = []
        self.told: list[Command] = []
        self._sample = 0

    def play(self, step: Step) -> None:
        stimulation = self.stimulation
        self.t += step.passes_s
        self.told += [item for item in stimulation.overdue(self.t) if isinstance(item, Command)]
        if step.arm:
            self.told += stimulation.arm(self.t, self._state(step), "operator")
        state = self._state(step)
        self.told += stimulation.tick(self.t, state)
        actions, stimulation.actions = stimulation.actions, []
        for action in actions:
            if isinstance(action, Fire):
                self.fired.append((self.t, action.current_ma, state))
                self._happens(step, action)

    def _state(self, step: Step) -> Conditions:
        stimulation = self.stimulation
        return replace(
            step.state, armed=stimulation.armed, answer_pending=stimulation.answer_pending,
            unanswered=stimulation.unanswered,
        )  # fmt: skip

    def _happens(self, step: Step, fire: Fire) -> None:
        if step.fate == "unconfirmed":
            return
        self._sample += 1
        delivered = 0.0 if step.fate == "not-delivered" else fire.current_ma * step.delivered_share
        outcome = Outcome.NOT_DELIVERED if step.fate == "not-delivered" else Outcome.DELIVERED
        pulse = Pulse(self._sample, current_ma=delivered, requested_ma=fire.current_ma, outcome=outcome)
        self.stimulation.pulse_seen(pulse)
        if step.fate == "answered":
            self.stimulation.answered(pulse, response(), NOTHING_KNOWN)


@settings(max_examples=300, deadline=None)
@given(
    first=st.floats(0.0, 2.0),
    wants=WANTS,
    steps=STEPS,
    width_ms=st.sampled_from([0.05, 0.1, 0.5, 1.0]),
    rate_hz=st.sampled_from([1.0, 2.0, 5.0]),
)
def test_no_pulse_beyond_the_bounds_and_none_without_the_conditions(
    first: float, wants: list[float], steps: list[Step], width_ms: float, rate_hz: float
) -> None:
    played = Played(SinglePulses(Whim([first, *wants]), BOUNDS, width_ms, rate_hz))
    for step in steps:
        played.play(step)
    for t, current_ma, state in played.fired:
        assert BOUNDS.refusal(current_ma, width_ms, rate_hz) is None, (t, current_ma)
        assert disarming(state) is None
        assert state.armed
        assert not state.answer_pending
        assert state.signal_age_s is not None
        assert state.signal_age_s <= 0.25
    for (t, last, _), (later_t, current_ma, _) in zip(played.fired, played.fired[1:], strict=False):
        assert current_ma <= highest_step(last) + 1e-6
        assert later_t - t >= 1 / BOUNDS.max_rate_hz - 1e-9


@pytest.mark.parametrize("first", [math.nan, math.inf, -1.0, 5.1])
def test_a_first_current_beyond_the_bounds_is_an_error_of_the_program(first: float) -> None:
    with pytest.raises(ValueError, match="mA"):
        SinglePulses(Whim([first]), BOUNDS, 0.1, 2.0)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
def test_every_refusal_gives_its_reason(steps: list[Step]) -> None:
    played = Played(SinglePulses(Dial(1.0), BOUNDS, 0.1, 2.0))
    for step in steps:
        played.play(step)
    assert all(command.why for command in played.told if command.by == "safety")


def single(controller: Dial | None = None) -> SinglePulses:
    stimulation = SinglePulses(controller or Dial(1.0), BOUNDS, 0.1, 2.0)
    assert list(stimulation.arm(0.0, GOOD, "operator"))
    return stimulation


def ticked(stimulation: Stimulation, t: float, **changes: object) -> list[Command]:
    asked = [item for item in stimulation.overdue(t) if isinstance(item, Command)]
    pending = stimulation.answer_pending
    state = replace(GOOD, answer_pending=pending, unanswered=stimulation.unanswered, **changes)  # type: ignore[arg-type]
    return [*asked, *stimulation.tick(t, state)]


def taken(stimulation: Stimulation) -> list[object]:
    actions, stimulation.actions = list(stimulation.actions), []
    return list(actions)


def test_it_arms_first_and_then_fires_at_its_rate() -> None:
    stimulation = single()
    fired = []
    for i in range(1, 500):
        ticked(stimulation, i / 100)
        for action in taken(stimulation):
            fired.append(action)
            if isinstance(action, Fire):
                stimulation.pulse_seen(Pulse(i, current_ma=1.0))
                stimulation.answered(Pulse(i, current_ma=1.0), response(), NOTHING_KNOWN)
    assert fired[0] == Output(on=True)
    assert fired[1:] == [Fire(1.0, 0.1)] * 10


def test_a_refusal_is_told_once_while_its_reason_stays() -> None:
    stimulation = single()
    withheld = [*ticked(stimulation, 0.1, signal_age_s=1.0), *ticked(stimulation, 0.2, signal_age_s=1.0)]
    assert [command.why for command in withheld] == ["pulse withheld: no samples arrive"]
    assert stimulation.armed


def test_a_pulse_never_answered_makes_the_estimate_stale_at_the_third() -> None:
    stimulation = single()
    t = 0.0
    told: list[Command] = []
    while stimulation.armed and t < 20:
        t += 0.01
        told += ticked(stimulation, t)
        for action in taken(stimulation):
            if isinstance(action, Fire):
                stimulation.pulse_seen(Pulse(round(t * RATE_HZ), current_ma=1.0))
    assert 3 * ANSWER_S < t < 3 * ANSWER_S + 0.5
    assert "stale" in (told[-1].why or "")
    assert not stimulation.suspect


def test_pulses_not_confirmed_leave_it_off_for_an_operator() -> None:
    stimulation = single()
    t = 0.0
    while stimulation.armed and t < 20:
        t += 0.01
        ticked(stimulation, t)
    assert 3 * CONFIRM_S < t < 3 * CONFIRM_S + 0.5
    assert stimulation.suspect
    list(stimulation.arm(t, replace(GOOD, armed=False), "operator"))
    assert stimulation.armed
    assert not stimulation.suspect


def test_a_pulse_larger_than_could_have_been_asked_for_switches_off_for_an_operator() -> None:
    stimulation = single()
    ticked(stimulation, 0.1)
    taken(stimulation)
    stimulation.pulse_seen(Pulse(100, current_ma=1.31))
    assert taken(stimulation) == [Output(on=False)]
    (off,) = ticked(stimulation, 0.11)
    assert (off.enabled, off.by) == (False, "safety")
    assert "a pulse of 1.31 mA was given, and no more than 1.00 mA asked for" in (off.why or "")
    stimulation.pulse_seen(Pulse(120, current_ma=1.0))
    assert "Take the needle's cable off" in (stimulation.amiss or "")
    assert stimulation.suspect


def test_a_pulse_before_any_was_asked_for_is_told_and_the_output_switched_off() -> None:
    stimulation = SinglePulses(Dial(1.0), BOUNDS, 0.1, 2.0)
    stimulation.pulse_seen(Pulse(100, current_ma=0.5))
    assert taken(stimulation) == [Output(on=False)]
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


def test_a_pulse_under_way_when_it_is_switched_off_is_still_accounted_for() -> None:
    stimulation = single()
    ticked(stimulation, 0.1)
    list(stimulation.disarm("operator"))
    lost = list(stimulation.overdue(0.1 + CONFIRM_S + 0.01))
    assert [(item.t, item.current_ma) for item in lost if not isinstance(item, Command)] == [(0.1, 1.0)]
    assert not stimulation.answer_pending


def test_switching_off_is_asked_for_even_when_it_is_off() -> None:
    stimulation = SinglePulses(Dial(1.0), BOUNDS, 0.1, 2.0)
    assert list(stimulation.disarm("operator")) == []
    assert taken(stimulation) == [Output(on=False)]


def test_the_dial_stays_within_its_limits() -> None:
    stimulation = single()
    list(stimulation.turn(1000))
    assert stimulation.controller.next_ma() == BOUNDS.max_current_ma
    list(stimulation.turn(-1000))
    assert stimulation.controller.next_ma() == BOUNDS.current_step_ma


def test_in_automatic_mode_there_is_no_dial() -> None:
    stimulation = SinglePulses(Navigator(Stimulus(1.0, 5.0, 0.1, 2.0, 5.0), 0.2), BOUNDS, 0.1, 2.0)
    assert list(stimulation.turn(3)) == []


def _train(rate_hz: float = 2.0) -> PulseTrain:
    stimulation = PulseTrain(Dial(1.0), BOUNDS, 0.1, rate_hz)
    list(stimulation.arm(0.0, GOOD, "operator"))
    return stimulation


def test_a_train_is_set_before_the_output_goes_on() -> None:
    assert taken(_train()) == [Train(1.0, 0.1, 2.0), Output(on=True)]


def test_a_train_climbs_only_as_its_pulses_are_delivered() -> None:
    train = _train()
    taken(train)
    list(train.turn(40))
    ticked(train, 0.1)
    assert taken(train) == []
    train.pulse_seen(Pulse(1, current_ma=1.0))
    ticked(train, 0.2)
    ticked(train, 0.3)
    assert taken(train) == [Train(1.3, 0.1, 2.0)]


def test_a_train_lapses_without_answers() -> None:
    train = _train()
    assert ticked(train, 1.4) == []
    (off,) = ticked(train, 1.6)
    assert off.enabled is False
    assert taken(train)[-1] == Output(on=False)


def test_a_train_does_not_outlast_the_signal() -> None:
    train = _train()
    (off,) = ticked(train, 0.1, signal_age_s=0.3)
    assert (off.enabled, off.why) == (False, "no samples arrive")


class Hurried(Dial):
    """A dial that wants a rate of its own."""

    rate_hz: float | None = None

    def next_rate_hz(self) -> float | None:
        return self.rate_hz


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
            if isinstance(action, Fire):
                fired_s.append(t)
                stimulation.pulse_seen(Pulse(tick, current_ma=1.0))
                stimulation.answered(Pulse(tick, current_ma=1.0), response(), NOTHING_KNOWN)
    intervals_s = np.diff(fired_s)
    assert float(np.mean(intervals_s)) == pytest.approx(1 / given_hz, rel=0.02)
    assert intervals_s.min() >= 1 / BOUNDS.max_rate_hz - 1e-9


def test_a_rate_that_rises_between_two_pulses_brings_the_next_one_forward() -> None:
    controller = Hurried(1.0)
    stimulation = SinglePulses(controller, BOUNDS, 0.1, 2.0)
    list(stimulation.arm(0.0, GOOD, "operator"))
    ticked(stimulation, 0.0)
    stimulation.pulse_seen(Pulse(0, current_ma=1.0))
    stimulation.answered(Pulse(0, current_ma=1.0), response(), NOTHING_KNOWN)
    taken(stimulation)
    controller.rate_hz = 5.0
    (told,) = ticked(stimulation, 0.21)
    assert taken(stimulation) == [Fire(1.0, 0.1)]
    assert told.rate_hz == 5.0


def test_a_train_takes_over_the_rate_that_the_controller_wants() -> None:
    controller = Hurried(1.0)
    train = PulseTrain(controller, BOUNDS, 0.1, 2.0)
    list(train.arm(0.0, GOOD, "operator"))
    taken(train)
    controller.rate_hz = 5.0
    ticked(train, 0.1)
    ticked(train, 0.2)
    assert taken(train) == [Train(1.0, 0.1, 5.0)]
