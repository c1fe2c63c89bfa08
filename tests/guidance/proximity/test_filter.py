"""The motor threshold on a simulated nerve whose recruitment curve is not the one that the estimate assumes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy.special import ndtr

from guidance.contracts.events import Alarm, Cue, Interval, Proximity, PulseOutcome
from guidance.contracts.zones import ZONES
from guidance.proximity.filter import ProximityFilter
from guidance.proximity.likelihood import Observation, likelihood, normal_below
from guidance.proximity.particles import RecruitmentCurve
from tests.support.outcomes import outcome
from tests.support.streams import evoked, of_kind, records_of, settings

CRITERION_UV, LARGEST_UV = 100.0, 4000.0


def response_uv(current_ma: float, threshold_ma: float, steepness: float) -> float:
    """Return the amplitude by a Hill curve that passes the criterion at the threshold."""
    share = math.pow(current_ma / threshold_ma, steepness) * CRITERION_UV / (LARGEST_UV - CRITERION_UV)
    return LARGEST_UV * share / (1 + share)


def searched(threshold_ma: float, *, seed: int = 0, steepness: float = 8.0, width_ms: float = 0.1) -> list[Proximity]:
    """Return the estimates after each of twelve pulses of a simple staircase, on a nerve that does not move."""
    rng = np.random.default_rng(seed)
    grid = ProximityFilter(CRITERION_UV, lower_bound_ma=0.2, target_ma=0.5)
    current_ma, found = 1.0, []
    for pulse in range(12):
        uv = response_uv(current_ma, threshold_ma, steepness) * rng.lognormal(0.0, 0.2)
        seen = uv > 40.0
        pulsed = outcome(pulse, pulse * 0.5, current_ma, width_ms, detected=seen, amplitude_uv=uv if seen else 20.0)
        found.append(grid.observe(pulsed))
        current_ma = min(max(current_ma * (0.8 if uv > CRITERION_UV else 1.25), 0.05), 5.0)
    return found


def known(interval: Interval | None) -> Interval:
    assert interval is not None
    return interval


def observed(
    pulse: int, t: float, current_ma: float | None = 0.5, amplitude_uv: float = 300.0, *, contaminated: bool = False
) -> PulseOutcome:
    detected = amplitude_uv > 40.0
    return outcome(pulse, t, current_ma, detected=detected, amplitude_uv=amplitude_uv, contaminated=contaminated)


def test_the_normal_distribution_is_that_of_scipy() -> None:
    deviates = np.concatenate([np.linspace(-12.0, 12.0, 4801), [-1e6, 1e6]])
    below = normal_below(deviates)
    np.testing.assert_allclose(below, ndtr(deviates), rtol=2e-7)
    np.testing.assert_allclose(normal_below(deviates.astype(np.float32)), below, atol=1e-6)


@pytest.mark.parametrize("threshold_ma", [0.15, 0.3, 0.6, 1.5, 3.0])
@pytest.mark.parametrize("steepness", [5.0, 8.0, 15.0])
def test_twelve_pulses_find_the_threshold_of_a_nerve_at_rest(threshold_ma: float, steepness: float) -> None:
    for seed in range(5):
        median = known(searched(threshold_ma, seed=seed, steepness=steepness)[-1].threshold_ma)[1]
        assert median == pytest.approx(threshold_ma, rel=0.2)


def test_the_interval_after_twelve_pulses_holds_the_threshold_and_is_narrow_enough_to_be_useful() -> None:
    held, ratios = [], []
    for threshold_ma, steepness, seed in itertools.product((0.15, 0.3, 0.6, 1.5, 3.0), (5.0, 8.0, 15.0), range(5)):
        low, _, high = known(searched(threshold_ma, seed=seed, steepness=steepness)[-1].threshold_ma)
        held.append(low <= threshold_ma <= high)
        ratios.append(high / low)
    assert np.mean(held) > 0.95
    assert np.median(ratios) < 1.4


def test_the_interval_narrows_while_the_needle_rests_and_allows_for_its_next_move() -> None:
    grid = ProximityFilter(CRITERION_UV, 0.2, 0.5)
    rng = np.random.default_rng(3)
    ratios = []
    for pulse in range(80):
        current_ma = 0.6 * float(np.exp(0.2 * rng.standard_normal()))
        uv = response_uv(current_ma, 0.55, 8.0) * rng.lognormal(0.0, 0.12)
        low, _, high = known(grid.observe(observed(pulse, pulse * 0.5, current_ma, max(uv, 45.0))).threshold_ma)
        ratios.append(high / low)
    assert np.median(ratios[-10:]) < np.median(ratios[10:20])
    moved_uv = response_uv(0.6, 0.15, 8.0)
    followed = [
        known(grid.observe(observed(80 + pulse, 40.0 + 0.5 * pulse, 0.6, moved_uv)).threshold_ma) for pulse in range(3)
    ]
    assert followed[-1][1] < 0.4


@pytest.mark.parametrize("times", [1.2, 2.0, 4.0])
def test_one_current_repeated_does_not_make_the_threshold_known(times: float) -> None:
    estimate = np.empty((6, 40, 3))
    for seed in range(6):
        grid = ProximityFilter(CRITERION_UV, 0.2, 0.5)
        rng = np.random.default_rng(seed)
        for pulse in range(40):
            uv = response_uv(0.5 * times, 0.5, 8.0) * rng.lognormal(0.0, 0.12)
            estimate[seed, pulse] = known(
                grid.observe(observed(pulse, pulse * 0.5, 0.5 * times, max(uv, 45.0))).threshold_ma
            )
    low, high = estimate[..., 0], estimate[..., 2]
    held = (low <= 0.5) & (high >= 0.5)
    assert np.mean(held[:, 30:]) >= np.mean(held[:, 2:8])
    assert np.median(high[:, -1] / low[:, -1]) > 0.8 * np.median(high[:, 4] / low[:, 4])


def test_zones_come_in_order_as_the_threshold_falls() -> None:
    zones = [searched(threshold)[-1].zone for threshold in (3.0, 1.6, 0.75, 0.32, 0.12)]
    assert zones == ["far", "far", "approach", "target", "close"]


def test_without_any_response_nothing_is_known_but_that_there_was_none() -> None:
    grid = ProximityFilter(CRITERION_UV, 0.2, 0.5)
    for pulse in range(5):
        estimate = grid.observe(observed(pulse, pulse * 0.5, 2.0, amplitude_uv=10.0))
        assert (estimate.valid, estimate.why, estimate.zone) == (False, "no-response-yet", "none")
        assert estimate.threshold_ma is None
        assert estimate.distance_mm is None


def test_an_unknown_current_is_no_evidence_and_the_record_states_it() -> None:
    estimate = ProximityFilter(CRITERION_UV, 0.2, 0.5).observe(observed(0, 0.0, current_ma=None))
    assert (estimate.valid, estimate.why, estimate.zone, estimate.threshold_ma) == (
        False,
        "current-unknown",
        None,
        None,
    )


def test_with_an_unknown_width_what_depends_on_it_is_unknown() -> None:
    estimate = ProximityFilter(CRITERION_UV, 0.2, 0.5).observe(outcome(width_ms=None))
    assert estimate.threshold_ma is not None
    assert (estimate.threshold_0p1ms_ma, estimate.distance_mm, estimate.zone, estimate.zone_probability) == (
        None,
        None,
        None,
        None,
    )


@pytest.mark.hazard("false-response")
def test_contaminated_sweeps_are_no_evidence() -> None:
    grid = ProximityFilter(CRITERION_UV, 0.2, 0.5)
    estimate = grid.observe(observed(0, 0.0, contaminated=True))
    assert (estimate.valid, estimate.why, estimate.zone) == (False, "no-response-yet", None)


def test_a_wider_pulse_is_referred_to_a_tenth_of_a_millisecond() -> None:
    estimate = searched(0.5, width_ms=0.3)[-1]
    at_width, short = known(estimate.threshold_ma)[1], known(estimate.threshold_0p1ms_ma)[1]
    chronaxies_ms = (0.08, 0.3)
    least, most = ((1 + chronaxie / 0.1) / (1 + chronaxie / 0.3) for chronaxie in chronaxies_ms)
    assert least < short / at_width < most


def test_distance_grows_with_the_threshold() -> None:
    distances = [known(searched(threshold)[-1].distance_mm) for threshold in (0.2, 0.5, 1.0, 3.0)]
    assert distances == sorted(distances)


def test_the_estimate_follows_a_needle_that_moved() -> None:
    grid = ProximityFilter(CRITERION_UV, 0.2, 0.5)
    estimate = [grid.observe(observed(pulse, pulse * 0.5, 1.0, response_uv(1.0, 1.0, 8.0))) for pulse in range(8)]
    near = [grid.observe(observed(pulse, pulse * 0.5, 0.4, response_uv(0.4, 0.4, 8.0))) for pulse in range(8, 14)]
    assert known(estimate[-1].threshold_ma)[1] == pytest.approx(1.0, rel=0.2)
    assert known(near[-1].threshold_ma)[1] == pytest.approx(0.4, rel=0.2)


@pytest.mark.parametrize("pause_s", [4.0, 5.0, 60.0, 3600.0])
def test_the_interval_widens_over_a_pause_between_pulses(pause_s: float) -> None:
    grid = ProximityFilter(CRITERION_UV, 0.2, 0.5)
    for pulse in range(8):
        before = known(grid.observe(observed(pulse, pulse * 0.5, 0.5, 100.0)).threshold_ma)
    after = known(grid.observe(observed(9, 3.5 + pause_s, contaminated=True)).threshold_ma)
    assert after[2] / after[0] > before[2] / before[0]


@examples(max_examples=60, deadline=None)
@given(
    pulses=st.lists(
        st.tuples(
            st.floats(0.0, 100.0),
            st.none() | st.floats(0.0, 60.0),
            st.none() | st.floats(0.02, 2.0),
            st.booleans(),
            st.floats(0.1, 1e5),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_after_any_outcome_the_numbers_are_consistent(
    pulses: list[tuple[float, float | None, float | None, bool, float, bool]],
) -> None:
    grid, t = ProximityFilter(CRITERION_UV, 0.2, 0.5), 0.0
    for pulse, (pause_s, current_ma, width_ms, detected, amplitude_uv, contaminated) in enumerate(pulses):
        t += pause_s
        estimate = grid.observe(
            outcome(
                pulse, t, current_ma, width_ms, detected=detected, amplitude_uv=amplitude_uv, contaminated=contaminated
            )
        )
        assert estimate.valid == (estimate.why is None)
        for interval in (estimate.threshold_ma, estimate.threshold_0p1ms_ma, estimate.distance_mm):
            assert interval is None or (list(interval) == sorted(interval) and all(map(math.isfinite, interval)))
        if estimate.zone_probability is not None:
            assert list(estimate.zone_probability) == list(ZONES)
            assert sum(estimate.zone_probability.values()) == pytest.approx(1.0, abs=1e-3)
            if estimate.valid:
                assert estimate.zone_probability[estimate.zone or ""] == max(estimate.zone_probability.values())


def test_a_threshold_at_the_lower_bound_raises_the_alarm_and_a_response_lost_ends_it() -> None:
    stream = evoked(300.0, 12)
    near = replace(stream, pulses=tuple(replace(pulse, current_ma=0.1) for pulse in stream.pulses))
    made = records_of(near, settings())
    assert [(a.code, a.priority, a.active) for a in of_kind(made, Alarm)] == [("too-close", "high", True)]
    assert of_kind(made, Proximity)[-1].zone == "close"
    assert of_kind(made, Cue)[-1].name == "close"


def test_a_recording_without_currents_gets_no_zone() -> None:
    stream = evoked(300.0, 3)
    silent = replace(stream, pulses=tuple(replace(pulse, current_ma=None) for pulse in stream.pulses))
    estimate = of_kind(records_of(silent, settings()), Proximity)
    assert [(one.valid, one.why) for one in estimate] == [(False, "current-unknown")] * 3


def settled(seed: int = 0) -> ProximityFilter:
    """Return a filter that has observed a nerve of 0.5 mA."""
    rng, known_nerve = np.random.default_rng(seed), ProximityFilter(CRITERION_UV, 0.2, 0.5)
    for pulse in range(20):
        current_ma = 0.5 * rng.uniform(0.95, 1.3)
        known_nerve.observe(observed(pulse, pulse * 0.5, current_ma, response_uv(current_ma, 0.5, 7.0)))
    return known_nerve


def width(estimate: Proximity) -> float:
    low, _, high = known(estimate.threshold_ma)
    return math.log(high / low)


def missed(pulse: int, current_ma: float) -> PulseOutcome:
    return outcome(pulse, pulse * 0.5, current_ma, detected=False, amplitude_uv=5.0, p_value=0.5)


def test_a_redirect_restarts_the_estimate_and_is_its_reason_until_a_response() -> None:
    nerve = settled()
    assert "restarted" in (nerve.apply_entry("redirect") or "")
    silent = nerve.observe(missed(21, 0.6))
    assert (silent.valid, silent.why) == (False, "redirect")
    assert nerve.observe(observed(22, 11.0, 0.6, 250.0)).threshold_ma is not None


def test_after_an_injection_it_is_frozen_until_a_redirect_or_another_insertion() -> None:
    for release in ("redirect", "insertion"):
        nerve = settled()
        assert "frozen" in (nerve.apply_entry("injection") or "")
        for pulse in range(21, 25):
            estimate = nerve.observe(observed(pulse, pulse * 0.5))
            assert (estimate.valid, estimate.why, estimate.threshold_ma) == (False, "injectate", None)
        nerve.apply_entry(release)
        assert nerve.observe(observed(30, 15.0)).threshold_ma is not None


def test_an_entry_that_does_not_concern_the_needle_changes_nothing() -> None:
    nerve, same = settled(), settled()
    assert nerve.apply_entry("aspiration") is None
    assert nerve.observe(observed(21, 10.5)) == same.observe(observed(21, 10.5))


def test_the_interval_widens_upward_while_nothing_is_observed() -> None:
    nerve = settled()
    before = nerve.observe(observed(20, 10.0, 0.55, 180.0))
    after = [nerve.observe(missed(21 + pulse, 0.6)) for pulse in range(4)]
    assert width(after[-1]) > 2 * width(before)
    assert known(after[-1].threshold_ma)[1] > 0.6


def test_one_dead_pulse_does_not_throw_it_and_the_next_response_restores_it() -> None:
    nerve = settled()
    low, _, _ = known(nerve.observe(missed(21, 0.8)).threshold_ma)
    assert low < 0.6
    restored = known(nerve.observe(observed(22, 11.0, 0.55, response_uv(0.55, 0.5, 7.0))).threshold_ma)
    assert restored[1] == pytest.approx(0.5, rel=0.12)


def contrast(amplitude_uv: float, unrest: float) -> float:
    """Return how much more likely a response is where it was expected than where none was."""
    expected = RecruitmentCurve(
        np.array([amplitude_uv, 1.0]), np.array([0.15 * amplitude_uv, 1.0]), np.array([5.0, 5.0])
    )
    found, silent = likelihood(Observation(0.5, 0.1, amplitude_uv), expected, unrest)
    return float(found / silent)


def test_a_response_amid_unfit_sweeps_counts_for_less_but_for_something() -> None:
    assert 1.2 < contrast(300.0, unrest=1.0) < contrast(300.0, unrest=0.5) < contrast(300.0, unrest=0.0)


def test_millivolts_are_believed_even_amid_unfit_sweeps() -> None:
    assert contrast(8000.0, unrest=1.0) > 3 * contrast(300.0, unrest=1.0)


def test_misses_at_the_highest_current_put_the_threshold_beyond_it() -> None:
    nerve = settled()
    for pulse in range(21, 45):
        estimate = nerve.observe(missed(pulse, 5.0))
    assert estimate.zone == "none"
    assert known(estimate.threshold_ma)[0] > 3.0


def test_the_same_pulses_give_the_same_estimates() -> None:
    assert searched(0.4, seed=2) == searched(0.4, seed=2)


def test_a_small_response_below_the_criterion_is_evidence_though_it_does_not_count_as_detected() -> None:
    nerve = settled()
    for pulse in range(21, 29):
        estimate = nerve.observe(outcome(pulse, pulse * 0.5, 0.8, detected=False, amplitude_uv=60.0, p_value=1e-4))
    low, median, high = known(estimate.threshold_ma)
    assert 0.8 < median < 1.0
    assert math.log(high / low) < 0.6


@pytest.mark.parametrize(("after_s", "low_ma", "high_ma"), [(0.2, 0.43, 0.5), (0.5, 0.2, 0.35)])
def test_a_fit_sweep_after_a_burst_is_believed_the_more_the_later_it_comes(
    after_s: float, low_ma: float, high_ma: float
) -> None:
    nerve = settled()
    for pulse in range(21, 27):
        nerve.observe(outcome(pulse, 0.5 * pulse, 0.55, detected=False, amplitude_uv=90.0, contaminated=True))
    _, median_ma, _ = known(nerve.observe(observed(27, 13.0 + after_s, 0.4, 800.0)).threshold_ma)
    assert low_ma < median_ma < high_ma


@pytest.mark.parametrize(
    ("significant", "p_value", "counts"),
    [(True, 0.004, True), (False, 0.004, False), (None, 0.004, True), (None, 0.2, False)],
)
def test_a_wave_below_the_criterion_counts_where_the_record_calls_it_significant_or_an_older_one_by_its_p_value(
    significant: bool | None, p_value: float, counts: bool
) -> None:
    given = outcome(amplitude_uv=60.0)
    response = replace(given.response, detected=False, p_value=p_value, significant=significant)
    observed = Observation.of(replace(given, response=response), 1.0, 0.1)
    assert (observed.amplitude_uv is not None) == counts
