"""The ring of newest samples: absolute indices, gaps as NaN, nothing older than its capacity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from guidance.signal.sweep.ring_buffer import RingBuffer


def counted(first: int, count: int, channels: int = 2) -> NDArray[np.float32]:
    """Samples whose values encode their index and channel."""
    index = np.arange(first, first + count, dtype=np.float32)
    return np.stack([index + 0.25 * channel for channel in range(channels)], axis=1)


def test_it_hands_out_what_was_put_in() -> None:
    history = RingBuffer(channels=2, capacity=100)
    history.append(0, counted(0, 30))
    history.append(30, counted(30, 40))
    assert history.start == 0
    assert history.end == 70
    np.testing.assert_array_equal(history.window(10, 60), counted(10, 50))


def test_lost_samples_are_nan() -> None:
    history = RingBuffer(channels=2, capacity=100)
    history.append(0, counted(0, 10))
    history.append(15, counted(15, 10))
    window = history.window(0, 25)
    assert np.isnan(window[10:15]).all()
    assert not np.isnan(np.delete(window, np.s_[10:15], axis=0)).any()


def test_samples_before_the_first_block_are_nan() -> None:
    history = RingBuffer(channels=2, capacity=100)
    history.append(20, counted(20, 10))
    assert np.isnan(history.window(0, 20)).all()
    np.testing.assert_array_equal(history.window(20, 30), counted(20, 10))


def test_what_is_not_held_is_nan_on_either_side() -> None:
    history = RingBuffer(channels=2, capacity=50)
    history.append(0, counted(0, 80))
    window = history.window(20, 100)
    assert history.start == 30
    assert np.isnan(window[:10]).all()
    np.testing.assert_array_equal(window[10:60], counted(30, 50))
    assert np.isnan(window[60:]).all()


def test_a_hole_longer_than_the_ring_leaves_only_what_came_after() -> None:
    history = RingBuffer(channels=2, capacity=50)
    history.append(0, counted(0, 50))
    history.append(10_000, counted(10_000, 5))
    assert history.end == 10_005
    assert np.isnan(history.window(9_955, 10_000)).all()
    np.testing.assert_array_equal(history.window(10_000, 10_005), counted(10_000, 5))


def test_samples_that_go_back_in_time_are_a_programming_error() -> None:
    history = RingBuffer(channels=2, capacity=50)
    history.append(0, counted(0, 20))
    with pytest.raises(ValueError, match="20"):
        history.append(19, counted(19, 1))


def test_what_was_handed_out_does_not_change_afterwards() -> None:
    history = RingBuffer(channels=2, capacity=10)
    history.append(0, counted(0, 10))
    window = history.window(0, 10)
    history.append(10, counted(10, 200))
    np.testing.assert_array_equal(window, counted(0, 10))


@given(
    capacity=st.integers(1, 40),
    parts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12),
    windows=st.lists(st.tuples(st.integers(-20, 300), st.integers(0, 80)), min_size=1, max_size=6),
)
def test_it_agrees_with_a_list_of_everything(
    capacity: int, parts: list[tuple[int, int]], windows: list[tuple[int, int]]
) -> None:
    history = RingBuffer(channels=2, capacity=capacity)
    everything = np.zeros((0, 2), np.float32)
    for hole, count in parts:
        lost = np.full((hole, 2), np.nan, np.float32)
        everything = np.concatenate([everything, lost, counted(len(everything) + hole, count)])
        history.append(len(everything) - count, counted(len(everything) - count, count))
    assert history.end == len(everything)
    held = everything.copy()
    held[: max(len(everything) - capacity, 0)] = np.nan
    for first, count in windows:
        index = np.arange(first, first + count)
        inside = (index >= 0) & (index < len(held))
        expected = np.full((count, 2), np.nan, np.float32)
        expected[inside] = held[index[inside]]
        np.testing.assert_array_equal(history.window(first, first + count), expected)
