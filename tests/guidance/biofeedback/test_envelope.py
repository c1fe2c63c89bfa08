"""The envelope: against a direct computation, block sizes, mains, heart, lost samples, and delay."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from guidance.biofeedback.envelope import STEP_S, Envelope, band_above_heart, wide_band
from guidance.biofeedback.heart_artefact import heart_interval_s
from guidance.signal.sweep.basis import Array
from tests.support.biofeedback_signals import emg, heart, mains

RATES = (250.0, 333.0, 500.0, 1000.0, 2048.0, 10_000.0)


def envelope(signal: Array, sample_rate_hz: float) -> Array:
    return Envelope(sample_rate_hz, wide_band(sample_rate_hz), 0.1)(signal)


def _cut(envelope: Envelope, signal: Array, sizes: list[int]) -> Array:
    parts, at, turn = [], 0, 0
    while at < len(signal):
        parts.append(envelope(signal[at : at + sizes[turn % len(sizes)]]))
        at, turn = at + sizes[turn % len(sizes)], turn + 1
    return np.concatenate(parts)


@pytest.mark.parametrize("sample_rate_hz", RATES)
def test_the_envelope_is_the_rms_of_the_band_over_the_window(sample_rate_hz: float) -> None:
    signal = 50 * emg(np.random.default_rng(3), round(6 * sample_rate_hz), sample_rate_hz)
    band = wide_band(sample_rate_hz)
    sos = butter(2, (band.low_hz, band.high_hz), "bandpass", fs=sample_rate_hz, output="sos")
    banded = np.asarray(sosfilt(sos, signal - signal[0]))
    result = envelope(signal, sample_rate_hz)
    edges = [math.ceil(step * sample_rate_hz * STEP_S - 1e-9) for step in range(len(result) + 1)]
    powers = np.array([np.mean(banded[a:b] ** 2) for a, b in pairwise(edges)])
    direct = np.sqrt(np.convolve(powers, np.ones(10) / 10)[: len(powers)])
    settled = slice(100, None)
    assert np.median(np.abs(result[settled] / direct[settled] - 1)) < 0.08
    assert np.isnan(result[:9]).all()
    assert np.isfinite(result[9:]).all()


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(RATES[:4]),
    st.lists(st.integers(1, 400), min_size=1, max_size=8),
    st.integers(0, 2**32 - 1),
    st.integers(0, 900),
)
def test_the_envelope_does_not_depend_on_the_block_size(
    sample_rate_hz: float, sizes: list[int], seed: int, hole: int
) -> None:
    rng = np.random.default_rng(seed)
    signal = 30 * emg(rng, 1200, sample_rate_hz) + mains(1200, sample_rate_hz, 20.0)
    signal[hole : hole + 60] = math.nan
    whole = envelope(signal, sample_rate_hz)
    cut = _cut(Envelope(sample_rate_hz, wide_band(sample_rate_hz), 0.1), signal, sizes)
    np.testing.assert_array_equal(whole, cut)


def test_the_envelope_is_unknown_while_samples_are_missing_and_returns_after() -> None:
    signal = 30 * emg(np.random.default_rng(1), 4000, 1000.0)
    signal[2000:2100] = math.nan
    result = envelope(signal, 1000.0)
    assert np.isnan(result[200:219]).all()
    assert np.isfinite(result[219:]).all()
    assert np.isfinite(result[9:200]).all()


def test_a_channel_without_samples_stays_unknown() -> None:
    assert np.isnan(envelope(np.full(3000, math.nan), 1000.0)).all()


def test_a_flat_channel_has_an_envelope_of_zero() -> None:
    assert np.nanmax(envelope(np.full(3000, 812.0), 1000.0)) == 0.0


@pytest.mark.parametrize("hz", [50.03, 59.97])
@pytest.mark.parametrize("sample_rate_hz", [250.0, 1000.0, 4000.0])
def test_mains_ten_times_the_resting_muscle_is_removed(sample_rate_hz: float, hz: float) -> None:
    samples = round(20 * sample_rate_hz)
    clean = 2 * emg(np.random.default_rng(2), samples, sample_rate_hz)
    before = envelope(clean, sample_rate_hz)[200:]
    after = envelope(clean + mains(samples, sample_rate_hz, 30.0, hz), sample_rate_hz)[200:]
    assert np.sqrt(np.mean(after**2)) < 1.4 * np.sqrt(np.mean(before**2))


def test_mains_is_still_known_after_an_effort() -> None:
    """The mains learned at rest stay valid through the effort: the envelope falls at once, without ringing."""
    sample_rate_hz, rng = 1000.0, np.random.default_rng(4)
    size = np.full(12_000, 2.0)
    size[5000:8000] = 200.0
    signal = emg(rng, 12_000, sample_rate_hz) * size + mains(12_000, sample_rate_hz, 20.0)
    result = envelope(signal, sample_rate_hz)
    assert result[550:790].mean() > 150
    assert result[830:850].mean() < 12
    assert result[850:].mean() < 5


def test_the_envelope_rises_half_way_within_60_ms() -> None:
    sample_rate_hz, delays = 1000.0, []
    for seed in range(40):
        signal = emg(np.random.default_rng(seed), 3000, sample_rate_hz) * np.where(np.arange(3000) < 2000, 1.0, 100.0)
        result = envelope(signal, sample_rate_hz)
        delays.append(((np.flatnonzero(result > 50.0)[0] + 1) * STEP_S - 2.0) * 1e3)
    assert np.median(delays) <= 60


def test_a_too_low_sample_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="250"):
        Envelope(200.0, wide_band(200.0), 0.1)


def test_a_heart_artefact_is_detected_at_rest_and_nearly_absent_from_the_band_above() -> None:
    sample_rate_hz, rng = 1000.0, np.random.default_rng(5)
    muscle = 2 * emg(rng, 20_000, sample_rate_hz)
    with_heart = muscle + heart(20_000, sample_rate_hz, 150.0, rng)
    interval = heart_interval_s(envelope(with_heart, sample_rate_hz)[9:])
    assert interval is not None
    assert interval == pytest.approx(0.85, abs=0.06)
    band = band_above_heart(sample_rate_hz)
    assert band is not None
    high, clean = (Envelope(sample_rate_hz, band, 0.1)(each)[100:] for each in (with_heart, muscle))
    assert np.sqrt(np.mean(high**2)) < 2.0 * np.sqrt(np.mean(clean**2))
    assert np.sqrt(np.mean(envelope(with_heart, sample_rate_hz)[100:] ** 2)) > 5 * np.sqrt(np.mean(clean**2))


def test_no_heart_artefact_is_detected_in_a_muscle_alone() -> None:
    for seed in range(30):
        assert heart_interval_s(envelope(3 * emg(np.random.default_rng(seed), 20_000, 1000.0), 1000.0)[9:]) is None


def test_a_slow_board_has_no_band_above_the_heart() -> None:
    assert band_above_heart(250.0) is None
    assert band_above_heart(1000.0) is not None
