"""An input that no living muscle gives: one value held, one block over and over, or less than the converter shows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray

from guidance.signal.sweep.dead_input import Change, DeadInputDetector
from guidance.signal.sweep.ring_buffer import RingBuffer

RATE_HZ = 4000.0
STEP_UV = 0.5
RANGE_UV = 3200.0
LATEST_S = 0.1
"""Within so much of the moment at which the evidence is complete."""

Wave = NDArray[np.float64]


def living(seconds: float, seed: int = 1, noise_uv: float = 4.0) -> Wave:
    """Noise of ``noise_uv`` in steps of the converter."""
    uv = np.random.default_rng(seed).normal(0.0, noise_uv, int(seconds * RATE_HZ))
    return np.asarray(np.round(uv / STEP_UV) * STEP_UV)


def changes(
    uv: Wave, cuts: set[int] | frozenset[int] = frozenset(), step_uv: float | None = STEP_UV, hole: int = 0
) -> list[Change]:
    """The changes found in ``uv`` cut at ``cuts``, after a gap of so many samples at its begin."""
    detector, history = DeadInputDetector(RATE_HZ, step_uv, RANGE_UV), RingBuffer(1, int(8 * RATE_HZ))
    samples = uv.astype(np.float32)[:, None]
    edges = sorted({0, len(uv), *cuts, *range(0, len(uv), int(RATE_HZ))})
    found: list[Change] = []
    for first, stop in pairwise(edges):
        history.append(first + hole, samples[first:stop])
        found += detector.advance(history)
    return found


def dies(after_s: float, dead: Wave, again_s: float = 0.0) -> Wave:
    return np.concatenate([living(after_s), dead, living(again_s, seed=2)])


@pytest.mark.parametrize("value", [0.0, 17.5, -900.0])
def test_one_value_for_300_ms_is_dead(value: float) -> None:
    found = changes(dies(1.0, np.full(int(0.5 * RATE_HZ), value)))
    assert len(found) == 1
    assert "one value" in (found[0].why or "")
    assert 1.3 * RATE_HZ <= found[0].due <= (1.3 + LATEST_S) * RATE_HZ


def test_one_value_from_the_first_sample_on_is_dead() -> None:
    (found,) = changes(np.zeros(int(RATE_HZ)))
    assert found.due <= 0.4 * RATE_HZ


def test_the_blanking_after_a_stimulus_is_too_short_to_be_dead() -> None:
    uv = living(3.0)
    for pulse in range(0, len(uv), int(0.2 * RATE_HZ)):
        uv[pulse : pulse + int(0.1 * RATE_HZ)] = 0.0
    assert changes(uv) == []


def test_a_block_that_comes_three_times_is_dead() -> None:
    for block_s in (0.1, 0.1375, 0.5, 1.9):
        block = living(block_s, seed=5)
        found = changes(dies(1.0, np.tile(block, 4)))
        assert len(found) == 1, block_s
        assert "over and over" in (found[0].why or "")
        assert found[0].due <= (1.0 + 3 * block_s + LATEST_S) * RATE_HZ


def test_a_short_block_over_and_over_is_dead() -> None:
    found = changes(dies(1.0, np.tile(living(0.002, seed=5), 400)))
    assert len(found) == 1


def test_a_block_that_comes_twice_is_not_dead() -> None:
    assert changes(dies(1.0, np.tile(living(0.4, seed=5), 2), 1.0)) == []


def test_mains_beside_noise_is_not_dead() -> None:
    uv = 200 * np.sin(2 * np.pi * 50 * np.arange(int(5 * RATE_HZ)) / RATE_HZ) + living(5.0)
    assert changes(np.round(uv / STEP_UV) * STEP_UV) == []


def nearly_still(seconds: float) -> Wave:
    """One code, and now and then the next: an RMS of 0.07 steps."""
    moves = np.random.default_rng(0).random(int(seconds * RATE_HZ)) < 0.005
    return np.where(moves, STEP_UV, 0.0)


def test_less_than_a_tenth_of_a_step_for_a_second_is_dead() -> None:
    found = changes(dies(1.0, nearly_still(1.2)))
    assert len(found) == 1
    assert "resolution" in (found[0].why or "")
    assert found[0].due <= (2.0 + LATEST_S) * RATE_HZ


def test_without_a_known_step_the_rule_of_the_step_does_not_apply() -> None:
    assert changes(dies(1.0, nearly_still(1.2)), step_uv=None) == []


@pytest.mark.parametrize("noise_steps", [0.25, 0.3, 1.0])
def test_a_coarse_converter_at_rest_is_not_dead(noise_steps: float) -> None:
    assert changes(living(20.0, noise_uv=noise_steps * STEP_UV)) == []


def test_an_input_at_its_limit_is_saturated_and_not_dead() -> None:
    assert changes(dies(1.0, np.full(int(RATE_HZ), RANGE_UV)), step_uv=None) == []


def test_it_lives_again_a_second_after_the_last_sign_of_death() -> None:
    dead, over = changes(dies(1.0, np.zeros(int(RATE_HZ)), 3.0))
    assert dead.why
    assert over.why is None
    assert 3.0 * RATE_HZ <= over.due <= 4.2 * RATE_HZ


def test_lost_samples_are_no_evidence() -> None:
    assert changes(living(2.0), hole=int(3 * RATE_HZ)) == []


def test_what_is_held_across_a_gap_is_held() -> None:
    detector, history = DeadInputDetector(RATE_HZ, None, None), RingBuffer(1, int(8 * RATE_HZ))
    found = []
    for at in range(0, 8000, 1600):
        history.append(at, np.zeros((800, 1), np.float32))
        found += detector.advance(history)
    assert len(found) == 1


@examples(max_examples=25, deadline=None)
@given(cuts=st.sets(st.integers(1, 19_999), max_size=60))
def test_no_cutting_changes_what_is_found(cuts: set[int]) -> None:
    uv = dies(0.7, np.concatenate([np.zeros(2000), living(0.4, 7), np.tile(living(0.1, 8), 6)]), 2.5)
    assert changes(uv, cuts) == changes(uv)
