"""Settings that an earlier client left in a stimulator: none adds a pulse once this program has armed it."""

from __future__ import annotations

import time

import pytest

from drivers.base import DeviceRefused, Outcome
from tests.drivers.stimulators.benches import Bench, bench
from tests.drivers.stimulators.sim_p24 import SimP24
from tests.drivers.stimulators.sim_pulsepal import SimPulsePal
from tests.drivers.stimulators.sim_stimjim import SimStimJim

HOUR_CYCLES = 72_000_000


def armed(made: Bench) -> Bench:
    """Arm, and return once the device has acknowledged everything."""
    made.stimulator.enable(True)
    made.serve_until(lambda: bool(made.stimulator.take_outcomes()))
    return made


def refusal(made: Bench) -> str:
    """Return why arming was refused; check that a pulse requested with it is not given."""
    made.stimulator.enable(True)
    made.stimulator.pulse_once(1.0, 0.1)
    made.serve(0.6)
    error = next(outcome.error for outcome in made.stimulator.take_outcomes() if outcome.command == "enable")
    assert isinstance(error, DeviceRefused)
    (delivery,) = made.stimulator.take_deliveries()
    assert delivery.outcome is Outcome.NOT_DELIVERED
    with pytest.raises(DeviceRefused, match="not armed"):
        made.stimulator.pulse_once(1.0, 0.1)
    return str(error)


def looping(firmware: int = 21) -> SimPulsePal:
    """Return a PulsePal whose channel 1 an earlier client left in loop mode, after abort and disconnect."""
    device = SimPulsePal(firmware)
    device.feed(b"\xd5H\xd5\x4a\x04\x01\x02\0\0\0\xd5\x4a\x07\x01\x14\0\0\0\xd5\x52\x01\x01\xd5\x50\xd5\x51")
    device.given.clear()
    return device


def test_a_pulsepal_left_in_loop_mode_plays_on_after_a_single_trigger() -> None:
    """The fault itself: abort and disconnect end the pulses, not the mode."""
    device = looping()
    device.feed(b"\xd5\x4d\x01")
    time.sleep(0.1)
    assert len(device.given) > 50


@pytest.mark.parametrize("firmware", [20, 21, 22])
def test_one_pulse_of_a_pulsepal_left_in_loop_mode_is_one_pulse(firmware: int) -> None:
    device = looping(firmware)
    with bench("pulsepal", device) as made:
        armed(made).pulse(1.0, 0.1)
        made.serve(0.3)
        assert len(made.given) == 1
        assert not device.loops
    time.sleep(0.1)
    assert len(device.given) == 1


def test_the_demand_channel_leaves_loop_mode_too() -> None:
    device = looping()
    device.loops.add(4)
    with bench("pulsepal", device, "&channel=2&demand=4&width_ms=0.1") as made:
        armed(made)
        assert b"\xd5\x52\x02\x00" in made.served.received
        assert b"\xd5\x52\x04\x00" in made.served.received
    assert device.loops == {1}, "what is not used stays as its owner left it"


def test_arming_sets_every_setting_that_could_add_a_pulse() -> None:
    device = SimPulsePal()
    for code in (1, 8, 9, 11, 12, 13, 14, 15, 16):
        device.stored[code, 1] = 1
    device.stored |= {(17, 1): 40_000, (3, 1): 65_535, (7, 1): 2, (128, 1): 2, (128, 2): 1}
    with bench("pulsepal", device) as made:
        armed(made)
        assert made.served.received.startswith(b"\xd5H")
    assert all(device.stored[code, 1] == 0 for code in (1, 8, 9, 11, 12, 13, 14, 15, 16))
    assert device.stored[3, 1] == device.stored[17, 1] == 32_768
    assert device.stored[7, 1] == HOUR_CYCLES, "were it to loop in spite of all, it would give a pulse an hour"
    assert device.stored[128, 1] == device.stored[128, 2] == 0


def test_a_train_that_an_earlier_client_left_running_ends_with_arming() -> None:
    device = SimPulsePal()
    device.feed(b"\xd5\x52\x01\x01")
    with bench("pulsepal", device) as made:
        armed(made)
        given = len(device.given)
        made.serve(0.1)
        assert len(device.given) == given


def test_a_pulsepals_trigger_input_gives_no_pulse_once_it_is_armed() -> None:
    device = SimPulsePal()
    device.stored[12, 1] = device.stored[13, 1] = 1
    with bench("pulsepal", device) as made:
        armed(made)
        device.press(1)
        device.press(2)
        assert not device.given


@pytest.mark.parametrize("code", [74, 82])
def test_a_pulsepal_that_does_not_acknowledge_is_not_armed(code: int) -> None:
    device = SimPulsePal()
    device.deaf_to = {code}
    with bench("pulsepal", device) as made:
        why = refusal(made)
        assert "did not acknowledge" in why
        assert not device.given


def test_a_pulsepal_that_refuses_a_setting_is_not_armed() -> None:
    device = SimPulsePal()
    device.refuses = True
    with bench("pulsepal", device) as made:
        assert "instead of confirming" in refusal(made)
        assert not device.given


@pytest.mark.parametrize("code", [1, 8, 12, 14, 17])
def test_a_pulsepal_that_reads_back_another_setting_is_not_armed(code: int) -> None:
    """Firmware 22 sends its settings on request; older ones only acknowledge."""
    device = SimPulsePal(22)
    device.stored[code, 1] = 7
    device.forgets = {code}
    with bench("pulsepal", device) as made:
        assert "reads back" in refusal(made)
        assert not device.given


def test_a_pulsepal_whose_loop_command_is_reversed_is_refused_at_opening_and_gives_nothing() -> None:
    """The bytes that end loop mode start it there, and with it a pulse."""
    device = SimPulsePal(reversed_loop=True)
    device.feed(b"\xd5\x52\x01\x00")
    assert device.loops == {1}
    device = SimPulsePal(reversed_loop=True)
    with pytest.raises(DeviceRefused, match="released firmware"), bench("pulsepal", device):
        pass
    assert not device.given
    assert 82 not in device.commands


def test_a_stimjims_trains_triggers_and_driven_outputs_end_with_arming() -> None:
    device = SimStimJim()
    device.running, device.modes = {"T", "U"}, {0: 1, 1: 0}
    device.feed(b"R0,5\nR1,7\n")
    with bench("stimjim", device) as made:
        assert device.triggers == {0: 5, 1: 7}, "opening changes nothing"
        armed(made)
        device.press(0)
        device.press(1)
        assert (device.running, device.triggers, device.modes) == (set(), {}, {0: 3, 1: 3})
        assert not device.given
        made.pulse(1.0, 0.1)
        assert len(device.given) == 1


def test_a_stimjim_that_cannot_stop_a_train_is_not_armed() -> None:
    device = SimStimJim()
    device.cannot_stop = True
    with bench("stimjim", device) as made:
        assert "did not acknowledge" in refusal(made)
        assert not device.given


def test_a_p24_left_at_its_mid_level_is_stopped() -> None:
    device = SimP24()
    device.mid_level = True
    with bench("p24", device) as made:
        armed(made).pulse(1.0, 0.1)
        assert not device.mid_level
        assert len(device.given) == 1


def test_a_p24_whose_mid_level_runs_on_is_not_armed() -> None:
    device = SimP24()
    device.mid_level = device.keeps_mid_level = True
    with bench("p24", device) as made:
        assert "reads back" in refusal(made)
        assert not device.given
