"""A needle's impedance against its baseline: what is a rise, and what only resembles one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from guidance.alarms.impedance import BASELINE_READINGS, FALL_SHARE, RISE_SHARE, ImpedanceTrend

BASE_KOHM = 12.0
STEP_S = 0.5


class Needle:
    """Readings twice a second; ``rises`` and ``falls`` are the times at which one was reported."""

    def __init__(self, noise: float = 0.0) -> None:
        self.trend = ImpedanceTrend()
        self.t = 0.0
        self.rises: list[float] = []
        self.falls: list[float] = []
        self._noise, self._rng = noise, np.random.default_rng(1)

    def read(self, shares: Sequence[float]) -> None:
        """Read values that are so much above (below) 12 kOhm."""
        for share in shares:
            self.t += STEP_S
            self.trend.read(self.t, BASE_KOHM * (1 + share) * math.exp(self._noise * self._rng.standard_normal()))
            self.rises += [self.t] if self.trend.rise is not None else []
            self.falls += [self.t] if self.trend.fall is not None else []

    def rest(self, readings: int = BASELINE_READINGS + 8) -> None:
        self.read([0.0] * readings)


@pytest.mark.parametrize("base", [0.5, 1.0, 3.0])
def test_a_rise_is_one_of_the_needles_own_baseline(base: float) -> None:
    needle = Needle()
    needle.read([base - 1] * 16)
    needle.read([base * (1 + RISE_SHARE + 0.02) - 1] * 6)
    assert needle.rises
    assert needle.trend.rise == pytest.approx(RISE_SHARE + 0.02, abs=0.01)


def test_a_change_below_the_cut_off_is_no_rise() -> None:
    needle = Needle()
    needle.rest()
    needle.read([RISE_SHARE - 0.005] * 40)
    assert not needle.rises


def test_a_rise_is_reported_within_two_seconds_and_as_long_as_it_lasts() -> None:
    needle = Needle()
    needle.rest()
    needle.read([0.3] * 60)
    assert needle.rises[0] <= 8.0 + 2.0
    assert len(needle.rises) >= 56
    needle.read([0.0] * 6)
    assert needle.trend.rise is None


def test_one_wild_reading_and_another_are_not_a_rise() -> None:
    needle = Needle()
    needle.rest()
    needle.read([0.0, 1.0, 0.0, 0.0, -0.6, 0.0, 0.8, 0.8, 0.0])
    assert not needle.rises
    assert not needle.falls


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_noise_alone_is_neither_rise_nor_fall(noise: float) -> None:
    needle = Needle(noise)
    needle.rest(600)
    assert len(needle.rises) <= 6
    assert not needle.falls


def test_a_noisy_needle_needs_a_larger_rise() -> None:
    needle = Needle(0.05)
    needle.rest()
    needle.read([0.25] * 8)
    assert needle.rises


@pytest.mark.parametrize("per_minute", [0.1, -0.1])
def test_the_baseline_follows_slow_drift(per_minute: float) -> None:
    needle = Needle(0.003)
    needle.read([per_minute * i * STEP_S / 60 for i in range(240)])
    assert not needle.rises
    assert not needle.falls


def test_leaving_a_vessel_is_no_rise_however_long_the_needle_was_in_it() -> None:
    for readings in (6, 60, 300):
        needle = Needle(0.005)
        needle.rest(40)
        needle.read([-0.12] * readings)
        needle.read([0.0] * 40)
        assert not needle.rises


def test_an_electrode_that_drifts_by_more_than_the_cut_off_within_half_a_minute_is_no_rise() -> None:
    needle = Needle(0.003)
    needle.rest(20)
    needle.read([0.06 * math.sin(2 * math.pi * i * STEP_S / 90) for i in range(360)])
    assert not needle.rises


def test_a_rise_after_the_fall_that_nearness_brings_is_detected() -> None:
    needle = Needle()
    needle.rest()
    needle.read(np.linspace(0, -0.1, 20).tolist() + [-0.1] * 6)
    needle.read([0.08] * 8)
    assert needle.rises


def test_a_withdrawal_from_beside_the_nerve_is_no_rise() -> None:
    needle = Needle()
    needle.rest()
    needle.read(np.linspace(0, -0.2, 20).tolist() + [-0.2] * 6 + np.linspace(-0.2, 0, 20).tolist() + [0.0] * 20)
    assert not needle.rises


@pytest.mark.parametrize(("share", "falls"), [(-0.28, False), (FALL_SHARE - 0.05, True)])
def test_a_fall_is_larger_than_nearness_alone_brings(share: float, falls: bool) -> None:
    needle = Needle()
    needle.rest()
    needle.read([share] * 10)
    assert bool(needle.falls) == falls


def test_an_open_circuit_and_what_is_unknown_change_nothing() -> None:
    needle = Needle()
    needle.rest()
    for odd in (None, 0.0, 655.0, 1e9):
        needle.trend.read(needle.t, odd)
    needle.trend.interrupt()
    needle.rest(4)
    assert not needle.rises
    needle.read([0.2] * 6)
    assert needle.rises


def test_readings_on_both_sides_of_an_interruption_are_not_mixed() -> None:
    needle = Needle()
    needle.rest()
    needle.read([0.3] * 2)
    needle.trend.interrupt()
    needle.read([0.3] * 4)
    assert not needle.rises
    needle.read([0.3])
    assert needle.rises


def test_another_place_has_another_baseline() -> None:
    needle = Needle()
    needle.rest()
    needle.read([0.5] * 8)
    needle.trend.restart()
    assert needle.trend.rise is None
    needle.rises.clear()
    needle.read([0.5] * 40)
    assert not needle.rises
