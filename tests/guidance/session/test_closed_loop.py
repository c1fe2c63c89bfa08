"""The whole loop in automatic mode: simulated device, signal, estimate, next pulse."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from drivers.simulated.device import OnaDevice
from drivers.simulated.nerve import Tip
from drivers.simulated.patient import Patient
from guidance.contracts.commands import OperatorNote, Quit
from guidance.engine.settings import Mode
from tests.guidance.session.virtual import VirtualBench

DONE = 0
CRITERION_UV = 100.0
START_MM = 2.0


def place(bench: VirtualBench, seed: int) -> Patient:
    """Put a patient before the needle whose tip stays ``START_MM`` from the nerve."""
    patient = Patient(seed, sample_rate_hz=5000, scenario="hold", start_mm=START_MM, still=True)
    bench.device = OnaDevice(patient, serial="V-1", faults=bench.faults)
    return patient


def threshold_ma(patient: Patient) -> float:
    """Find the current at which the patient's best muscle reaches the criterion."""
    needs = patient.nerve.thresholds_ma(Tip(patient.nerve.radius_mm + START_MM, 0.0), 0.1)
    currents, amplitudes = patient.muscles.amplitudes_uv(needs)
    return float(np.interp(CRITERION_UV, amplitudes, currents))


@pytest.mark.parametrize("seed", [1, 4, 5])
def test_automatic_pulses_find_the_threshold_and_stay_at_it(bench: VirtualBench, seed: int) -> None:
    patient = place(bench, seed)
    assert bench.run(12.0, Mode.AUTO).status == DONE
    estimates = [line for line in bench.of("proximity", valid=True) if line["t"] > 8.0]
    assert len(estimates) > 5
    medians = [line["threshold_ma"][1] for line in estimates]
    assert float(np.median(medians)) == pytest.approx(threshold_ma(patient), rel=0.15)
    used = [line["current_ma"] for line in bench.of("stimulus") if line["t"] > 8.0]
    assert float(np.median(used)) == pytest.approx(threshold_ma(patient), rel=0.4)


def test_every_rate_is_within_the_protocol_and_steps_up_within_the_interlock(bench: VirtualBench) -> None:
    place(bench, 4)
    bench.run(12.0, Mode.AUTO)
    rates = {line["rate_hz"] for line in bench.of("command", enabled=True)}
    assert max(rates) == 5.0
    times = [line["sample"] / 5000 for line in bench.of("stimulus")]
    assert np.diff(times).min() >= 0.2 - 1e-6
    currents = [line["current_ma"] for line in bench.of("stimulus")]
    assert all(after <= max(1.3 * before, before + 0.1) + 1e-6 for before, after in pairwise(currents))


def test_an_injection_freezes_the_estimate_until_a_redirect(bench: VirtualBench) -> None:
    place(bench, 4)
    bench.after(6.0, lambda: bench.seat.send(OperatorNote("injection")))
    bench.after(9.0, lambda: bench.seat.send(OperatorNote("redirect")))
    bench.after(13.0, lambda: bench.seat.send(Quit()))
    bench.arm_after(0.5)
    assert bench.run(60.0, Mode.AUTO, screen=True).status == DONE
    injection, redirect = (line["seq"] for line in bench.of("entry") if line["what"] in {"injection", "redirect"})
    frozen = [line for line in bench.of("proximity") if injection < line["seq"] < redirect]
    assert len(frozen) > 2
    assert {line["why"] for line in frozen} == {"injectate"}
    after = [line for line in bench.of("proximity") if line["seq"] > redirect]
    assert after[0]["why"] == "redirect"
    assert after[-1]["valid"]
