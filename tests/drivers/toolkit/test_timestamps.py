"""Gaps in stamped samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.toolkit.timestamps import StampedSamples

RATE_HZ = 1000.0


def follow(samples: StampedSamples, stamps_s: NDArray[np.float64], chunk: int) -> list[tuple[int, int]]:
    """Return the index (with earlier gaps counted) and the length of each gap."""
    gaps, index = [], 0
    for at in range(0, len(stamps_s), chunk):
        part = stamps_s[at : at + chunk]
        missing = 0
        for position, lost in samples.gaps(part, index):
            gaps.append((index + missing + position, lost))
            missing += lost
        index += len(part) + missing
    return gaps


@settings(max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.tuples(st.integers(700, 1900), st.integers(1, 500)), max_size=4, unique_by=lambda gap: gap[0]),
    chunk=st.integers(1, 100),
    ppm=st.floats(-100, 100),
)
def test_every_missing_sample_of_a_sample_clock_is_found(gaps: list[tuple[int, int]], chunk: int, ppm: float) -> None:
    index = np.arange(2000)
    for at, lost in gaps:
        index[at:] += lost
    found = follow(StampedSamples(RATE_HZ), 50.0 + index / RATE_HZ * (1 + ppm * 1e-6), chunk)
    wanted, missing = [], 0
    for at, lost in sorted(gaps):
        wanted.append((at + missing, lost))
        missing += lost
    assert found == wanted


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), jitter_ms=st.floats(0, 8), chunk=st.integers(5, 50))
def test_stamps_of_a_busy_sender_are_no_gaps(seed: int, jitter_ms: float, chunk: int) -> None:
    late = np.repeat(np.random.default_rng(seed).uniform(0, jitter_ms / 1e3, 4000 // chunk + 1), chunk)[:4000]
    assert not follow(StampedSamples(RATE_HZ), np.arange(4000) / RATE_HZ + late, chunk)


def test_a_long_gap_is_found_before_anything_is_known_of_the_jitter() -> None:
    stamps = np.arange(200) / RATE_HZ
    stamps[50:] += 0.3
    assert follow(StampedSamples(RATE_HZ), stamps, 10) == [(50, 300)]


def test_a_time_falls_among_the_samples_after_a_gap_too() -> None:
    samples = StampedSamples(RATE_HZ)
    stamps = 10 + np.arange(1000) / RATE_HZ
    stamps[800:] += 0.05
    follow(samples, stamps, 20)
    for time_s, after_s in ((10.9, 0.0), (10.9003, 0.0003)):
        sample, found_s = samples.place(time_s)
        assert sample == 900
        assert found_s == pytest.approx(after_s, abs=1e-6)
