"""Measures of a potential of known shape."""

from __future__ import annotations

import numpy as np
import pytest

from guidance.needle_emg.measure import measure, turning_points
from tests.support.synthetic_emg import unit_wave


@pytest.mark.parametrize("sample_rate_hz", [10_000.0, 20_000.0, 40_000.0])
@pytest.mark.parametrize("rise_us", [200.0, 500.0, 1500.0])
def test_the_rise_time_runs_from_the_positive_to_the_negative_peak(rise_us: float, sample_rate_hz: float) -> None:
    measures = measure(unit_wave(rise_us, 300.0, sample_rate_hz=sample_rate_hz), sample_rate_hz, 0.5)
    assert measures.rise_us == pytest.approx(rise_us, rel=0.15)
    assert measures.amplitude_uv == pytest.approx(300.0, rel=0.02)
    assert (measures.begins_negative, measures.has_spike) == (False, True)


def test_a_potential_that_begins_negative_is_marked_and_rises_from_its_onset() -> None:
    measures = measure(unit_wave(400.0, 300.0, negative_first=True), 10_000.0, 0.5)
    assert measures.begins_negative
    assert 200.0 < measures.rise_us < 900.0


def test_a_positive_wave_has_no_spike() -> None:
    assert not measure(-unit_wave(400.0, 300.0, negative_first=True) * 1.0, 10_000.0, 0.5).has_spike


def test_duration_and_phases_count_what_leaves_the_baseline() -> None:
    t = np.arange(0, 30, 0.05)
    wave = np.where((t > 10) & (t < 16), 200 * np.sin(2 * np.pi * (t - 10) / 3), 0.0)
    measures = measure(wave, 20_000.0, 0.1)
    assert measures.duration_ms == pytest.approx(6.0, abs=0.3)
    assert measures.phases == 4
    assert measures.turns == 4


def test_turns_below_the_least_height_do_not_count() -> None:
    wave = np.array([0, 100, 60, 120, 0, -100, 0.0])
    assert turning_points(wave, 50.0) == [3, 5]
    assert turning_points(wave, 30.0) == [1, 2, 3, 5]
    assert turning_points(np.zeros(0), 50.0) == []


def test_a_larger_neighbour_is_not_measured_as_part() -> None:
    small, large = unit_wave(400.0, 100.0), unit_wave(400.0, 1000.0)
    wave = np.concatenate([small, np.zeros(20)])
    wave[25:] += large[: len(wave) - 25]
    assert not measure(wave, 10_000.0, 1.0, centre=60).is_whole
