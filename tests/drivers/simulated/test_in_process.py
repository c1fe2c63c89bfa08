from __future__ import annotations

import numpy as np
import pytest

from drivers.base import DeviceRefused, LimitExceeded
from drivers.simulated.in_process import InProcessAmplifier
from drivers.simulated.patient import Patient


@pytest.fixture
def amplifier() -> InProcessAmplifier:
    return InProcessAmplifier(Patient(1, sample_rate_hz=5000, scenario="hold", start_mm=1.0))


def test_blocks_follow_each_other_without_a_gap(amplifier: InProcessAmplifier) -> None:
    blocks = [amplifier.read()[0] for _ in range(5)]
    assert [block.first_sample for block in blocks] == [0, 50, 100, 150, 200]
    assert all(block.samples.shape == (50, 1) for block in blocks)
    assert blocks[-1].arrived_ns == 50_000_000


def test_a_pulse_is_delivered_once_in_the_block_read_next(amplifier: InProcessAmplifier) -> None:
    amplifier.enable(on=True)
    amplifier.pulse_once(2.0, 0.1)
    first, second = amplifier.read()[0], amplifier.read()[0]
    (pulse,) = first.pulses
    assert (pulse.sample, pulse.current_ma, pulse.requested_ma, pulse.width_ms) == (0, 2.0, 2.0, 0.1)
    assert pulse.impedance_kohm
    assert not second.pulses
    assert np.abs(first.samples).max() > 100


def test_it_is_off_until_it_is_enabled_and_after_it_is_closed(amplifier: InProcessAmplifier) -> None:
    with pytest.raises(DeviceRefused, match="off"):
        amplifier.pulse_once(1.0, 0.1)
    amplifier.enable(on=True)
    amplifier.pulse_once(1.0, 0.1)
    amplifier.close()
    assert not amplifier.read()[0].pulses


@pytest.mark.parametrize(("current_ma", "width_ms"), [(0.0, 0.1), (6.01, 0.1), (1.0, 0.01), (1.0, 1.1)])
def test_a_pulse_beyond_its_limits_is_refused_and_not_clipped(
    amplifier: InProcessAmplifier, current_ma: float, width_ms: float
) -> None:
    amplifier.enable(on=True)
    with pytest.raises(LimitExceeded):
        amplifier.pulse_once(current_ma, width_ms)
    assert not amplifier.pulse_is_due


def test_it_gives_no_trains(amplifier: InProcessAmplifier) -> None:
    with pytest.raises(DeviceRefused, match="no train"):
        amplifier.set_pulses(1.0, 0.1, 2.0)


def test_where_the_voltage_does_not_suffice_less_is_delivered_and_reported(amplifier: InProcessAmplifier) -> None:
    amplifier.patient.tissue._base_kohm = 40.0
    amplifier.enable(on=True)
    amplifier.pulse_once(5.0, 0.1)
    (pulse,) = amplifier.read()[0].pulses
    assert pulse.current_ma is not None
    assert pulse.current_ma < 2.9
    assert pulse.compliance


def test_the_threshold_grows_with_its_criterion(amplifier: InProcessAmplifier) -> None:
    low, high = (amplifier.patient.truth(uv).threshold_ma for uv in (50.0, 500.0))
    assert low < high
    assert amplifier.patient.truth(1e9).threshold_ma > high
