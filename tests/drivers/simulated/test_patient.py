"""The patient: the same for a seed however time is cut, and plausible to a reader of EMG."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.simulated.patient import Patient
from drivers.simulated.tissue import Injectate

RATE = 5000
PULSES = ((700.25, 1.5, 0.1), (1010.0, 3.0, 0.3), (1011.5, 0.0, 0.1), (2600.9, 6.0, 1.0))
LENGTH = 4000


def _patient(seed: int = 11) -> Patient:
    patient = Patient(seed, sample_rate_hz=RATE, channels=2, start_mm=1.0)
    patient.voluntary.commanded_effort = 0.5
    return patient


def _in_chunks(patient: Patient, sizes: list[int]) -> np.ndarray:
    parts, start = [], 0
    for size in sizes:
        pulses = [(at - start, ma, ms) for at, ma, ms in PULSES if start <= at < start + size]
        parts.append(patient.advance(size, pulses))
        start += size
    return np.concatenate(parts)


@pytest.mark.parametrize("chunk", [1, 7, 50, 1000])
def test_samples_do_not_depend_on_the_chunk(chunk: int) -> None:
    whole = _in_chunks(_patient(), [LENGTH])
    sizes = [chunk] * (LENGTH // chunk) + ([LENGTH % chunk] if LENGTH % chunk else [])
    np.testing.assert_array_equal(_in_chunks(_patient(), sizes), whole)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, LENGTH - 1), max_size=12, unique=True))
def test_samples_do_not_depend_on_any_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), LENGTH]
    sizes = np.diff(edges).tolist()
    np.testing.assert_array_equal(_in_chunks(_patient(5), sizes), _in_chunks(_patient(5), [LENGTH]))


def test_recorded_numbers_are_the_samples_whatever_the_chunk() -> None:
    patient, twin = _patient(), _patient()
    raw = b""
    for start in range(0, LENGTH, 23):
        size = min(23, LENGTH - start)
        raw += patient.record(size, [(at - start, ma, ms) for at, ma, ms in PULSES if start <= at < start + size])[0]
    three = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    lsb = np.pad(three, ((0, 0), (1, 0))).view("<i4").ravel() >> 8
    scale = patient.front_end.scale_nv_per_lsb / 1000
    np.testing.assert_allclose(lsb.reshape(-1, 2) * scale, _in_chunks(twin, [LENGTH]), atol=scale)


def test_a_seed_is_a_patient_and_another_seed_another() -> None:
    one, same, other = (_in_chunks(_patient(seed), [LENGTH]) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_samples_are_float32_microvolts_within_the_input_range() -> None:
    patient = _patient(21)
    samples = _in_chunks(patient, [LENGTH])
    assert samples.dtype == np.float32
    assert samples.shape == (LENGTH, 2)
    assert np.abs(samples).max() <= patient.front_end.range_uv


@pytest.mark.parametrize("offset", [-0.5, 100.0])
def test_a_pulse_outside_the_call_is_refused(offset: float) -> None:
    with pytest.raises(ValueError, match="is outside"):
        _patient().advance(100, [(offset, 1.0, 0.1)])


def test_a_patient_needs_a_channel_and_a_known_scenario() -> None:
    with pytest.raises(ValueError, match="at least one channel"):
        Patient(1, channels=0)
    with pytest.raises(ValueError, match="choose one of"):
        Patient(1, scenario="dance")


def _evoked(patient: Patient, current_ma: float, width_ms: float = 0.1) -> float:
    patient.advance(RATE, [(10.0, current_ma, width_ms)])
    evoked = patient.truth().evoked
    assert evoked is not None
    return max(evoked.m_wave_uv)


@pytest.mark.parametrize("seed", range(8))
def test_the_response_grows_from_nothing_to_its_maximum_around_the_threshold(seed: int) -> None:
    patient = Patient(seed, sample_rate_hz=RATE, scenario="hold", start_mm=2.0, still=True)
    threshold = patient.truth().threshold_ma
    assert _evoked(patient, 0.7 * threshold) == 0.0
    near = [_evoked(patient, threshold * 1.02) for _ in range(6)]
    assert 0 < np.median(near) < 600
    assert 600 < _evoked(patient, 6 * threshold) < 20_000


@pytest.mark.parametrize("seed", range(6))
def test_the_response_in_the_samples_has_the_latency_and_size_of_the_truth(seed: int) -> None:
    patient = Patient(seed, sample_rate_hz=20_000, scenario="hold", start_mm=1.0, still=True)
    patient.voluntary.commanded_effort = 0.0
    current = 5 * patient.truth().threshold_ma
    patient.advance(20_000)
    low, high = (patient.advance(20_000, [(0.0, current * gain, 0.1)])[:, 0] for gain in (0.1, 1.0))
    truth = patient.truth()
    assert truth.evoked is not None
    latency = truth.m_latency_ms[0]
    window = slice(int((latency - 0.5) * 20), int((latency + 16) * 20))
    assert np.ptp(high[window]) == pytest.approx(truth.evoked.m_wave_uv[0], rel=0.7)
    assert np.ptp(low[window]) < 0.7 * np.ptp(high[window])


def test_amplitude_and_threshold_vary_from_trial_to_trial() -> None:
    patient = Patient(2, sample_rate_hz=RATE, scenario="hold", start_mm=1.0, still=True)
    high = 6 * patient.truth().threshold_ma
    sizes = np.array([_evoked(patient, high) for _ in range(60)])
    assert 0.05 < np.log(sizes).std() < 0.3
    at = patient.truth().threshold_ma * 1.05
    assert len({_evoked(patient, at) for _ in range(20)}) > 10


def test_a_longer_pulse_needs_less_current() -> None:
    patient = Patient(4, sample_rate_hz=RATE, scenario="hold", start_mm=2.0, still=True)
    current = 0.8 * patient.truth().threshold_ma
    assert _evoked(patient, current, 0.1) == 0.0
    assert _evoked(patient, current, 1.0) > 0.0


def test_a_conductive_injectate_silences_the_twitch_and_d5w_brings_it_back() -> None:
    patient = Patient(6, sample_rate_hz=RATE, scenario="hold", start_mm=0.3, still=True)
    current = 1.3 * patient.truth().threshold_ma
    assert _evoked(patient, current) > 0
    before = patient.impedance_kohm(patient.sample)
    patient.inject(Injectate.SALINE, 1.0)
    assert _evoked(patient, current) == 0
    assert patient.impedance_kohm(patient.sample) < 0.9 * before
    patient.inject(Injectate.DEXTROSE, 1.0)
    assert _evoked(patient, current) > 0
    assert patient.impedance_kohm(patient.sample) > before


def test_truth_follows_the_needle() -> None:
    patient = Patient(3, sample_rate_hz=RATE, scenario="hold", start_mm=5.0, still=True)
    far = patient.truth()
    assert far.distance_mm == pytest.approx(5.0, abs=1e-6)
    patient.steer(3.0)
    patient.advance(4 * RATE)
    near = patient.truth()
    assert near.distance_mm == pytest.approx(2.0, abs=1e-6)
    assert near.threshold_ma < 0.6 * far.threshold_ma
    assert near.first_unit_ma <= near.threshold_ma
    assert replace(near, evoked=None) == near


def test_an_h_reflex_is_late_and_hidden_by_a_maximal_m_wave() -> None:
    seeds = [s for s in range(60) if Patient(s, sample_rate_hz=RATE).muscles.h_latency_ms]
    assert 2 <= len(seeds) <= 30
    best = []
    for seed in seeds:
        patient = Patient(seed, sample_rate_hz=RATE, scenario="hold", start_mm=1.0, still=True)
        threshold = patient.truth().threshold_ma
        sizes = []
        for gain in (0.3, 1.0, 8.0):
            patient.advance(10 * RATE)
            patient.advance(RATE, [(0.0, 0.5 * gain * threshold, 1.0)])
            evoked = patient.truth().evoked
            assert evoked is not None
            sizes.append(evoked.h_wave_uv)
        best.append(sizes)
        assert patient.muscles.h_latency_ms is not None
        assert patient.muscles.h_latency_ms > 1.5 * patient.muscles.latency_ms[0]
    low, middle, high = np.median(best, axis=0)
    assert low < 0.5 * middle
    assert high < 0.2 * middle
