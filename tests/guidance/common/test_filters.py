"""Butterworth filters for streams are those of scipy.signal, and the same however the stream is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, sosfreqz

from guidance.common.filters import StreamFilter, butterworth

RATE_HZ = 10_000.0
SIGNAL = np.cumsum(np.random.default_rng(1).standard_normal((3000, 2)), axis=0)
BANDS = [(2, 20.0, None), (4, None, 2500.0), (1, 500.0, 4000.0), (2, 20.0, 450.0), (3, 30.0, None), (1, None, 80.0)]


def scipy_sections(order: int, low_hz: float | None, high_hz: float | None) -> NDArray[np.float64]:
    if low_hz and high_hz:
        return butter(order, (low_hz, high_hz), "bandpass", fs=RATE_HZ, output="sos")
    if low_hz:
        return butter(order, low_hz, "highpass", fs=RATE_HZ, output="sos")
    assert high_hz
    return butter(order, high_hz, "lowpass", fs=RATE_HZ, output="sos")


@pytest.mark.parametrize(("order", "low_hz", "high_hz"), BANDS)
def test_the_filters_are_those_of_scipy(order: int, low_hz: float | None, high_hz: float | None) -> None:
    theirs = scipy_sections(order, low_hz, high_hz)
    ours = butterworth(order, RATE_HZ, low_hz, high_hz)
    at_hz = np.geomspace(1.0, 4900.0, 50)
    assert sosfreqz(np.array(ours), at_hz, fs=RATE_HZ)[1] == pytest.approx(
        sosfreqz(theirs, at_hz, fs=RATE_HZ)[1], abs=1e-9
    )
    expected = sosfilt(theirs, SIGNAL, axis=0)
    assert StreamFilter(ours, 2).filter(SIGNAL) == pytest.approx(expected, abs=1e-8)


@given(cuts=st.lists(st.integers(0, 3000), max_size=20))
def test_the_output_is_exactly_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    sections = butterworth(2, RATE_HZ, 20.0, 450.0)
    whole, cut = StreamFilter(sections, 2), StreamFilter(sections, 2)
    edges = [0, *sorted(cuts), 3000]
    parts = [cut.filter(SIGNAL[a:b]) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(parts), whole.filter(SIGNAL))


def test_a_settled_filter_does_not_see_the_level_at_which_the_stream_begins() -> None:
    high = StreamFilter(butterworth(2, RATE_HZ, 20.0), 2)
    high.settle(np.array([1000.0, -300.0]))
    assert np.abs(high.filter(np.full((500, 2), [1000.0, -300.0]))).max() < 1e-9


@pytest.mark.parametrize("corners", [(None, None), (0.0, None), (20.0, 5000.0), (400.0, 30.0)])
def test_corners_that_make_no_filter_are_refused(corners: tuple[float | None, float | None]) -> None:
    with pytest.raises(ValueError, match="do not make a filter"):
        butterworth(2, RATE_HZ, *corners)
