"""Whole insertions: the engine of a live procedure in a closed loop with a simulated patient."""

from __future__ import annotations

import json

import numpy as np
import pytest

from drivers.simulated.front_ends import REALISTIC
from guidance.cli.run import demo
from guidance.trial.needle_path import COLD_S, SPEEDS_MM_S, draw_needle_path
from guidance.trial.result import Insertion
from guidance.trial.world import DRAWN, SimulatedInsertion, run_insertion


@pytest.fixture(scope="module")
def made() -> Insertion:
    return run_insertion(1, 0)


def test_the_same_seed_and_world_are_the_same_insertion(made: Insertion) -> None:
    assert run_insertion(1, 0) == made


def test_another_world_and_another_seed_are_others(made: Insertion) -> None:
    assert run_insertion(1, 3).moments != made.moments != run_insertion(2, 0).moments


def test_it_stimulates_and_follows_the_threshold_from_the_first_second_on(made: Insertion) -> None:
    assert made.stimuli > 1.5 * (made.seconds - 2.0)
    assert made.reachable
    assert made.cold is not None
    assert np.median([moment.error for moment in made.moments]) < 0.2


def test_its_moments_have_the_speeds_of_its_path(made: Insertion) -> None:
    speeds = {moment.speed_mm_s for moment in made.moments}
    assert 0.0 in speeds
    assert speeds <= {0.0, *SPEEDS_MM_S}
    assert len(speeds) > 1


def test_it_survives_a_json_round_trip(made: Insertion) -> None:
    assert Insertion.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_paths_go_in_sometimes_into_the_nerve_and_back_out() -> None:
    ways = [draw_needle_path(np.random.default_rng(seed)) for seed in range(200)]
    deepest = [way.start_mm - sum(leg.ahead_mm for leg in way.legs if leg.ahead_mm > 0) for way in ways]
    assert min(deepest) < -0.3 < 0.3 < max(deepest)
    for way in ways:
        assert way.legs[0].seconds == COLD_S
        assert way.legs[0].speed_mm_s == 0.0
        assert all(leg.seconds >= 0 for leg in way.legs)
        assert any(leg.ahead_mm < 0 for leg in way.legs)
        assert {leg.speed_mm_s for leg in way.legs if leg.ahead_mm} <= set(SPEEDS_MM_S)


def test_a_drawn_front_end_differs_from_insertion_to_insertion_and_not_from_run_to_run() -> None:
    drawn = [SimulatedInsertion(1, world, front=DRAWN).front for world in range(12)]
    assert len(set(drawn)) > 4
    assert drawn == [SimulatedInsertion(1, world, front=DRAWN).front for world in range(12)]


def test_the_demo_has_the_realistic_front_end() -> None:
    option = next(parameter for parameter in demo.params if parameter.name == "front")
    assert option.default == REALISTIC
