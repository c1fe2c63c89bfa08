"""Tests of single stimulators: PulsePal's two wirings, P24's replies, the trigger's lines, the manual stimulator."""

from __future__ import annotations

import pytest

from drivers import open_stimulator
from drivers.base import DeviceRefused, LimitExceeded, OptionRefused, Outcome
from drivers.stimulators.ttl import TtlTrigger
from tests.drivers.stimulators.benches import Bench, bench, silent_port
from tests.drivers.stimulators.sim_p24 import SimP24
from tests.drivers.stimulators.sim_pulsepal import SimPulsePal


def armed(made: Bench) -> Bench:
    made.stimulator.enable(True)
    made.serve(0.05)
    return made


@pytest.mark.parametrize(("scale", "volts"), [("10", 0.1), ("1", 1.0), ("0.5", 2.0)])
def test_pulsepal_gives_the_volts_that_the_stimulators_scale_requires(scale: str, volts: float) -> None:
    device = SimPulsePal()
    with bench("pulsepal", device) as made:
        path = made.served.path
        made.stimulator.close()
        stimulator = open_stimulator(f"pulsepal:{path}?ma_per_v={scale}&channel=3")
        delivery = armed(Bench(stimulator, made.served)).stimulator
        delivery.pulse_once(1.0, 0.2)
        Bench(stimulator, made.served).serve(0.1)
        stimulator.close()
    (pulse,) = device.given
    assert pulse.current_ma == pytest.approx(volts, abs=2e-4)
    assert pulse.width_ms == pytest.approx(0.2)
    assert (2, 3) in device.stored


def test_pulsepal_holds_the_demand_and_triggers_beside_it() -> None:
    device = SimPulsePal()
    with bench("pulsepal", device, "&channel=2&demand=4&width_ms=0.1") as made:
        armed(made).pulse(2.5, 0.1)
        made.serve(0.05)
        assert device.fixed[4] == pytest.approx(2.5, abs=2e-4)
        assert device.given[0].current_ma == pytest.approx(5.0, abs=1e-3)
        assert device.given[0].width_ms == 1.0
        made.stimulator.enable(False)
        made.serve(0.05)
        assert device.fixed[4] == pytest.approx(0.0, abs=2e-4)


def test_pulsepals_own_inputs_can_start_nothing_once_it_is_armed() -> None:
    device = SimPulsePal()
    with bench("pulsepal", device) as made:
        armed(made)
    assert (device.stored[12, 1], device.stored[13, 1]) == (0, 0)


def test_closing_sends_pulsepal_the_disconnect_command() -> None:
    device = SimPulsePal()
    with bench("pulsepal", device) as made:
        armed(made)
        made.stimulator.close()
        made.served.unplug()
    assert device.commands[-2:] == [80, 81]


def test_a_setting_that_pulsepal_does_not_confirm_is_no_pulse() -> None:
    device = SimPulsePal()
    with bench("pulsepal", device) as made:
        armed(made)
        device.refuses = True
        delivery = made.pulse(1.0, 0.1)
        assert delivery.outcome is Outcome.NOT_DELIVERED
        assert "instead of confirming" in str(next(o.error for o in made.stimulator.take_outcomes() if o.error))
        assert not device.given
        device.refuses = False
        made.serve(0.1)
        made.pulse(1.0, 0.1)
        made.serve(0.05)
    assert len(device.given) == 1


@pytest.mark.parametrize("width_ms", [0.07, 0.13, 0.999])
def test_a_width_off_pulsepals_grid_is_refused(width_ms: float) -> None:
    with bench("pulsepal") as made, pytest.raises(LimitExceeded, match=r"0\.05 ms steps"):
        made.stimulator.check(1.0, width_ms)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("", "ma_per_v"),
        ("?ma_per_v=0", "ma_per_v=0"),
        ("?ma_per_v=ten", "ma_per_v=ten"),
        ("?ma_per_v=1&channel=5", "channel=5"),
        ("?ma_per_v=1&demand=1", "share channel"),
        ("?ma_per_v=1&demand=2", "width_ms"),
        ("?ma_per_v=1&width_ms=0.1", "width_ms"),
        ("?ma_per_v=1&ma_per_v=2", "each once"),
        ("?ma_per_v", "ma_per_v="),
    ],
)
def test_a_wiring_that_cannot_be_is_refused_before_any_port_is_opened(options: str, word: str) -> None:
    with pytest.raises(OptionRefused, match=word):
        open_stimulator(f"pulsepal:/dev/nowhere{options}")


def test_max_ma_bounds_what_may_be_requested() -> None:
    with bench("pulsepal", options="&max_ma=2") as made:
        assert made.stimulator.limits.max_current_ma == 2.0


def test_a_pulsepal_1_is_refused() -> None:
    with pytest.raises(OptionRefused, match="PulsePal 1"), bench("pulsepal", SimPulsePal(firmware=10)):
        pass


def test_p24_gives_whole_steps_and_reports_which() -> None:
    device = SimP24()
    with bench("p24", device) as made:
        delivery = armed(made).pulse(2.7, 0.2)
        assert any("0.5 mA" in note for note in made.stimulator.info.notes)
    assert (delivery.requested_ma, delivery.current_ma) == (2.7, 2.5)
    assert device.points == [(200, 2.5), (100, 0.0), (200, -2.5)]


@pytest.mark.parametrize("result", [10, 28])
def test_p24_without_electrodes_delivers_nothing(result: int) -> None:
    device = SimP24()
    device.result = result
    with bench("p24", device) as made:
        delivery = armed(made).pulse(2.0, 0.1)
    assert (delivery.outcome, delivery.current_ma) == (Outcome.NOT_DELIVERED, 0.0)


class EchoingP24(SimP24):
    """A device that sends each command back before its reply, as a line with local echo does."""

    def _take(self, part: bytes) -> bytes:
        return part + super()._take(part)


def test_an_echo_is_not_taken_for_the_reply_of_p24() -> None:
    with bench("p24", EchoingP24()) as made:
        assert armed(made).pulse(1.0, 0.2).current_ma == 1.0


def test_an_error_of_p24_is_reported_in_words() -> None:
    device = SimP24()
    device.result = 8
    with bench("p24", device) as made:
        assert armed(made).pulse(2.0, 0.1).outcome is Outcome.NOT_DELIVERED
        assert "high voltage" in str(next(o.error for o in made.stimulator.take_outcomes() if o.error))


def test_another_p24_at_the_same_port_is_refused() -> None:
    device = SimP24("P24-A")
    with bench("p24", device) as made:
        device.device_id = "P24-B"
        with pytest.raises(DeviceRefused, match="P24-A"):
            made.stimulator.reopen()


@pytest.mark.parametrize("line", ["rts", "dtr"])
def test_a_trigger_line_rises_and_falls_in_time(line: str) -> None:
    """Use pyserial's loop, whose CTS follows RTS and whose DSR follows DTR."""
    trigger = TtlTrigger(f"loop://?line={line}&pulse_ms=30").connect()
    made = Bench(trigger, None)  # type: ignore[arg-type]
    other_end = {"rts": "cts", "dtr": "dsr"}[line]
    assert not getattr(trigger._serial, other_end)
    trigger.enable(True)
    made.pulse(1.0, 0.1)
    assert getattr(trigger._serial, other_end)
    made.serve(0.06)
    assert not getattr(trigger._serial, other_end)
    trigger.close()


def test_a_trigger_line_falls_when_the_output_is_disarmed() -> None:
    trigger = TtlTrigger("loop://?line=rts&pulse_ms=50").connect()
    trigger.enable(True)
    trigger.pulse_once(1.0, 0.1)
    trigger.enable(False)
    assert not trigger._serial.cts
    trigger.close()


def test_a_trigger_is_not_taken_for_a_pulse() -> None:
    with bench("ttl") as made:
        assert armed(made).pulse(1.0, 0.1).outcome is Outcome.UNCONFIRMED


@pytest.mark.parametrize(
    "options", ["", "?line=cts", "?byte=256", "?byte=x", "?line=rts&byte=1", "?line=rts&pulse_ms=90"]
)
def test_a_trigger_without_a_line_or_byte_is_refused(options: str) -> None:
    with pytest.raises(OptionRefused):
        open_stimulator(f"ttl:/dev/nowhere{options}")


@pytest.mark.parametrize("name", ["p24", pytest.param("pulsepal", marks=pytest.mark.slow)])
def test_a_port_where_nothing_replies_is_refused_in_words(name: str) -> None:
    options = "?ma_per_v=1" if name == "pulsepal" else ""
    with silent_port() as path, pytest.raises(DeviceRefused, match="does not reply as"):
        open_stimulator(f"{name}:{path}{options}")


def test_a_manual_stimulator_has_no_address_and_refuses_every_pulse() -> None:
    with pytest.raises(OptionRefused):
        open_stimulator("hand:/dev/ttyACM0")
    manual = open_stimulator("hand")
    with pytest.raises(DeviceRefused, match="by hand"):
        manual.enable(True)
    with pytest.raises(DeviceRefused, match="by hand"):
        manual.pulse_once(1.0, 0.1)
    manual.enable(False)
    assert not manual.info.fires
