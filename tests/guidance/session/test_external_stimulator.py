"""A stimulator on another clock: its pulses are located in the recording, or reported as unconfirmed, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivers.base import Pulse
from guidance.common.errors import UsageError
from guidance.contracts.commands import TurnDial as DialMessage
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from guidance.reprocess.procedure import reprocess_procedure
from guidance.session import LiveJob
from guidance.stimulation.actions import FirePulse
from guidance.stimulation.controller import ManualDial
from guidance.stimulation.pulse_modes import TriggeredPulses
from tests.drivers.stimulators.sim_p24 import SimP24
from tests.drivers.stimulators.sim_pulsepal import SimPulsePal
from tests.drivers.stimulators.sim_stimjim import SimStimJim
from tests.drivers.stimulators.wire import Device, served
from tests.guidance.session.external_stimulator import ExternalStimulatorBench
from tests.guidance.session.stimulated import BOUNDS
from tests.support import event_rules
from tests.support.interlock import GOOD
from tests.support.some import some

Make = Callable[..., ExternalStimulatorBench]
DEVICES = {
    "stimjim:virtual": SimStimJim,
    "pulsepal:virtual?ma_per_v=1": SimPulsePal,
    "p24:virtual": SimP24,
}


@pytest.fixture
def external(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    def make(stimulator: Device | None = None, drift_ppm: float = 0.0) -> ExternalStimulatorBench:
        return ExternalStimulatorBench(tmp_path, monkeypatch, stimulator or SimStimJim(), drift_ppm)

    return make


def found(bench: ExternalStimulatorBench) -> tuple[int, int, float]:
    """Count pulses that reached the patient and those reported as delivered; with the largest error in samples."""
    reported = np.array([line["sample"] for line in bench.of("stimulus", outcome="delivered")])
    given = np.array([(at - bench.device._started_ns) * bench.device._rate_per_ns for at in bench.struck_ns])
    return len(given), len(reported), float(np.abs(reported[:, None] - given).min(axis=1).max())


@pytest.mark.parametrize("address", sorted(DEVICES))
def test_each_delivered_pulse_is_located(external: Make, address: str) -> None:
    bench = external(DEVICES[address]())
    assert bench.run(12.0, stimulator=address, current_ma=2.0, pulse_rate_hz=2.0).status == 0
    given, reported, worst = found(bench)
    assert given >= 15
    assert reported >= given - 1
    assert worst <= 3
    assert len(bench.of("response")) >= reported - 1
    assert not event_rules.faults(bench.lines)


def test_the_current_measured_by_stimjim_is_reported_as_delivered(external: Make) -> None:
    bench = external(SimStimJim(load_kohm=20.0))
    bench.run(6.0, stimulator="stimjim:virtual", current_ma=1.0)
    reported = bench.of("stimulus", outcome="delivered")
    assert reported
    assert all(line["current_ma"] == pytest.approx(0.685, abs=1e-3) for line in reported)
    assert reported[0]["requested_ma"] == 1.0
    assert bench.of("alarm", code="stimulus-not-delivered", active=True)


def test_an_open_circuit_is_not_delivered_and_disarms_nothing_else(external: Make) -> None:
    bench = external(SimStimJim(load_kohm=None))
    bench.run(6.0, stimulator="stimjim:virtual", current_ma=1.0)
    reported = bench.of("stimulus")
    assert reported
    assert {line["outcome"] for line in reported} == {"not-delivered"}
    assert not bench.of("response")
    assert bench.of("alarm", code="stimulus-not-delivered", active=True)


def test_a_pulse_that_is_not_in_the_recording_is_unconfirmed_and_three_switch_off(external: Make) -> None:
    bench = external()
    bench.cut = True
    bench.run(8.0, stimulator="stimjim:virtual", current_ma=1.0)
    assert [line["outcome"] for line in bench.of("stimulus")] == ["unconfirmed"] * 3
    assert not bench.of("response")
    (alarm, *_) = bench.of("alarm", code="stimulus-not-delivered", active=True)
    assert "not found in the recording" in alarm["text"]
    assert bench.of("command", enabled=False, by="safety")


def test_a_cable_that_comes_off_later_is_noticed_and_pulses_do_not_rise_without_it(external: Make) -> None:
    bench = external()
    bench.after(6.0, lambda: setattr(bench, "cut", True))
    bench.run(12.0, mode=Mode.AUTO, stimulator="stimjim:virtual")
    outcomes = [line["outcome"] for line in bench.of("stimulus")]
    assert outcomes.count("unconfirmed") == 3
    assert set(outcomes[: outcomes.index("unconfirmed")]) == {"delivered"}
    unconfirmed = bench.of("stimulus", outcome="unconfirmed")
    assert unconfirmed[-1]["requested_ma"] <= unconfirmed[0]["requested_ma"] * 1.3 + 0.1


@pytest.mark.parametrize(
    "drift_ppm", [150.0, pytest.param(-200.0, marks=pytest.mark.slow), pytest.param(0.0, marks=pytest.mark.slow)]
)
def test_offset_and_drift_between_the_clocks_are_corrected(external: Make, drift_ppm: float) -> None:
    bench = external(drift_ppm=drift_ppm)
    bench.run(30.0, stimulator="stimjim:virtual", current_ma=1.0, pulse_rate_hz=2.0)
    last = bench.of("stimulus", outcome="delivered")[-1]
    assert 10.0 < last["offset_ms"] < 20.0
    assert last["drift_ppm"] == pytest.approx(drift_ppm, abs=25.0)
    given, reported, worst = found(bench)
    assert reported >= 0.96 * given - 1
    assert worst <= 3


def test_voluntary_activity_is_not_taken_for_the_pulses_of_a_cable_that_is_off(external: Make) -> None:
    bench = external()
    bench.cut = True
    bench.device.patient.voluntary.commanded_effort = 0.4
    bench.run(10.0, stimulator="stimjim:virtual", current_ma=1.0)
    reported = bench.of("stimulus")
    assert reported
    assert sum(line["outcome"] == "delivered" for line in reported) <= 1


def test_the_first_pulse_comes_only_once_the_operator_has_armed(external: Make) -> None:
    bench = external()
    bench.run(4.0, stimulator="stimjim:virtual", screen=True, current_ma=1.0)
    assert not bench.stimulator.given
    assert not bench.of("stimulus")


def test_an_unplugged_stimulator_is_the_device_lost_with_its_reason(external: Make) -> None:
    bench = external()
    bench.after(4.0, lambda: setattr(bench, "joined", False))
    outcome = bench.run(30.0, stimulator="stimjim:virtual", current_ma=1.0)
    assert outcome.status == 3
    assert "virtual-stimulator" in str(outcome.sentence)
    assert bench.of("end", reason="device-lost")


def test_only_the_operator_arms_a_stimulator_that_was_plugged_in_again(external: Make) -> None:
    bench = external()
    bench.arm_after(2.0)
    bench.after(5.0, lambda: setattr(bench, "joined", False))
    bench.after(7.0, lambda: setattr(bench, "joined", True))
    bench.run(14.0, stimulator="stimjim:virtual", screen=True, current_ma=1.0)
    assert bench.of("alarm", code="device-lost", active=False)
    assert bench.struck_ns
    assert all(line["t"] < 7.5 for line in some(bench.of("stimulus")))


def test_an_amplifier_lost_switches_the_stimulator_off(external: Make) -> None:
    device = SimPulsePal()
    bench = external(device)
    bench.after(4.0, bench.unplug)
    bench.run(30.0, stimulator="pulsepal:virtual?ma_per_v=1", current_ma=1.0)
    assert device.commands[-1] in (80, 81)
    assert bench.of("command", enabled=False, by="safety")


def test_the_limits_of_all_hold_for_an_external_stimulator(external: Make) -> None:
    bench = external(SimP24())
    outcome = bench.run(3.0, stimulator="p24:virtual", current_ma=50.0)
    assert outcome.status == 2
    assert "50 mA" in str(outcome.sentence)
    assert not bench.stimulator.given


def test_a_width_that_pulsepal_cannot_make_is_refused_before_anything_is_armed(external: Make) -> None:
    bench = external(SimPulsePal())
    outcome = bench.run(3.0, stimulator="pulsepal:virtual?ma_per_v=1", width_ms=0.13)
    assert outcome.status == 2
    assert "0.05 ms" in str(outcome.sentence)


def test_the_record_names_the_stimulator(external: Make) -> None:
    bench = external()
    bench.run(3.0, stimulator="stimjim:virtual")
    (start,) = bench.of("start")
    assert start["device"]["stimulator"]["address"] == "stimjim:virtual"


def test_the_record_replays_with_the_same_responses(external: Make) -> None:
    bench = external()
    bench.run(8.0, stimulator="stimjim:virtual", current_ma=2.0)
    (folder,) = bench.store.glob("*-generic-block")
    found = reprocess_procedure(folder)
    for kind in ("stimulus", "response"):
        then, today = (
            {line["sample"] for line in lines if line["kind"] == kind and line.get("outcome") != "unconfirmed"}
            for lines in (found.then, found.today)
        )
        assert then == today
        assert then


@pytest.mark.hazard("wrong-dial")
def test_a_dial_turned_too_far_is_refused_and_not_taken_for_another() -> None:
    stimulation = TriggeredPulses(ManualDial(0.5), BOUNDS, 0.1, 2.0)
    list(stimulation.arm(0.0, GOOD, "operator"))
    list(stimulation.tick(1.0, armed := replace(GOOD, armed=True)))
    assert stimulation.actions[-1] == FirePulse(0.5, 0.1)
    stimulation.pulse_reported(Pulse(1000, current_ma=0.5))
    stimulation._response_received(1000)
    list(stimulation.turn(10))
    (withheld,) = stimulation.tick(2.0, armed)
    assert withheld.enabled
    assert "1 mA is too large a step up" in str(withheld.why)
    assert stimulation.actions[-1] == FirePulse(0.5, 0.1)
    list(stimulation.turn(-8))
    list(stimulation.tick(3.0, armed))
    assert stimulation.actions[-1] == FirePulse(0.6, 0.1)


def test_a_manual_dial_is_followed_and_the_record_replays_alike(external: Make) -> None:
    bench = external()
    for index in range(14):
        bench.after(1.0 + index / 2, lambda: bench.strike(1.5, 0.1))
    bench.after(4.6, lambda: bench.seat.send(DialMessage(3)))
    bench.run(9.0, mode=Mode.LISTEN, stimulator="hand", screen=True, current_ma=1.5)
    (command,) = bench.of("command", by="operator")
    reported = bench.of("stimulus")
    assert command["current_ma"] == 1.65
    assert len(reported) >= 12
    assert {line["current_ma"] for line in reported if line["t"] > 4.8} == {1.65}
    assert {line["current_ma"] for line in reported if line["t"] < 4.5} == {1.5}
    (folder,) = bench.store.glob("*-generic-block")
    again = [line for line in reprocess_procedure(folder).today if line["kind"] == "stimulus"]
    assert [(line["sample"], line["current_ma"]) for line in again] == [
        (line["sample"], line["current_ma"]) for line in reported
    ]


def test_a_current_from_which_its_steps_could_never_rise_is_refused(external: Make) -> None:
    bench = external(SimP24())
    outcome = bench.run(3.0, mode=Mode.AUTO, stimulator="p24:virtual", current_ma=1.0)
    assert outcome.status == 2
    assert "steps of 0.5 mA" in str(outcome.sentence)


def test_from_2_ma_p24_finds_its_way_up(external: Make) -> None:
    bench = external(SimP24())
    assert bench.run(12.0, mode=Mode.AUTO, stimulator="p24:virtual", current_ma=2.0).status == 0
    currents = [line["current_ma"] for line in bench.of("stimulus", outcome="delivered")]
    assert all(current % 0.5 == 0 for current in currents)
    assert len(set(currents)) > 1


def test_a_simulated_patient_refuses_an_external_stimulator_that_fires(tmp_path: Path) -> None:
    chosen = Settings(load("generic-block"), Mode.MANUAL)
    with served(SimStimJim()) as wire, pytest.raises(UsageError, match="simulated patient"):
        LiveJob(chosen, str(tmp_path), "sim:1", stimulator=f"stimjim:{wire.path}").open()
