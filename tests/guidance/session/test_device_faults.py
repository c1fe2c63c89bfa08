"""Faults of the device and its electrodes, each while the stimulator is armed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.simulated.messages import StatusFault, StimReport
from drivers.simulated.stimulator import DuePulse, StimOutput
from guidance.common.errors import DONE
from tests.guidance.session.virtual import VirtualBench
from tests.support.event_rules import faults


def test_pulses_that_are_not_confirmed_are_reported_and_end_the_stimulation(bench: VirtualBench) -> None:
    bench.set_after(3.6, "no-stim", "on")
    assert bench.run(10.0).status == DONE
    assert faults(bench.lines) == []
    unconfirmed = bench.of("stimulus", outcome="unconfirmed")
    assert len(unconfirmed) == 3
    assert all(pulse["current_ma"] is None and pulse["requested_ma"] > 0 for pulse in unconfirmed)
    assert bench.of("alarm", code="stimulus-not-delivered", active=True)
    off = bench.of("command", by="safety")[0]
    assert "3 pulses in a row were not confirmed" in off["why"]
    assert not [pulse for pulse in bench.of("stimulus") if pulse["t"] > off["t"]]


def test_an_electrode_off_switches_off_until_it_is_on_again(bench: VirtualBench) -> None:
    bench.after(3.0, lambda: bench.device.patient.set_lead_off(0, True))
    bench.after(5.0, lambda: bench.device.patient.set_lead_off(0, False))
    bench.run(9.0)
    off, on = bench.of("alarm", code="lead-off")
    assert (off["active"], on["active"]) == (True, False)
    assert "channel 1" in off["text"]
    assert "electrode" in bench.of("command", by="safety")[0]["why"]
    between = [pulse for pulse in bench.of("stimulus") if off["t"] + 0.1 < pulse["t"] < on["t"]]
    assert not between
    assert any(pulse["t"] > on["t"] + 1 for pulse in bench.of("stimulus"))


def test_an_open_circuit_is_reported_and_raises_no_current(bench: VirtualBench) -> None:
    bench.set_after(3.0, "open-circuit", "on")
    bench.set_after(6.0, "open-circuit", "off")
    bench.run(8.0)
    assert faults(bench.lines) == []
    failed = bench.of("stimulus", outcome="not-delivered")
    assert failed
    assert all(pulse["current_ma"] == 0 and pulse["impedance_kohm"] is None for pulse in failed)
    responded = {line["sample"] for line in bench.of("response")}
    assert not responded & {pulse["sample"] for pulse in failed}
    begun, over = bench.of("alarm", code="stimulus-not-delivered")
    assert "circuit is open" in begun["text"]
    assert 6.0 < over["t"] < 7.0


def test_a_voltage_limit_is_reported_with_the_delivered_current(bench: VirtualBench) -> None:
    bench.set_after(3.0, "impedance-kohm", "40")
    bench.set_after(3.0, "compliance-v", "20")
    bench.run(6.0, current_ma=1.5)
    limited = [pulse for pulse in bench.of("stimulus") if pulse["current_ma"] < pulse["requested_ma"]]
    assert limited
    assert all(pulse["current_ma"] == 0.5 for pulse in limited)
    assert "0.50 of 1.50 mA" in bench.of("alarm", code="stimulus-not-delivered")[0]["text"]
    assert all(pulse["requested_ma"] <= 0.65 for pulse in limited[1:])  # one step up from what was delivered


def test_a_device_that_delivers_more_than_requested_is_switched_off_for_good(
    bench: VirtualBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver = StimOutput.deliver

    def twofold(stimulator: StimOutput, pulse: DuePulse, impedance_kohm: float | None) -> StimReport:
        given = deliver(stimulator, pulse, impedance_kohm)
        return replace(given, delivered_ua=2 * given.delivered_ua)

    bench.after(4.0, lambda: monkeypatch.setattr(StimOutput, "deliver", twofold))
    bench.run(8.0)
    assert faults(bench.lines) == []
    (off,) = [line for line in bench.of("command", by="safety") if line["why"] and "requested" in line["why"]]
    assert len([pulse for pulse in bench.of("stimulus") if pulse["t"] > 4.0]) == 1
    assert off["t"] < 5.0
    assert not bench.is_enabled
    (alarm,) = bench.of("alarm", code="stimulus-unrequested")
    assert (alarm["priority"], alarm["active"]) == ("high", True)
    assert "Take the needle's cable off" in alarm["text"]
    assert not [line for line in bench.of("response") if line["sample"] / 5000 > 4.0]


def test_a_fault_of_the_device_switches_off_for_good(bench: VirtualBench) -> None:
    bench.after(3.0, lambda: bench.device.raise_fault(StatusFault.OVER_CURRENT))
    bench.run(9.0)
    off = bench.of("command", by="safety")[0]
    assert "over-current" in off["why"]
    assert not [pulse for pulse in bench.of("stimulus") if pulse["t"] > 3.1]
    assert "over-current" in bench.of("alarm", code="stimulus-not-delivered")[0]["text"]


def test_a_fault_left_from_before_is_reported_and_cleared(bench: VirtualBench) -> None:
    bench.device.raise_fault(StatusFault.HOST_LOST)
    bench.run(6.0)
    assert any("host lost" in sentence for sentence in bench.seat.notices)
    assert [alarm["active"] for alarm in bench.of("alarm", code="stimulus-not-delivered")] == [True, False]
    assert bench.of("stimulus")


def test_a_device_that_knows_trains_only_delivers_one_and_stops(bench: VirtualBench) -> None:
    bench.device.info = bench.device.info.__class__(
        **{field: getattr(bench.device.info, field) for field in bench.device.info.__slots__} | {"capabilities": 0b1011}
    )
    assert bench.run(6.0).status == DONE
    assert faults(bench.lines) == []
    assert len(bench.of("stimulus")) > 5
    assert not bench.is_enabled


def test_a_train_lapses_when_its_pulses_get_no_more_responses(bench: VirtualBench) -> None:
    bench.device.info = bench.device.info.__class__(
        **{field: getattr(bench.device.info, field) for field in bench.device.info.__slots__} | {"capabilities": 0b1011}
    )
    bench.set_after(3.6, "no-stim", "on")
    bench.run(8.0)
    off = bench.of("command", by="safety")[0]
    assert "not confirmed" in off["why"]
    assert off["t"] < 5.5
    assert not bench.is_enabled
