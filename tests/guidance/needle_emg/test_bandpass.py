"""The streaming band-pass: independent of the block size, and lost samples repeat the last one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from guidance.needle_emg.bandpass import Bandpass

SIGNAL = np.random.default_rng(1).standard_normal(3000).cumsum()
CUTS = st.lists(st.integers(1, 2999), max_size=20)


@settings(max_examples=20, deadline=None)
@given(CUTS)
def test_the_output_does_not_depend_on_the_block_size(cuts: list[int]) -> None:
    whole, parts = Bandpass(20.0, 450.0, 1000.0), Bandpass(20.0, 450.0, 1000.0)
    pieces = np.split(SIGNAL, sorted(set(cuts)))
    assert np.array_equal(np.concatenate([parts(piece) for piece in pieces]), whole(SIGNAL))


def test_lost_samples_hold_the_value_before_them() -> None:
    band, holed = Bandpass(20.0, 450.0, 1000.0), np.full(200, 5.0)
    holed[50:100] = np.nan
    assert np.allclose(band(holed), 0.0, atol=1e-9)
    assert np.array_equal(Bandpass(20.0, 450.0, 1000.0)(np.full(10, np.nan)), np.zeros(10))
