"""Bounds, the limit of steps, and every condition of the interlock by itself."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import Limits
from guidance.protocol import load
from guidance.stimulation.interlock import (
    ABSOLUTE_MAX_CHARGE_UC,
    PulseBounds,
    StepLimiter,
    disarm_reason,
    highest_step,
    refusal,
    wait_reason,
)
from tests.support.interlock import GOOD

PROTOCOL = load("generic-block")
DEVICE = Limits(20.0, 0.01, 0.05, 2.0, 50.0)
BOUNDS = PulseBounds.least(DEVICE, PROTOCOL)


def test_the_least_of_all_limits_holds() -> None:
    assert PulseBounds.least(DEVICE, PROTOCOL).max_current_ma == PROTOCOL.max_current_ma
    assert PulseBounds.least(DEVICE, replace(PROTOCOL, max_current_ma=9.0)).max_current_ma == 6.0
    assert PulseBounds.least(replace(DEVICE, max_current_ma=3.0), PROTOCOL).max_current_ma == 3.0
    assert PulseBounds.least(DEVICE, PROTOCOL, 0.7).max_current_ma == 0.7
    assert PulseBounds.least(DEVICE, PROTOCOL, 70.0).max_current_ma == PROTOCOL.max_current_ma
    assert PulseBounds.least(DEVICE, replace(PROTOCOL, max_rate_hz=30.0)).max_rate_hz == 5.0
    assert BOUNDS.max_width_ms == 1.0


@pytest.mark.parametrize(
    ("pulse", "word"),
    [
        ((5.01, 0.1, 2.0), "5.01 mA"),
        ((-0.01, 0.1, 2.0), "-0.01 mA"),
        ((math.nan, 0.1, 2.0), "nan mA"),
        ((math.inf, 0.1, 2.0), "inf mA"),
        ((1.0, 0.04, 2.0), "0.04 ms"),
        ((1.0, 1.01, 2.0), "1.01 ms"),
        ((1.0, 0.1, 5.1), "5.1 pulses a second"),
        ((1.0, 0.1, 0.0), "0 pulses a second"),
        ((2.1, 1.0, 2.0), "2.1 uC"),
        ((5.0, 1.0, 2.0), "5 uC"),
    ],
)
def test_a_pulse_beyond_a_limit_is_refused_by_name(pulse: tuple[float, float, float], word: str) -> None:
    assert word in (BOUNDS.refusal(*pulse) or "")


@pytest.mark.parametrize("pulse", [(0.0, 0.1, 1.0), (5.0, 0.4, 5.0), (2.0, 1.0, 5.0), (0.01, 0.05, 0.1)])
def test_a_pulse_at_its_limits_is_allowed(pulse: tuple[float, float, float]) -> None:
    assert BOUNDS.refusal(*pulse) is None


@given(width_ms=st.floats(0.05, 1.0))
def test_the_highest_current_of_a_width_keeps_current_and_charge(width_ms: float) -> None:
    highest = BOUNDS.highest_ma(width_ms)
    assert BOUNDS.refusal(highest, width_ms, 1.0) is None
    assert highest <= BOUNDS.max_current_ma
    assert highest * width_ms <= ABSOLUTE_MAX_CHARGE_UC + 1e-9


@given(wanted=st.floats(0.001, 6.0), step=st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.5]))
def test_currents_are_whole_steps_never_above_what_was_wanted(wanted: float, step: float) -> None:
    stepped = replace(BOUNDS, current_step_ma=step).stepped(wanted)
    assert math.isclose(stepped / step, round(stepped / step), abs_tol=1e-6)
    assert stepped <= max(wanted + 1e-6, step)
    assert stepped >= wanted - step - 1e-6


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, -1.0, 0.0])
def test_an_invalid_current_is_left_for_the_refusal(odd: float) -> None:
    assert str(BOUNDS.stepped(odd)) == str(odd)


@pytest.mark.parametrize(("last", "highest"), [(0.0, 0.1), (0.2, 0.3), (1 / 3, 1.3 / 3), (1.0, 1.3), (4.0, 5.2)])
def test_a_step_up_is_thirty_percent_or_a_tenth_of_a_milliampere(last: float, highest: float) -> None:
    assert highest_step(last) == pytest.approx(highest, abs=1e-3)


def test_only_what_was_delivered_lifts_the_step_limit() -> None:
    step_limiter = StepLimiter(1.0, 0.1)
    assert step_limiter.highest_ma(0.1) == 1.0
    step_limiter.requested(1.0, 0.1)
    assert step_limiter.highest_ma(0.1) == 1.0
    step_limiter.delivered(1.0)
    assert step_limiter.highest_ma(0.1) == pytest.approx(1.3)
    step_limiter.requested(1.3, 0.1)
    step_limiter.delivered(0.4)
    assert step_limiter.highest_ma(0.1) == pytest.approx(0.52)
    step_limiter.requested(0.2, 0.1)
    assert step_limiter.highest_ma(0.1) == pytest.approx(0.3)


def test_more_delivered_than_requested_does_not_lift_the_limit_further() -> None:
    step_limiter = StepLimiter(1.0, 0.1)
    step_limiter.requested(0.5, 0.1)
    step_limiter.delivered(5.0)
    assert step_limiter.highest_ma(0.1) == pytest.approx(0.65)


@pytest.mark.parametrize("chronaxie_ms", [0.02, 0.1, 0.2, 0.5])
@pytest.mark.parametrize("from_ms", [0.05, 0.1, 0.3, 1.0])
@pytest.mark.parametrize("to_ms", [0.05, 0.1, 0.3, 1.0])
def test_no_change_of_width_excites_more_than_a_step_up_on_a_nerve_of_any_chronaxie(
    chronaxie_ms: float, from_ms: float, to_ms: float
) -> None:
    step_limiter = StepLimiter(1.0, from_ms)
    step_limiter.requested(1.0, from_ms)
    step_limiter.delivered(1.0)
    highest_ma = step_limiter.highest_ma(to_ms)
    excites = (1 + chronaxie_ms / from_ms) / (1 + chronaxie_ms / to_ms)
    assert highest_ma <= highest_step(1.0) + 1e-9
    assert highest_ma * excites <= highest_step(1.0) + 1e-9


def test_a_wider_pulse_requested_but_not_delivered_lowers_what_may_follow_at_every_width() -> None:
    step_limiter = StepLimiter(1.0, 0.1)
    step_limiter.requested(0.3, 1.0)
    assert step_limiter.highest_ma(1.0) == pytest.approx(0.25)
    assert step_limiter.highest_ma(0.1) == pytest.approx(0.25)
    step_limiter.delivered(0.3)
    assert step_limiter.highest_ma(0.1) == pytest.approx(0.4)


def test_when_all_is_well_no_pulse_is_refused() -> None:
    assert disarm_reason(GOOD) is wait_reason(GOOD) is None
    assert refusal(GOOD, BOUNDS, StepLimiter(1.0, 0.1), 1.0, 0.1, 2.0) is None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"screen_age_s": None}, "screen"),
        ({"screen_age_s": 1.01}, "screen"),
        ({"storage_ok": False}, "record"),
        ({"connected": False}, "not connected"),
        ({"device_fault": "battery"}, "battery"),
        ({"lead_off": True}, "electrode"),
        ({"without_response": 3}, "stale"),
    ],
)
def test_each_of_these_conditions_switches_off(change: dict[str, object], word: str) -> None:
    state = replace(GOOD, **change)  # type: ignore[arg-type]
    assert word in (disarm_reason(state) or "")
    assert refusal(state, BOUNDS, StepLimiter(1.0, 0.1), 1.0, 0.1, 2.0) == disarm_reason(state)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"armed": False}, "not armed"),
        ({"signal_age_s": None}, "no samples"),
        ({"signal_age_s": 0.26}, "no samples"),
        ({"response_pending": True}, "not known yet"),
    ],
)
def test_each_of_these_conditions_makes_the_next_pulse_wait(change: dict[str, object], word: str) -> None:
    state = replace(GOOD, **change)  # type: ignore[arg-type]
    assert disarm_reason(state) is None
    assert word in (wait_reason(state) or "")
    assert refusal(state, BOUNDS, StepLimiter(1.0, 0.1), 1.0, 0.1, 2.0) == wait_reason(state)


def test_without_a_screen_none_is_needed() -> None:
    assert disarm_reason(replace(GOOD, screen_age_s=None, headless=True)) is None


def test_too_large_a_step_up_is_refused() -> None:
    assert "step up" in (refusal(GOOD, BOUNDS, StepLimiter(1.0, 0.1), 1.01, 0.1, 2.0) or "")
