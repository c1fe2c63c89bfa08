"""What an approach does to the guesses at the nerve: the recruitment curve near it is another one than far away."""

from __future__ import annotations

import math

import numpy as np
import pytest

from guidance.proximity.motion import advance
from guidance.proximity.particles import ParticleRow, Particles
from guidance.proximity.random_table import Cloud, RandomTable

START_MA = 1.0


def moved(speed_mm_s: float, lowest_ma: float) -> tuple[Cloud, Cloud]:
    """Return particles (rows, particles) before and after a second at ``speed_mm_s``, from a threshold of 1 mA."""
    particles = Particles.draw(np.random.default_rng(1), 4000, 100.0)
    ln_start = np.full(4000, math.log(START_MA), np.float32)
    particles.place_at(ln_start)
    particles.x[ParticleRow.SPEED_MM_S] = speed_mm_s
    particles.x[ParticleRow.CHANGES_LN_PER_S] = math.log(0.02)
    before = particles.x.copy()
    advance(particles, RandomTable(2), 1.0, ln_start, ln_lowest=math.log(lowest_ma))
    return before, particles.x


def change(row: ParticleRow, speed_mm_s: float, lowest_ma: float = math.inf) -> Cloud:
    before, after = moved(speed_mm_s, lowest_ma)
    return np.asarray(after[row] - before[row])


def test_recruitment_widens_on_the_way_to_the_nerve_and_narrows_on_the_way_back() -> None:
    assert change(ParticleRow.WIDTH_LN, 2.0).mean() > 0.05
    assert change(ParticleRow.WIDTH_LN, -2.0).mean() < -0.03


@pytest.mark.parametrize(("speed_mm_s", "lowest_ma"), [(2.0, 0.01), (-2.0, 0.01)])
def test_the_largest_response_stays_as_known_where_the_needle_was_before(speed_mm_s: float, lowest_ma: float) -> None:
    assert np.all(change(ParticleRow.LARGEST_LN_UV, speed_mm_s, lowest_ma) == 0)


def test_the_largest_response_is_less_sure_nearer_than_the_needle_has_been() -> None:
    unsure = change(ParticleRow.LARGEST_LN_UV, 2.0)
    assert 0.05 < unsure.std() < 0.5
    assert abs(unsure.mean()) < 0.02
    assert change(ParticleRow.LARGEST_LN_UV, 2.0, 0.7).std() < 0.9 * unsure.std()
