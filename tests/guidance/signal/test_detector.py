"""The response to a pulse: found or not, how large, how late, on sweeps built from other shapes than the detector's."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from guidance.contracts.events import Response, Stimulus
from tests.support.streams import evoked, of_kind, records_of, responses, settings

AMPLITUDE_UV, LATENCY_MS = 300.0, 6.0
SILENT = 6


def amplitude(response: Response) -> float:
    assert response.amplitude_uv is not None
    return response.amplitude_uv


def latency(response: Response) -> float:
    assert response.latency_ms is not None
    return response.latency_ms


def detections(records: list[Response]) -> int:
    return sum(response.detected for response in records)


@pytest.mark.parametrize("sample_rate_hz", [2500.0, 4000.0, 10_000.0, 30_000.0])
@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_an_m_wave_under_artefact_and_mains_is_found_and_measured(sample_rate_hz: float, mains_hz: float) -> None:
    records = responses(
        evoked(AMPLITUDE_UV, 10, silent=SILENT, sample_rate_hz=sample_rate_hz, mains_uv=30.0, mains_hz=mains_hz)
    )
    assert len(records) == 10
    for response in records:
        assert response.detected
        assert not response.contaminated
        assert amplitude(response) == pytest.approx(AMPLITUDE_UV, rel=0.15)
        assert latency(response) == pytest.approx(LATENCY_MS, abs=1.0)


@pytest.mark.parametrize("height_uv", [300.0, -5000.0, 20_000.0])
def test_the_artefact_is_not_part_of_the_amplitude(height_uv: float) -> None:
    records = responses(evoked(AMPLITUDE_UV, 10, silent=SILENT, artefact_uv=height_uv, tail_uv=height_uv / 10))
    assert detections(records) == 10
    assert float(np.median([amplitude(response) for response in records])) == pytest.approx(AMPLITUDE_UV, rel=0.15)


@pytest.mark.parametrize("first_ms", [3.0, 9.0, 14.0])
def test_latency_follows_the_response(first_ms: float) -> None:
    records = responses(evoked(AMPLITUDE_UV, 10, silent=SILENT, latency_ms=first_ms))
    assert float(np.median([latency(response) for response in records])) == pytest.approx(first_ms, abs=1.0)


def test_a_small_response_is_seldom_missed() -> None:
    assert detections(responses(evoked(60.0, 60, silent=SILENT))) >= 57


@pytest.mark.parametrize(("mains_uv", "tail_uv"), [(0.0, 0.0), (30.0, 2000.0)])
def test_where_nothing_is_evoked_hardly_any_response_is_found(mains_uv: float, tail_uv: float) -> None:
    records = responses(evoked(0.0, 200, interval_s=0.253, mains_uv=mains_uv, tail_uv=tail_uv, seed=4))
    assert len(records) == 200
    assert detections(records) <= 6
    # before the first pulse nothing is known of a tail of 2 mV: a response of 100 uV could hide in that one sweep
    assert not any(response.contaminated for response in records[1:])


def test_p_values_without_a_response_are_spread_evenly() -> None:
    values = [response.p_value for response in responses(evoked(0.0, 300, interval_s=0.253, seed=8))]
    known = [value for value in values if value is not None]
    assert len(known) == 300
    assert all(0 < value <= 1 for value in known)
    for level in (0.1, 0.3, 0.5, 0.8):
        assert sum(value <= level for value in known) / 300 == pytest.approx(level, abs=0.1)


def test_a_response_below_the_criterion_is_measured_but_not_called_detected() -> None:
    stream = evoked(120.0, silent=SILENT)
    small, large = (responses(stream, settings(criterion_uv=criterion)) for criterion in (60.0, 200.0))
    assert detections(small) == 12
    assert detections(large) == 0
    assert [response.amplitude_uv for response in small] == [response.amplitude_uv for response in large]
    assert all(response.latency_ms is None and not response.contaminated for response in large)


@pytest.mark.parametrize(("end_ms", "duration_ms"), [(12.0, 10.0), (12.0, 8.0), (10.0, 8.0)])
def test_a_response_that_runs_past_the_window_is_measured_to_its_end(end_ms: float, duration_ms: float) -> None:
    stream = evoked(AMPLITUDE_UV, silent=SILENT, latency_ms=5.0, duration_ms=duration_ms)
    records = responses(stream, settings(window_ms=(2.0, end_ms)))
    assert detections(records) == len(records)
    for response in records:
        assert amplitude(response) == pytest.approx(AMPLITUDE_UV, rel=0.15)


def test_latency_counts_from_the_instant_of_the_pulse_not_from_its_sample() -> None:
    stream = evoked(AMPLITUDE_UV, 6)
    later = replace(stream, pulses=tuple(replace(pulse, offset_ns=200_000) for pulse in stream.pulses))
    for early, late in zip(responses(stream), responses(later), strict=True):
        assert latency(early) - latency(late) == pytest.approx(0.2)


def test_each_channel_has_its_own_response() -> None:
    stream = evoked(AMPLITUDE_UV, 6)
    silent = evoked(0.0, 6)
    both = replace(stream, channels=(*silent.channels, *stream.channels))
    records = responses(both)
    assert [response.channel for response in records[:2]] == ["EMG 0", "EMG 1"]
    assert not any(response.detected for response in records if response.channel == "EMG 0")
    assert all(response.detected for response in records if response.channel == "EMG 1")


def test_the_result_comes_as_soon_as_its_window_has_arrived_once_the_shape_is_known() -> None:
    stream = evoked(AMPLITUDE_UV, 12)
    made = records_of(stream, settings(window_ms=(2.0, 25.0)))
    reported = {one.record.sample: one.t for one in made if isinstance(one.record, Response)}
    for pulse in stream.pulses[6:]:
        assert reported[pulse.sample] == pytest.approx(pulse.sample / stream.sample_rate_hz + 0.025, abs=0.0006)


def test_an_empty_sweep_is_known_as_soon_as_its_window_has_arrived_and_an_unknown_wave_20_ms_later() -> None:
    stream = evoked(AMPLITUDE_UV, 2, silent=4)
    made = records_of(stream, settings(window_ms=(2.0, 25.0)))
    responses = [(one.t, one.record.sample) for one in made if isinstance(one.record, Response)]
    after_ms = [1e3 * (t - sample / stream.sample_rate_hz) for t, sample in responses]
    assert after_ms[:4] == pytest.approx([25.0] * 4, abs=0.6)
    assert after_ms[4:] == pytest.approx([45.0] * 2, abs=0.6)


def test_a_pulse_whose_window_never_arrives_has_no_response_record() -> None:
    stream = evoked(AMPLITUDE_UV, 6)
    cut = stream.pulses[-1].sample + round(0.020 * stream.sample_rate_hz)
    made = records_of(replace(stream, channels=(stream.channels[0][:cut],)), settings(window_ms=(2.0, 25.0)))
    assert len(of_kind(made, Stimulus)) == 6
    assert [response.sample for response in of_kind(made, Response)] == [pulse.sample for pulse in stream.pulses[:5]]


def test_a_pulse_reported_twice_is_one_pulse() -> None:
    stream = evoked(AMPLITUDE_UV, 3)
    doubled = replace(stream, pulses=tuple(pulse for pulse in stream.pulses for _ in range(2)))
    assert responses(doubled) == responses(stream)


@examples(max_examples=10, deadline=None)
@given(
    sample_rate_hz=st.sampled_from([2000.0, 3000.0, 4096.0, 10_000.0, 22_050.0]),
    start_ms=st.floats(0.0, 30.0),
    length_ms=st.floats(2.0, 40.0),
    noise_uv=st.sampled_from([0.0, 0.05, 8.0, 3000.0]),
)
def test_any_window_rate_and_noise_gives_finite_results(
    sample_rate_hz: float, start_ms: float, length_ms: float, noise_uv: float
) -> None:
    stream = evoked(AMPLITUDE_UV, 3, sample_rate_hz=sample_rate_hz, noise_uv=noise_uv)
    records = responses(stream, settings(window_ms=(start_ms, start_ms + length_ms)))
    assert len(records) == 3
    for response in records:
        known = (response.p_value, response.amplitude_uv, response.latency_ms, response.amplitude_sd_uv)
        assert all(value is None or math.isfinite(value) for value in known)
        assert response.detected == (response.latency_ms is not None)


@pytest.mark.parametrize("height_uv", [300.0, 3000.0])
def test_a_clear_response_to_the_very_first_pulse_is_not_taken_for_artefact(height_uv: float) -> None:
    records = responses(evoked(AMPLITUDE_UV, 10, artefact_uv=height_uv, tail_uv=height_uv / 10))
    assert detections(records) == 10
    assert float(np.median([amplitude(response) for response in records])) == pytest.approx(AMPLITUDE_UV, rel=0.15)
