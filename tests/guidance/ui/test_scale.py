from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidance.ui.scale import Scale, step_down, step_up, ticks

SIZES = st.floats(1e-3, 1e5)


@given(SIZES)
def test_steps_enclose_a_value_in_ones_twos_and_fives(value: float) -> None:
    low, high = step_down(value), step_up(value)
    assert low <= value * (1 + 1e-6)
    assert high >= value * (1 - 1e-6)
    assert high / low <= 2.5 + 1e-6
    assert f"{low:e}"[0] in "125"
    assert f"{high:e}"[0] in "125"


@given(st.floats(-100, 100), st.floats(1, 500), st.integers(1, 20))
def test_ticks_lie_inside_and_are_not_too_many(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)
    assert len(found) <= most + 1
    assert all(low - 1e-6 <= tick <= low + span + 1e-6 for tick in found)


@given(st.lists(st.floats(0, 1e5), min_size=1))
def test_auto_scale_always_holds_the_signal(peaks_uv: list[float]) -> None:
    scale = Scale()
    for peak_uv in peaks_uv:
        scale.follow(peak_uv)
        assert scale.half_uv >= min(peak_uv, 100_000)


def test_auto_scale_does_not_shrink_for_a_little_less_signal() -> None:
    scale = Scale()
    scale.follow(480.0)
    scale.follow(195.0)
    assert scale.half_uv == 500.0
    scale.follow(150.0)
    assert scale.half_uv == 200.0


def test_a_step_by_hand_ends_auto() -> None:
    scale = Scale(200.0)
    scale.step(+1)
    scale.follow(10_000.0)
    assert (scale.half_uv, scale.auto) == (500.0, False)


@pytest.mark.parametrize(("direction", "end_uv"), [(+1, 100_000.0), (-1, 1.0)])
def test_steps_by_hand_end_at_the_limits(direction: int, end_uv: float) -> None:
    scale = Scale()
    for _ in range(30):
        scale.step(direction)
    assert scale.half_uv == end_uv
