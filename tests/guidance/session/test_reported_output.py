"""A device that acknowledges a request and reports the opposite: its report decides whether the output is off."""

from __future__ import annotations

import pytest

from guidance.common.errors import DEVICE_LOST, DONE, FAILED
from tests.guidance.session.virtual import VirtualBench
from tests.support.event_rules import faults

MAY_BE_ON = "The stimulator may still be on"


def test_a_device_that_reports_its_output_truly_ends_without_a_sentence(bench: VirtualBench) -> None:
    assert bench.run(5.0).status == DONE
    assert bench.of("stimulus")
    assert not bench.of("alarm", code="stimulator-not-off")


@pytest.mark.hazard("stays-on")
def test_a_device_that_stays_on_at_the_end_raises_an_alarm_and_the_exit_sentence_reports_it(
    bench: VirtualBench,
) -> None:
    bench.set_after(3.0, "stuck-on", "on")
    outcome = bench.run(5.0)
    assert outcome.status == FAILED
    assert outcome.sentence is not None
    assert MAY_BE_ON in outcome.sentence
    assert "unplug the needle's lead" in outcome.sentence
    (alarm,) = bench.of("alarm", code="stimulator-not-off")
    assert (alarm["priority"], alarm["active"]) == ("high", True)
    assert bench.lines[-1]["kind"] == "end"
    assert faults(bench.lines) == []


def test_a_device_that_stays_on_during_a_procedure_is_alarmed_within_a_second_until_it_is_off(
    bench: VirtualBench,
) -> None:
    bench.set_after(3.0, "stuck-on", "on")
    bench.after(4.0, lambda: bench.device.patient.set_lead_off(0, True))
    bench.set_after(7.0, "stuck-on", "off")
    bench.after(7.0, bench.device._stim.disable)
    assert bench.run(9.0).status == DONE
    begun, over = bench.of("alarm", code="stimulator-not-off")
    off = bench.of("command", by="safety")[0]
    assert 0.5 < begun["t"] - off["t"] < 1.5
    assert (begun["active"], over["active"]) == (True, False)
    assert 6.9 < over["t"] < 7.2
    assert not [line for line in bench.of("command", enabled=True) if line["t"] > off["t"]]


def test_off_is_requested_again_of_a_device_that_is_not_off(bench: VirtualBench) -> None:
    bench.set_after(3.0, "stuck-on", "on")
    bench.after(4.0, lambda: bench.device.patient.set_lead_off(0, True))
    bench.set_after(4.2, "stuck-on", "off")
    assert bench.run(8.0).status == DONE
    assert not bench.is_enabled
    assert [alarm["active"] for alarm in bench.of("alarm", code="stimulator-not-off")] == [True, False]


def test_where_reports_stop_off_is_not_known_and_that_is_reported(bench: VirtualBench) -> None:
    bench.set_after(3.0, "no-status", "on")
    outcome = bench.run(5.0)
    assert outcome.status == FAILED
    assert outcome.sentence is not None
    assert "has not reported that it is off" in outcome.sentence
    assert bench.of("alarm", code="stimulator-not-off", active=True)


def test_a_device_that_reports_idle_after_on_is_disarmed_and_not_armed_again(bench: VirtualBench) -> None:
    bench.faults.set("stuck-off", "on")
    bench.run(8.0)
    on = bench.of("command", enabled=True)[0]
    (off,) = bench.of("command", enabled=False)
    assert off["by"] == "safety"
    assert 0.5 < off["t"] - on["t"] < 1.6
    assert not bench.of("stimulus", outcome="delivered")
    assert not [line for line in bench.of("command", enabled=True) if line["t"] > off["t"]]
    assert "reports its stimulator off" in off["why"]
    assert bench.of("alarm", code="stimulus-not-delivered", active=True)
    assert faults(bench.lines) == []


@pytest.mark.hazard("stays-on")
def test_a_device_lost_while_it_was_on_may_be_on_still(bench: VirtualBench) -> None:
    bench.after(4.0, bench.unplug)
    outcome = bench.run(30.0)
    assert outcome.status == DEVICE_LOST
    assert outcome.sentence is not None
    assert MAY_BE_ON in outcome.sentence


def test_a_device_lost_before_it_was_ever_on_is_just_lost(bench: VirtualBench) -> None:
    bench.after(0.8, bench.unplug)
    outcome = bench.run(30.0)
    assert outcome.status == DEVICE_LOST
    assert outcome.sentence is not None
    assert MAY_BE_ON not in outcome.sentence


def test_a_fault_of_the_program_does_not_claim_that_a_stuck_device_is_off(bench: VirtualBench) -> None:
    def break_down() -> None:
        raise RuntimeError("broken")

    bench.set_after(3.0, "stuck-on", "on")
    bench.after(4.0, break_down)
    outcome = bench.run(8.0)
    assert outcome.status == FAILED
    assert outcome.sentence is not None
    assert "the stimulator is off" not in outcome.sentence
    assert MAY_BE_ON in outcome.sentence


def test_a_train_that_an_earlier_client_set_is_not_given_beside_single_pulses(bench: VirtualBench) -> None:
    bench.device._stim.set(2000, 100, 5000, 0.0)
    bench.run(6.0, current_ma=0.5)
    assert bench.of("stimulus")
    assert {pulse["requested_ma"] for pulse in bench.of("stimulus")} == {0.5}
