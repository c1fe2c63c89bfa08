"""Which zone is told while the estimate wavers, and where the zones begin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guidance.events import Proximity
from guidance.protocol import load
from guidance.zones import USUAL_EDGES_MA, SteadyZone, edges_ma


def estimate(**probability: float) -> Proximity:
    shares = dict.fromkeys(("none", "far", "approach", "target", "close"), 0.0) | probability
    likeliest = max(shares, key=lambda zone: shares[zone])
    return Proximity(1, (0.4, 0.5, 0.6), None, None, likeliest, shares, valid=True, why=None)


def told(*estimates: Proximity) -> list[str | None]:
    zone = SteadyZone()
    return [zone.settle(one).zone for one in estimates]


def test_between_two_zones_that_are_equally_probable_it_does_not_flicker() -> None:
    wavering = [estimate(target=0.5 + 0.05 * (-1) ** i, approach=0.5 - 0.05 * (-1) ** i) for i in range(10)]
    assert told(estimate(target=0.9, approach=0.1), *wavering) == ["target"] * 11
    assert told(estimate(target=0.1, approach=0.9), *wavering) == ["approach"] * 11


def test_a_zone_that_is_clearly_more_probable_is_told_at_once() -> None:
    assert told(estimate(target=0.9), estimate(target=0.4, approach=0.6)) == ["target", "approach"]


def test_close_is_told_without_delay_and_given_up_with() -> None:
    wavering = [estimate(close=0.51, target=0.49), estimate(close=0.45, target=0.55), estimate(close=0.4, target=0.6)]
    assert told(estimate(target=0.6, close=0.4), *wavering) == ["target", "close", "close", "target"]


def test_the_probabilities_stay_what_they_are() -> None:
    zone = SteadyZone()
    zone.settle(estimate(target=0.9))
    wavering = estimate(target=0.48, approach=0.52)
    assert zone.settle(wavering) == replace(wavering, zone="target")


def test_what_is_not_known_is_not_held_to_a_zone() -> None:
    unknown = Proximity(1, None, None, None, None, None, valid=False, why="stale")
    searching = replace(unknown, zone="none", why="no-response-yet")
    assert told(estimate(target=0.9), unknown, estimate(target=0.48, approach=0.52)) == ["target", None, "approach"]
    assert told(estimate(target=0.9), searching) == ["target", "none"]


def test_the_edges_are_those_of_the_protocol() -> None:
    usual = load("generic-block")
    assert edges_ma(usual) == USUAL_EDGES_MA
    assert edges_ma(replace(usual, target_ma=0.8, lower_bound_ma=0.3)) == (1.0, 0.8, 0.3)


@pytest.mark.parametrize("target_ma", [1.0, 1.5])
def test_approach_never_begins_nearer_than_the_target(target_ma: float) -> None:
    far, target, _ = edges_ma(replace(load("generic-block"), target_ma=target_ma))
    assert far >= target
