"""Contract of every stimulator of the registry, each tested on its simulation."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import pytest

from drivers import STIMULATOR, STIMULATORS, find_driver, open_stimulator
from drivers.base import DeviceLost, DeviceNotFound, DeviceRefused, LimitExceeded, OptionRefused, Outcome
from tests.drivers.stimulators.benches import DEVICES, Bench, bench

FIRING = sorted(set(STIMULATORS) - {"hand"})
WIRED = FIRING


@pytest.fixture(params=sorted(STIMULATORS))
def every(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with bench(request.param) as made:
        yield made


@pytest.fixture(params=FIRING)
def firing(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with bench(request.param) as made:
        yield made


def test_every_stimulator_of_the_registry_is_tested_here() -> None:
    assert DEVICES.keys() == STIMULATORS.keys()


def test_opening_gives_no_pulse(every: Bench) -> None:
    every.serve(0.05)
    assert not every.given


def test_opening_changes_no_output_of_what_is_behind_it(every: Bench) -> None:
    """Only queries are sent: nothing that sets, starts or stops."""
    every.serve(0.02)
    assert every.served.received in (b"", b"S99\n", b"\xd5H\xd5\x5c") or every.served.received[10:11] == b"\x34"


def test_its_info_names_it_and_what_it_can_do(every: Bench) -> None:
    info = every.stimulator.info
    assert info.model
    assert info.limits is every.stimulator.limits
    assert 0 < info.limits.current_step_ma <= info.limits.max_current_ma
    assert 0 < info.limits.min_width_ms <= info.limits.max_width_ms


@pytest.mark.parametrize("width_ms", [0.0, -0.1, 5.0, math.nan, math.inf])
def test_a_width_out_of_range_is_refused_and_changes_nothing(every: Bench, width_ms: float) -> None:
    _refused(every, 1.0, width_ms)


@pytest.mark.parametrize("current_ma", [0.0, -1.0, 1000.0, math.nan, math.inf])
def test_a_current_out_of_range_is_refused_and_changes_nothing(every: Bench, current_ma: float) -> None:
    _refused(every, current_ma, 0.1)


def _refused(every: Bench, current_ma: float, width_ms: float) -> None:
    if every.stimulator.info.fires:
        every.stimulator.enable(True)
        every.serve(0.1)
    received = every.served.received
    with pytest.raises(LimitExceeded):
        every.stimulator.pulse_once(current_ma, width_ms)
    with pytest.raises(LimitExceeded):
        every.stimulator.set_pulses(current_ma, width_ms, 2.0)
    every.serve(0.03)
    assert every.served.received == received
    assert not every.given


@pytest.mark.parametrize("pulse_rate_hz", [-1.0, 1000.0, math.nan])
def test_a_rate_out_of_range_is_refused_and_changes_nothing(firing: Bench, pulse_rate_hz: float) -> None:
    firing.stimulator.enable(True)
    with pytest.raises(LimitExceeded):
        firing.stimulator.set_pulses(1.0, 0.1, pulse_rate_hz)
    firing.serve(0.05)
    assert not firing.given


def test_a_pulse_before_arming_is_refused(firing: Bench) -> None:
    with pytest.raises(DeviceRefused):
        firing.stimulator.pulse_once(1.0, 0.1)
    firing.serve(0.03)
    assert not firing.given


def test_one_requested_pulse_is_one_pulse_given(firing: Bench) -> None:
    firing.stimulator.enable(True)
    firing.serve(0.03)
    delivery = firing.pulse(1.0, 0.1)
    assert delivery.outcome is not Outcome.NOT_DELIVERED
    assert delivery.requested_ma == 1.0
    assert delivery.width_ms == 0.1
    firing.serve(0.05)
    assert len(firing.given) == 1
    assert abs(firing.given[0].current_ma) == pytest.approx(1.0, abs=2e-3)
    assert firing.given[0].width_ms == pytest.approx(0.1)


def test_the_reported_time_of_a_pulse_is_close_to_when_it_was_given(firing: Bench) -> None:
    firing.stimulator.enable(True)
    firing.serve(0.03)
    delivery = firing.pulse(1.0, 0.1)
    firing.serve_until(lambda: bool(firing.given))
    assert abs(delivery.requested_ns / 1e9 - firing.given[0].at_s) < 0.1


def test_a_request_does_not_wait_for_the_device(firing: Bench) -> None:
    firing.stimulator.enable(True)
    firing.serve(0.03)
    before = time.monotonic()
    firing.stimulator.pulse_once(1.0, 0.1)
    assert time.monotonic() - before < 0.05


def test_pulses_too_close_to_each_other_are_refused(firing: Bench) -> None:
    firing.stimulator.enable(True)
    firing.serve(0.03)
    firing.pulse(1.0, 0.1)
    with pytest.raises(LimitExceeded):
        firing.stimulator.pulse_once(1.0, 0.1)


def test_after_disarming_no_pulse_is_given(firing: Bench) -> None:
    firing.stimulator.enable(True)
    firing.stimulator.set_pulses(1.0, 0.1, 10.0)
    firing.serve(0.15)
    firing.stimulator.enable(False)
    firing.serve(0.02)
    given = len(firing.given)
    assert given
    firing.serve(0.3)
    assert len(firing.given) == given
    with pytest.raises(DeviceRefused):
        firing.stimulator.pulse_once(1.0, 0.1)


def test_a_train_lapses_when_the_program_no_longer_serves_it(firing: Bench) -> None:
    firing.stimulator.enable(True)
    firing.stimulator.set_pulses(1.0, 0.1, 10.0)
    firing.serve(0.35)
    given = len(firing.given)
    assert 3 <= given <= 5
    time.sleep(0.5)
    assert len(firing.given) <= given + 1
    firing.stimulator.service()
    firing.serve_until(lambda: len(firing.given) > given)
    assert len(firing.given) <= given + 2, "what was missed is not made up for"


def test_closing_ends_the_train_and_may_be_done_twice(every: Bench) -> None:
    if every.stimulator.info.fires:
        every.stimulator.enable(True)
        every.stimulator.set_pulses(1.0, 0.1, 10.0)
        every.serve(0.12)
    every.stimulator.close()
    given = len(every.given)
    every.stimulator.close()
    time.sleep(0.15)
    assert len(every.given) <= given + 1
    with pytest.raises(DeviceLost):
        every.stimulator.service()


def test_outcomes_come_in_the_order_of_the_requests(firing: Bench) -> None:
    firing.stimulator.enable(True)
    firing.serve(0.03)
    firing.pulse(1.0, 0.1)
    firing.stimulator.enable(False)
    outcomes = firing.stimulator.take_outcomes()
    assert [outcome.command for outcome in outcomes] == ["enable", "pulse_once", "enable"]
    assert not any(outcome.error for outcome in outcomes)
    assert not firing.stimulator.take_outcomes()


@pytest.mark.parametrize("name", WIRED)
def test_an_unplugged_device_is_lost_with_a_reason_and_stays_so(name: str) -> None:
    with bench(name) as made:
        made.stimulator.enable(True)
        made.serve(0.03)
        made.served.unplug()
        with pytest.raises(DeviceLost, match=made.served.path):
            made.serve(1.0)
        with pytest.raises(DeviceLost):
            made.stimulator.pulse_once(1.0, 0.1)
        with pytest.raises(DeviceLost):
            made.stimulator.enable(False)
        with pytest.raises((DeviceNotFound, DeviceRefused)):
            made.stimulator.reopen()
        made.stimulator.close()


@pytest.mark.parametrize("name", WIRED)
def test_opened_again_it_is_not_armed(name: str) -> None:
    with bench(name) as made:
        made.stimulator.enable(True)
        made.serve(0.03)
        made.stimulator.reopen()
        with pytest.raises(DeviceRefused):
            made.stimulator.pulse_once(1.0, 0.1)
        made.stimulator.enable(True)
        made.serve(0.03)
        made.pulse(1.0, 0.1)


@pytest.mark.parametrize("name", WIRED)
def test_a_missing_port_is_named(name: str) -> None:
    address = DEVICES[name][1].format(path="/dev/no-such-port")
    with pytest.raises(DeviceNotFound, match="no-such-port"):
        open_stimulator(address)


@pytest.mark.parametrize("name", WIRED)
def test_to_construct_a_driver_opens_nothing(name: str) -> None:
    construct, rest = find_driver(STIMULATOR, DEVICES[name][1].format(path="/dev/no-such-port"))
    stimulator = construct(rest)
    with pytest.raises(DeviceLost, match="not connected yet"):
        stimulator.service()
    stimulator.close()


@pytest.mark.parametrize("name", WIRED)
def test_an_option_it_does_not_know_is_refused(name: str) -> None:
    with pytest.raises(OptionRefused, match="volume"):
        open_stimulator(f"{name}:/dev/ttyACM0?volume=11")


def test_a_scheme_nobody_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(OptionRefused, match="stimjim"):
        open_stimulator("taser:/dev/ttyACM0")
