"""Faults between device and host, each while the stimulator is armed."""

from __future__ import annotations

import pytest

from drivers.simulated.messages import WRONG_INFO
from guidance.common.errors import DEVICE_LOST, DONE, FAILED
from guidance.engine.settings import Mode
from tests.guidance.session.virtual import VirtualBench
from tests.support.event_rules import faults

RATE_HZ = 5000


def every_sample_is_accounted_for(bench: VirtualBench) -> bool:
    end = bench.lines[-1]
    return bool(round(end["t"] * RATE_HZ) == end["samples"] + end["lost_samples"])


@pytest.mark.parametrize("fault", ["drop", "flip", "cut", "garbage"])
def test_a_bad_line_costs_samples_and_nothing_else(bench: VirtualBench, fault: str) -> None:
    bench.set_after(0.5, fault, "0.01")
    assert bench.run(8.0).status == DONE
    assert faults(bench.lines) == []
    assert every_sample_is_accounted_for(bench)
    assert 0.003 < bench.lines[-1]["lost_samples"] / (8 * RATE_HZ) < 0.03
    assert (bench.of("signal")[-1]["bad_frames"] > 0) == (fault != "drop")
    assert not bench.of("alarm", code="device-lost")
    assert any(pulse["t"] > 6 for pulse in bench.of("stimulus"))


def test_losses_are_alarmed_and_the_alarm_ends_with_them(bench: VirtualBench) -> None:
    bench.after(3.0, lambda: bench.device.lose(100))
    bench.run(10.0)
    begun, over = bench.of("alarm", code="samples-lost")
    assert (begun["active"], over["active"]) == (True, False)
    assert "20 ms" in begun["text"]
    assert bench.lines[-1]["lost_samples"] == 100


def test_a_stalled_device_is_lost_while_armed_and_reopened(bench: VirtualBench) -> None:
    bench.after(3.0, lambda: bench.device.stall(bench.clock.now_ns + 1_500_000_000))
    assert bench.run(8.0).status == DONE
    assert faults(bench.lines) == []
    assert [alarm["active"] for alarm in bench.of("alarm", code="device-lost")] == [True, False]
    assert every_sample_is_accounted_for(bench)
    assert not [pulse for pulse in bench.of("stimulus") if 3.1 < pulse["t"] < 4.5]
    assert any(pulse["t"] > 6.5 for pulse in bench.of("stimulus"))


def test_a_stall_without_stimulation_loses_nothing(bench: VirtualBench) -> None:
    bench.after(3.0, lambda: bench.device.stall(bench.clock.now_ns + 1_500_000_000))
    assert bench.run(6.0, Mode.LISTEN).status == DONE
    assert [alarm["active"] for alarm in bench.of("alarm", code="stale")] == [True, False]
    assert (bench.lines[-1]["samples"], bench.lines[-1]["lost_samples"]) == (30_000, 0)


@pytest.mark.parametrize("unplugged_s", [2.51, 2.53, 2.54])
def test_an_unplug_in_mid_sweep_leaves_a_hole_and_the_procedure_goes_on(
    bench: VirtualBench, unplugged_s: float
) -> None:
    bench.after(unplugged_s, bench.unplug)
    bench.after(4.5, bench.replug)
    assert bench.run(9.0).status == DONE
    assert faults(bench.lines) == []
    lost, found = bench.of("alarm", code="device-lost")
    assert (lost["active"], found["active"]) == (True, False)
    assert found["t"] < 2.6  # device time stands still while there is no device
    assert 0.38 < bench.lines[-1]["lost_samples"] / RATE_HZ / 5.0 < 0.48
    assert every_sample_is_accounted_for(bench)
    off = next(line for line in bench.of("command", by="safety") if not line["enabled"])
    assert "unplugged" in off["why"]
    on_again = bench.of("command", enabled=True, by="controller")
    assert on_again[-1]["t"] > 5.0
    assert any(pulse["t"] > 8 for pulse in bench.of("stimulus"))


def test_a_device_that_stays_lost_ends_a_headless_run_with_a_sentence(bench: VirtualBench) -> None:
    bench.after(3.0, bench.unplug)
    outcome = bench.run(30.0)
    assert outcome.status == DEVICE_LOST
    assert "virtual" in (outcome.sentence or "")
    assert (bench.lines[-1]["kind"], bench.lines[-1]["reason"]) == ("end", "device-lost")


def test_before_a_screen_a_lost_device_is_waited_for(bench: VirtualBench) -> None:
    bench.after(2.0, bench.unplug)
    bench.after(25.0, bench.replug)
    assert bench.run(26.0, screen=True).status == DONE
    assert any(not shown.connected for shown in bench.seat.shown)
    assert bench.seat.shown[-1].connected


def test_a_device_that_ignores_commands_from_the_start_is_reported(bench: VirtualBench) -> None:
    bench.faults.deaf = True
    outcome = bench.run(5.0)
    assert outcome.status == DEVICE_LOST
    assert "HELLO" in (outcome.sentence or "")
    assert not bench.store.exists()


def test_a_device_that_stops_obeying_is_lost(bench: VirtualBench) -> None:
    bench.set_after(4.0, "deaf", "on")
    assert bench.run(30.0).status == DEVICE_LOST
    assert bench.lines[-1]["reason"] == "device-lost"
    assert not bench.is_enabled  # by its own rule, a second after the last frame it received


@pytest.mark.parametrize("wrong", sorted(WRONG_INFO))
def test_a_device_that_describes_itself_wrongly_is_refused_with_a_sentence(bench: VirtualBench, wrong: str) -> None:
    bench.faults.info = wrong
    outcome = bench.run(5.0)
    assert outcome.status in {FAILED, DEVICE_LOST}
    assert (outcome.sentence or "").startswith("The amplifier at ")
    assert not bench.store.exists()
