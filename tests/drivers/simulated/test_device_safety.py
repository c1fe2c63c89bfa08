"""The safety rules of the device, one by one."""

from __future__ import annotations

import pytest

from drivers.ona.frames import encode
from drivers.simulated import messages as ona
from drivers.simulated.messages import DeviceState, Result, StatusFault
from tests.drivers.simulated.wire import MS, Host


def test_the_stimulator_is_disabled_at_power_up() -> None:
    host = Host()
    host.start()
    host.set(1000, 100, 5000)
    host.run(1000)
    assert host.stims() == []


def test_enabling_needs_streaming() -> None:
    host = Host()
    assert host.enable() is Result.NOT_IN_THIS_STATE
    host.start()
    assert host.enable() is Result.DONE


def test_enable_takes_only_on_and_off() -> None:
    host = Host()
    host.start()
    assert host.enable(2) is Result.OUT_OF_RANGE
    host.run(2)
    assert host.statuses()[-1]["state"] == DeviceState.STREAMING


@pytest.mark.parametrize("stop", [ona.STOP, ona.START])
def test_stop_and_restart_disable_the_stimulator(stop: int) -> None:
    host = Host()
    host.start(enabled=True, rate_mhz=5000)
    host.run(210)
    host.send(stop)
    host.send(ona.START)
    host.run(1000)
    assert len(host.stims()) == 1
    assert host.statuses()[-1]["state"] == DeviceState.STREAMING


def test_opening_the_port_disables_the_stimulator_and_streaming_goes_on() -> None:
    host = Host()
    host.start(enabled=True, rate_mhz=5000)
    host.run(210)
    host.device.port_opened(host.now_ns)
    host.frames.clear()
    host.run(500)
    assert host.stims() == []
    assert host.sample_heads()


def test_a_new_host_may_begin_with_the_sequence_number_of_the_last() -> None:
    host = Host()
    host.take(host.device.feed(encode(ona.HELLO, 0), host.now_ns))
    host.device.port_opened(host.now_ns)
    host.take(host.device.feed(encode(ona.HELLO, 0), host.now_ns))
    assert [f.type for f in host.frames].count(ona.ACK) == 2


def test_a_host_lost_for_a_second_disables_and_is_reported() -> None:
    host = Host()
    host.start(enabled=True, rate_mhz=10_000)
    host.run(1400, beat=False)
    last = host.statuses()[-1]
    assert (last["state"], last["fault"]) == (DeviceState.FAULT, StatusFault.HOST_LOST)
    assert last["sample"] == pytest.approx(10_000, abs=20)
    assert [s["sample"] for s in host.stims()] == [1000 * k for k in range(1, 10)]


def test_no_pulse_is_delivered_after_the_second_even_if_the_device_wakes_late() -> None:
    host = Host()
    host.start(enabled=True, rate_mhz=10_000)
    host.now_ns += 1500 * MS
    host.take(host.device.tick(host.now_ns))
    assert max(s["sample"] for s in host.stims()) < 10_000
    assert host.statuses()[-1]["fault"] == StatusFault.HOST_LOST


def test_a_heartbeat_that_comes_too_late_does_not_save_it() -> None:
    host = Host()
    host.start(enabled=True)
    host.now_ns += 1001 * MS
    assert host.send(ona.HEARTBEAT) is Result.DONE
    assert host.statuses()[-1]["fault"] == StatusFault.HOST_LOST


@pytest.mark.parametrize("kind", [ona.HEARTBEAT, ona.HELLO, 0x99])
def test_any_valid_frame_keeps_it_enabled(kind: int) -> None:
    host = Host()
    host.start(enabled=True)
    for _ in range(4):
        host.run(900, beat=False)
        host.send(kind)
    assert host.statuses()[-1]["fault"] == StatusFault.NONE


def test_damaged_frames_do_not_keep_it_enabled() -> None:
    host = Host()
    host.start(enabled=True)
    for _ in range(12):
        host.run(100, beat=False)
        host.take(host.device.feed(encode(ona.HEARTBEAT, 9)[:-2] + b"\x01\0", host.now_ns))
    assert host.statuses()[-1]["fault"] == StatusFault.HOST_LOST


def test_a_silent_host_is_no_fault_while_disabled() -> None:
    host = Host()
    host.start()
    host.run(3000, beat=False)
    assert {s["fault"] for s in host.statuses()} == {StatusFault.NONE}


@pytest.mark.parametrize("fault", [f for f in StatusFault if f])
def test_after_a_fault_only_disabling_clears_it(fault: StatusFault) -> None:
    host = Host()
    host.start(enabled=True, rate_mhz=5000)
    host.run(50)
    host.device.raise_fault(fault)
    host.run(2)
    assert (host.statuses()[-1]["state"], host.statuses()[-1]["fault"]) == (DeviceState.FAULT, fault)
    assert host.enable() is Result.FAULT
    assert host.once(1000) is Result.FAULT
    assert host.enable(0) is Result.DONE
    assert host.statuses()[-1]["state"] == DeviceState.STREAMING
    assert host.enable() is Result.DONE


def test_samples_go_on_during_a_fault_without_pulses() -> None:
    host = Host()
    host.start(enabled=True, rate_mhz=10_000)
    host.device.raise_fault(StatusFault.OVER_TEMPERATURE)
    host.frames.clear()
    host.run(500)
    assert host.stims() == []
    assert len(host.sample_heads()) == 250


def test_an_empty_battery_is_a_fault() -> None:
    host = Host()
    host.start(enabled=True)
    host.device.set_battery(0)
    host.run(2)
    assert host.statuses()[-1]["fault"] == StatusFault.BATTERY
    with pytest.raises(ValueError, match="0 to 100"):
        host.device.set_battery(101)
