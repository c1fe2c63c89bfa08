"""Potentials are detected at their place and with their measures, for any block size."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidance.needle_emg.potential_detector import Potential, PotentialDetector
from guidance.signal.sweep.basis import Array
from tests.support.some import some
from tests.support.synthetic_emg import RATE_HZ, laid, times, unit_wave

AT = times(8.0, 3.0)
SIGNAL = laid(3.0, [(at, unit_wave(400.0, 400.0)) for at in AT])


def detect(uv: Array, cuts: list[int] | None = None) -> list[Potential]:
    detector = PotentialDetector(RATE_HZ)
    edges = sorted({0, len(uv), *(cut for cut in cuts or [] if cut < len(uv))})
    return [p for first, stop in pairwise(edges) for p in detector.feed(uv[first:stop])]


FIRST_SECOND = [(p.sample, p.known_at, p.measures) for p in detect(SIGNAL[:10_000])]


def test_every_potential_is_detected_once_where_it_is() -> None:
    samples = np.array([p.sample for p in detect(SIGNAL)]) / RATE_HZ
    assert len(samples) == len(AT)
    assert np.abs(samples - AT).max() < 1e-3


def test_amplitude_and_rise_are_those_of_the_wave() -> None:
    measures = [p.measures for p in detect(SIGNAL)]
    assert np.median([m.amplitude_uv for m in measures]) == pytest.approx(400.0, rel=0.1)
    assert np.median([m.rise_us for m in measures]) == pytest.approx(400.0, rel=0.2)
    assert not any(m.begins_negative for m in measures)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 9_999), max_size=40))
def test_potentials_do_not_depend_on_the_block_size(cuts: list[int]) -> None:
    cut = detect(SIGNAL[:10_000], cuts)
    assert [(p.sample, p.known_at, p.measures) for p in cut] == FIRST_SECOND


def test_noise_alone_has_no_potentials() -> None:
    assert len(detect(laid(5.0, [], noise_uv=8.0))) <= 1


def test_mains_is_not_detected_as_potentials_and_hides_none() -> None:
    t = np.arange(len(SIGNAL)) / RATE_HZ
    late = [p for p in detect(SIGNAL + 100 * np.sin(2 * np.pi * 50 * t)) if p.sample > 0.8 * RATE_HZ]
    assert len(late) == pytest.approx(sum(at > 0.8 for at in AT), abs=1)


def test_no_potential_is_detected_in_lost_samples_nor_at_their_edges() -> None:
    holed = SIGNAL.copy()
    holed[15_000:20_000] = np.nan
    samples = [p.sample for p in detect(holed)]
    assert not [s for s in samples if 15_000 <= s < 20_000]
    assert len(samples) == pytest.approx(sum(not 1.495 < at < 2.005 for at in AT), abs=1)


def test_a_long_hole_is_skipped_at_once_and_indices_continue() -> None:
    detector = PotentialDetector(RATE_HZ)
    before = detector.feed(SIGNAL[:12_345])
    gone = round(600 * RATE_HZ)
    after = [*detector.lose(12_345 + gone), *detector.feed(SIGNAL[12_345:])]
    assert all(p.sample > gone for p in some(after))
    shifted = np.array([p.sample - gone for p in after]) / RATE_HZ
    assert min(abs(shifted[0] - at) for at in AT) < 1e-3
    assert len(before) + len(after) == pytest.approx(len(AT), abs=1)


def test_the_response_to_a_stimulus_is_ignored() -> None:
    detector = PotentialDetector(RATE_HZ)
    detector.blank(round(2.0 * RATE_HZ))
    assert all(p.sample >= 2.0 * RATE_HZ for p in some(detector.feed(SIGNAL)))
