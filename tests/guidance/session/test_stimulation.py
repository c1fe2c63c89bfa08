"""For any controller, device and conditions: no pulse beyond the bounds, none while a condition fails."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import Outcome, Pulse
from guidance.contracts.events import Command, Proximity, PulseOutcome
from guidance.stimulation.actions import FirePulse
from guidance.stimulation.control import Stimulation
from guidance.stimulation.controller import Controller, ManualDial
from guidance.stimulation.interlock import InterlockConditions, disarm_reason, highest_step
from guidance.stimulation.pulse_modes import SinglePulses
from tests.guidance.session.stimulated import BOUNDS, NOTHING_KNOWN, response
from tests.support.interlock import GOOD
from tests.support.outcomes import outcome_of
from tests.support.some import some


class Whim(Controller):
    """Controller that requests any current and rate."""

    def __init__(self, wants: list[float]) -> None:
        self._wants = wants
        self._at = 0

    def next_ma(self) -> float:
        return self._wants[self._at % len(self._wants)]

    def observe(self, _outcome: PulseOutcome, _proximity: Proximity) -> None:
        self._at += 1


@dataclass(frozen=True)
class Step:
    """One step: time, conditions, arming, and the device's outcome of a requested pulse."""

    passes_s: float
    state: InterlockConditions
    arm: bool
    fate: str
    delivered_share: float


CONDITIONS = st.builds(
    InterlockConditions,
    armed=st.just(False),
    screen_age_s=st.sampled_from([None, 0.0, 0.9, 1.1]),
    signal_age_s=st.sampled_from([None, 0.0, 0.2, 0.3]),
    response_pending=st.just(False),
    without_response=st.just(0),
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
        state=st.one_of(st.just(GOOD), st.just(GOOD), st.just(GOOD), CONDITIONS),
        arm=st.sampled_from([True, True, False]),
        fate=st.sampled_from(["answered", "answered", "unanswered", "not-delivered", "unconfirmed"]),
        delivered_share=st.sampled_from([1.0, 1.0, 0.5, 0.01]),
    ),
    max_size=60,
)
WANTS = st.lists(st.one_of(st.floats(0.0, 7.0), st.floats(0.0, 7.0), st.floats()), max_size=20)
TWO_PULSES = [Step(0.6, GOOD, arm=True, fate="answered", delivered_share=1.0)] * 4
"""A beginning after which two pulses have been requested, whatever the rate; without it a run may check nothing."""


class Played:
    """Stimulation driven by steps, with its requests, their times and conditions."""

    def __init__(self, stimulation: Stimulation) -> None:
        self.stimulation = stimulation
        self.t = 0.0
        self.fired: list[tuple[float, float, InterlockConditions]] = []
        self.commands: list[Command] = []
        self._sample = 0

    def play(self, step: Step) -> None:
        stimulation = self.stimulation
        self.t += step.passes_s
        self.commands += [item for item in stimulation.overdue(self.t) if isinstance(item, Command)]
        if step.arm:
            self.commands += stimulation.arm(self.t, self._state(step), "operator")
        state = self._state(step)
        self.commands += stimulation.tick(self.t, state)
        actions, stimulation.actions = stimulation.actions, []
        for action in actions:
            if isinstance(action, FirePulse):
                self.fired.append((self.t, action.current_ma, state))
                self._happens(step, action)

    def _state(self, step: Step) -> InterlockConditions:
        stimulation = self.stimulation
        return replace(
            step.state, armed=stimulation.armed, response_pending=stimulation.response_pending,
            without_response=stimulation.without_response,
        )  # fmt: skip

    def _happens(self, step: Step, fire: FirePulse) -> None:
        if step.fate == "unconfirmed":
            return
        self._sample += 1
        delivered = 0.0 if step.fate == "not-delivered" else fire.current_ma * step.delivered_share
        outcome = Outcome.NOT_DELIVERED if step.fate == "not-delivered" else Outcome.DELIVERED
        pulse = Pulse(self._sample, current_ma=delivered, requested_ma=fire.current_ma, outcome=outcome)
        self.stimulation.pulse_reported(pulse)
        if step.fate == "answered":
            self.stimulation.observe(outcome_of(pulse, response()), NOTHING_KNOWN)


@settings(max_examples=300, deadline=None)
@given(
    first=st.floats(0.02, 2.0),
    wants=WANTS,
    steps=STEPS,
    width_ms=st.sampled_from([0.05, 0.1, 0.5, 1.0]),
    rate_hz=st.sampled_from([1.0, 2.0, 5.0]),
)
def test_no_pulse_beyond_the_bounds_and_none_without_the_conditions(
    first: float, wants: list[float], steps: list[Step], width_ms: float, rate_hz: float
) -> None:
    played = Played(SinglePulses(Whim([first, first, *wants]), BOUNDS, width_ms, rate_hz))
    for step in [*TWO_PULSES, *steps]:
        played.play(step)
    assert len(played.fired) >= 2
    for t, current_ma, state in played.fired:
        assert BOUNDS.refusal(current_ma, width_ms, rate_hz) is None, (t, current_ma)
        assert disarm_reason(state) is None
        assert state.armed
        assert not state.response_pending
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
@given(steps=STEPS, last=CONDITIONS.filter(disarm_reason))
def test_every_refusal_gives_its_reason(steps: list[Step], last: InterlockConditions) -> None:
    played = Played(SinglePulses(ManualDial(1.0), BOUNDS, 0.1, 2.0))
    for step in [*steps, Step(0.6, last, arm=True, fate="answered", delivered_share=1.0)]:
        played.play(step)
    assert all(command.why for command in some(command for command in played.commands if command.by == "safety"))
