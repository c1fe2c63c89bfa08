"""StimJim: its firmware delivers a wrong current for one out of range, and our driver never sends such a current."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import open_stimulator
from drivers.base import DeviceLost, DeviceRefused, LimitExceeded, OptionRefused, Outcome
from drivers.stimulators.stimjim_messages import Booted, Complete, Measured, Started, StoredTrain, TextReader
from tests.drivers.stimulators.benches import Bench, bench
from tests.drivers.stimulators.sim_stimjim import SimStimJim
from tests.drivers.stimulators.wire import served

OPEN_AND_ONE_PULSE = [
    b"S99\n",
    b"T-1\nU-1\nR0,-1\nR1,-1\nM0,3\nM1,3\n",
    b"S99,1,3,1100,600;-500,0,100\n",
    b"T99\n",
    b"T-1\nU-1\n",
]


def armed(made: Bench) -> Bench:
    made.stimulator.enable(True)
    made.serve(0.02)
    return made


def test_the_firmware_turns_4_ma_into_minus_2_7_without_an_error() -> None:
    """The reason why the driver refuses: neither echo nor report shows the error, and the pulse has the other sign."""
    device = SimStimJim(load_kohm=1.0)
    messages = device.feed(b"S99,1,3,1100,600;4000,0,100\nT99\n").decode()
    assert "4000uA" in messages
    assert "Delivered 1 pulses" in messages
    assert device.given[0].current_ma == pytest.approx(-2.665, abs=0.01)


@pytest.mark.parametrize("current_ma", [3.301, 3.4, 4.0, 6.0, 33.0])
def test_what_the_firmware_would_wrap_never_reaches_it(current_ma: float) -> None:
    with bench("stimjim") as made:
        armed(made)
        received = made.served.received
        with pytest.raises(LimitExceeded, match=r"3\.3 mA"):
            made.stimulator.pulse_once(current_ma, 0.1)
        made.serve(0.03)
        assert made.served.received == received


@pytest.mark.parametrize("current_ma", [0.001, 0.1, 1.0, 3.3])
def test_every_current_it_takes_is_delivered_with_its_sign_and_size(current_ma: float) -> None:
    device = SimStimJim(load_kohm=1.0)
    with bench("stimjim", device) as made:
        delivery = armed(made).pulse(current_ma, 0.1)
    assert device.given[0].current_ma == pytest.approx(-current_ma, rel=0.002, abs=2e-4)
    assert delivery.current_ma == pytest.approx(current_ma, abs=2e-3)


def test_its_bytes_are_these_and_no_others() -> None:
    with bench("stimjim") as made:
        armed(made).pulse(0.5, 0.1)
        made.stimulator.close()
        made.served.unplug()
    assert made.served.received == b"".join(OPEN_AND_ONE_PULSE)


def test_a_second_like_pulse_is_not_set_again_and_another_is() -> None:
    with bench("stimjim") as made:
        armed(made).pulse(0.5, 0.1)
        made.serve(0.1)
        made.pulse(0.5, 0.1)
        made.serve(0.1)
        made.pulse(0.6, 0.2)
        assert made.served.received.count(b"S99,") == 2
        assert made.served.received.count(b"T99\n") == 3
    assert [round(pulse.width_ms, 3) for pulse in made.given] == [0.1, 0.1, 0.2]


def test_a_setting_that_comes_back_otherwise_is_no_pulse() -> None:
    device = SimStimJim()
    device.corrupts = True
    with bench("stimjim", device) as made:
        delivery = armed(made).pulse(0.2, 0.1)
        errors = [outcome.error for outcome in made.stimulator.take_outcomes() if outcome.error]
    assert delivery.outcome is Outcome.NOT_DELIVERED
    assert isinstance(errors[0], DeviceRefused)
    assert "did not store" in str(errors[0])
    assert not device.given


def test_an_open_circuit_is_not_delivered() -> None:
    with bench("stimjim", SimStimJim(load_kohm=None)) as made:
        delivery = armed(made).pulse(1.0, 0.1)
    assert (delivery.outcome, delivery.current_ma) == (Outcome.NOT_DELIVERED, 0.0)


def test_electrodes_of_20_kohm_get_what_the_voltage_can_drive() -> None:
    with bench("stimjim", SimStimJim(load_kohm=20.0)) as made:
        delivery = armed(made).pulse(2.0, 0.1)
    assert delivery.compliance
    assert delivery.current_ma == pytest.approx(13.7 / 20.0, abs=2e-3)


def test_a_pulse_without_a_report_is_unconfirmed() -> None:
    device = SimStimJim()
    device.mute_reports = True
    with bench("stimjim", device) as made:
        delivery = armed(made).pulse(1.0, 0.1)
    assert (delivery.outcome, delivery.current_ma) == (Outcome.UNCONFIRMED, None)


def test_one_that_falls_silent_is_lost() -> None:
    device = SimStimJim()
    with bench("stimjim", device) as made:
        armed(made)
        device.silent = True
        made.stimulator.pulse_once(1.0, 0.1)
        with pytest.raises(DeviceLost, match="does not reply"):
            made.serve(1.0)


def test_disarmed_before_the_echo_no_pulse_follows() -> None:
    device = SimStimJim()
    with bench("stimjim", device) as made:
        armed(made)
        made.stimulator.pulse_once(1.0, 0.1)
        made.stimulator.enable(False)
        made.serve(0.1)
        assert not device.given
        assert made.stimulator.take_deliveries()[0].outcome is Outcome.NOT_DELIVERED


def test_the_other_output_can_be_used() -> None:
    with bench("stimjim", options="?output=1") as made:
        armed(made).pulse(0.5, 0.1)
        assert b"S99,3,1,1100,600;0,-500,100\n" in made.served.received


def test_an_output_it_does_not_have_is_refused() -> None:
    with pytest.raises(OptionRefused, match="output=2"), bench("stimjim", options="?output=2"):
        pass


def test_a_port_is_released_when_nothing_replied() -> None:
    device = SimStimJim()
    device.silent = True
    with served(device) as wire:
        with pytest.raises(DeviceRefused):
            open_stimulator(f"stimjim:{wire.path}")
        device.silent = False
        open_stimulator(f"stimjim:{wire.path}").close()


TEXT = (
    b"Booting StimJim on Teensy 3.5!\r\n"
    + SimStimJim(load_kohm=1.0).feed(b"S7,1,3,1000,500;500,0,100;-500,0,100\nT7\nQ\n")
    + b"Forcing T train to stop\r\nb\n"
)
MESSAGES = [
    Booted(),
    StoredTrain(7, (1, 3), 1000, 500, ((500, 0, 100), (-500, 0, 100))),
    Started(7),
    Complete(1),
    Measured(0, (499, 0)),
    Measured(1, (-499, 0)),
]


@given(st.integers(1, 60), st.binary(max_size=20))
def test_what_it_prints_is_understood_however_it_is_cut(size: int, trailing: bytes) -> None:
    reader, data = TextReader(), TEXT + trailing
    messages = [item for at in range(0, len(data), size) for item in reader.feed(data[at : at + size])]
    assert messages[:4] == MESSAGES[:4]
    assert [(item.stage, item.values[1]) for item in messages if isinstance(item, Measured)][:2] == [(0, 0), (1, 0)]


@given(st.lists(st.binary(max_size=400), max_size=20))
def test_noise_raises_nothing_and_is_not_kept(noise: list[bytes]) -> None:
    reader = TextReader()
    for data in noise:
        reader.feed(data)
    assert len(reader._rest) <= 400
