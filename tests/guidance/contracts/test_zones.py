"""Where the zones begin, how probable each is, and which one is reported while the estimate wavers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from guidance import cue as cues
from guidance.contracts.events import Proximity
from guidance.contracts.zones import (  # fmt: skip
    USUAL_EDGES_MA,
    ZONES,
    Edges,
    edges_of,
    likeliest,
    ordered_edges,
    probabilities,
)
from guidance.needle_emg.closeness import Criterion
from guidance.protocol import Protocol, ProtocolError, load, parse
from guidance.protocol.library import text_of
from guidance.proximity.filter import ProximityFilter
from guidance.proximity.zone_hysteresis import ZoneHysteresis
from guidance.trial.table import tabulate
from guidance.ui import zones as looks
from tests.support.outcomes import outcome


def estimate(**probability: float) -> Proximity:
    shares = dict.fromkeys(ZONES, 0.0) | probability
    likeliest = max(shares, key=lambda zone: shares[zone])
    return Proximity(1, (0.4, 0.5, 0.6), None, None, likeliest, shares, valid=True, why=None)


def reported(*estimates: Proximity) -> list[str | None]:
    zone = ZoneHysteresis()
    return [zone.settle(one).zone for one in estimates]


def test_between_two_zones_that_are_equally_probable_it_does_not_flicker() -> None:
    wavering = [estimate(target=0.5 + 0.05 * (-1) ** i, approach=0.5 - 0.05 * (-1) ** i) for i in range(10)]
    assert reported(estimate(target=0.9, approach=0.1), *wavering) == ["target"] * 11
    assert reported(estimate(target=0.1, approach=0.9), *wavering) == ["approach"] * 11


def test_a_zone_that_is_clearly_more_probable_is_reported_at_once() -> None:
    assert reported(estimate(target=0.9), estimate(target=0.4, approach=0.6)) == ["target", "approach"]


def test_close_is_reported_without_delay_and_left_with_hysteresis() -> None:
    wavering = [estimate(close=0.51, target=0.49), estimate(close=0.45, target=0.55), estimate(close=0.4, target=0.6)]
    assert reported(estimate(target=0.6, close=0.4), *wavering) == ["target", "close", "close", "target"]


def test_the_probabilities_stay_what_they_are() -> None:
    zone = ZoneHysteresis()
    zone.settle(estimate(target=0.9))
    wavering = estimate(target=0.48, approach=0.52)
    assert zone.settle(wavering) == replace(wavering, zone="target")


def test_an_unknown_proximity_keeps_no_zone() -> None:
    unknown = Proximity(1, None, None, None, None, None, valid=False, why="stale")
    searching = replace(unknown, zone="none", why="no-response-yet")
    assert reported(estimate(target=0.9), unknown, estimate(target=0.48, approach=0.52)) == ["target", None, "approach"]
    assert reported(estimate(target=0.9), searching) == ["target", "none"]


def test_the_edges_are_those_of_the_protocol() -> None:
    usual = load("generic-block")
    assert edges_of(usual) == USUAL_EDGES_MA
    assert edges_of(replace(usual, target_ma=0.8, lower_bound_ma=0.3)) == (1.0, 0.8, 0.3)


@pytest.mark.parametrize("target_ma", [1.0, 1.5])
def test_approach_never_begins_nearer_than_the_target(target_ma: float) -> None:
    far, target, _ = edges_of(replace(load("generic-block"), target_ma=target_ma))
    assert far >= target


def protocol_with(lower_bound_ma: float, target_ma: float) -> Protocol:
    """Return the generic protocol with these bounds, read from its file. Raises ProtocolError where it refuses them."""
    lines = text_of("generic-block").splitlines()
    named = {"lower_bound_ma": lower_bound_ma, "target_ma": target_ma}
    cited = 'source = "unsourced", certainty = "unsourced"'
    put = (f"{name} = {{ value = {value!r}, {cited} }}" for name, value in named.items())
    kept = [line for line in lines if not line.startswith((*named, "target_from_ma"))]
    at = kept.index("[proximity]") + 1
    return parse("\n".join([*kept[:at], *put, *kept[at:]]), "x.toml")


def assert_sound(shares: dict[str, float]) -> None:
    assert tuple(shares) == ZONES
    assert all(0.0 <= share <= 1.0 and math.copysign(1.0, share) > 0 for share in shares.values())
    assert sum(shares.values()) == pytest.approx(1.0, abs=5e-4)


@pytest.mark.parametrize("target_ma", [0.5, 1.0, 1.5, 4.0])
def test_no_zone_has_a_negative_probability_whatever_the_target(target_ma: float) -> None:
    nerve = ProximityFilter(100.0, 0.2, target_ma)
    for pulse in range(6):
        found = nerve.observe(outcome(pulse, pulse * 0.5, 1.25, amplitude_uv=150.0))
        if found.zone_probability is not None:
            assert_sound(found.zone_probability)
    assert found.valid


MILLIAMPS = st.floats(0.01, 6.0).map(lambda ma: round(ma, 3))


@given(MILLIAMPS, MILLIAMPS, st.integers(0, 2**32 - 1), st.floats(0.02, 6.0), st.floats(0.05, 6.0))
@examples(deadline=None, max_examples=60)
def test_every_protocol_that_is_allowed_has_edges_in_order_and_sound_probabilities(
    lower_bound_ma: float, target_ma: float, seed: int, middle_ma: float, highest_ma: float
) -> None:
    try:
        edges = edges_of(protocol_with(lower_bound_ma, target_ma))
    except ProtocolError as refused:
        (fault,) = refused.faults
        assert lower_bound_ma >= target_ma
        assert fault.startswith("x.toml: proximity.lower_bound_ma")
        return
    assert lower_bound_ma < target_ma
    assert edges.approach >= edges.target > edges.close > 0
    rng = np.random.default_rng(seed)
    ln_ma, weights = rng.normal(math.log(middle_ma), 0.5, 200), rng.dirichlet(np.ones(200))
    assert_sound(probabilities(ln_ma, weights, ln_ma > math.log(highest_ma), edges))


@given(*[st.floats(0.001, 100.0)] * 3)
@examples(deadline=None, max_examples=60)
def test_edges_out_of_order_are_ordered_by_the_nearer(approach: float, target: float, close: float) -> None:
    edges = ordered_edges(target, close, approach)
    assert edges.close == close
    assert edges.target == max(target, close)
    assert edges.approach == max(approach, edges.target)


def test_a_threshold_at_an_edge_is_in_the_nearer_zone_and_one_beyond_all_that_was_tried_in_none() -> None:
    edges = Edges(1.0, 0.5, 0.2)
    zones = ("close", "target", "target", "approach", "approach", "far")
    for ma, zone in zip((0.2, 0.21, 0.5, 0.51, 1.0, 1.01), zones, strict=True):
        ln_ma = np.log([ma])
        assert likeliest(probabilities(ln_ma, np.ones(1), np.array([False]), edges)) == zone
        assert likeliest(probabilities(ln_ma, np.ones(1), np.array([True]), edges)) == "none"


def test_where_the_target_begins_at_the_approach_nothing_is_ever_in_the_approach() -> None:
    edges = edges_of(protocol_with(0.2, 1.5))
    assert edges == (1.5, 1.5, 0.2)
    shares = probabilities(np.log(np.linspace(0.1, 5.0, 50)), np.full(50, 0.02), np.zeros(50, bool), edges)
    assert shares["approach"] == 0.0
    assert shares["far"] > 0.0 < shares["target"]


def test_a_lower_bound_above_the_target_that_is_assumed_is_refused_in_one_sentence() -> None:
    text = text_of("saphenous")
    (line,) = [line for line in text.splitlines() if line.startswith("lower_bound_ma")]
    raised = 'lower_bound_ma = { value = 0.6, source = "unsourced", certainty = "unsourced" }'
    with pytest.raises(ProtocolError) as refused:
        parse(text.replace(line, raised), "x.toml")
    (fault,) = refused.value.faults
    assert fault.startswith("x.toml: proximity.lower_bound_ma = 0.6: must be below 0.5")
    assert "proximity.target_ma" in fault


def test_the_spans_of_the_zones_meet_and_reach_from_far_to_near() -> None:
    spans = Edges(1.0, 0.5, 0.2).spans()
    assert spans == {"far": (1.0, math.inf), "approach": (0.5, 1.0), "target": (0.2, 0.5), "close": (0.0, 0.2)}


def test_screen_sound_trial_and_needle_emg_know_the_same_zones_in_the_same_order() -> None:
    assert tuple(looks.ZONES) == ZONES[1:]
    assert all(tuple(mapping.tones) == ("unknown", *ZONES) for mapping in cues.MAPPINGS.values())
    assert tuple(row["zone"] for row in tabulate([])["by_zone"]) == ZONES
    assert isinstance(Criterion().edges_ms, Edges)
