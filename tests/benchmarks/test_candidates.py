"""The smoothers and detectors that are compared with the program's do what their names say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from guidance.biofeedback.envelope import STEP_S
from guidance.signal.sweep.basis import Array
from tests.benchmarks.bench_candidates import delays_ms
from tests.benchmarks.scorers.biofeedback_candidates import SMOOTHERS, double_threshold, step_means, teager_kaiser

RATE_HZ = 1000.0


@pytest.mark.parametrize("name", SMOOTHERS)
def test_a_smoother_follows_a_level_up_and_down(name: str) -> None:
    squares = np.repeat([2.0, 100.0, 2.0], 150) ** 2
    envelope = SMOOTHERS[name](squares, 5.0)
    assert envelope[140] == pytest.approx(2.0, rel=0.1)
    assert envelope[290] == pytest.approx(100.0, rel=0.1)
    assert envelope[440] == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("detector", [double_threshold, teager_kaiser])
def test_a_burst_has_one_onset(detector: Callable[[Array, float], Array]) -> None:
    rng = np.random.default_rng(2)
    size = np.repeat([2.0, 60.0, 2.0], 2000)
    found = detector(size * rng.standard_normal(len(size)), RATE_HZ)
    assert found == pytest.approx([2.0], abs=0.03)


def test_a_step_holds_the_mean_of_its_samples() -> None:
    assert step_means(np.arange(30.0), RATE_HZ).tolist() == [4.5, 14.5, 24.5]


def test_a_delay_runs_from_the_edge_to_the_first_value_at_the_level() -> None:
    envelope = np.r_[np.zeros(100), np.ones(100)]
    assert delays_ms(envelope, np.array([0.97]), 0.5, rising=True) == pytest.approx([1e3 * (101 * STEP_S - 0.97)])
    assert np.isnan(delays_ms(np.zeros(200), np.array([0.97]), 0.5, rising=True)).all()
