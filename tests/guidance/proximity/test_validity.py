"""When an estimate is valid, and what it does not know: too wide, above the limit, odd clocks, no verdict at all."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from guidance.contracts.events import Proximity, PulseOutcome
from guidance.proximity.filter import ProximityFilter
from guidance.proximity.summary import MOST_RATIO, PosteriorSummary
from tests.support.outcomes import outcome

NOTHING_KNOWN = (False, "no-response-yet", None, None)
SHARES = {"none": 0.0, "far": 0.1, "approach": 0.2, "target": 0.6, "close": 0.1}


def started(limit_ma: float = 5.0) -> ProximityFilter:
    return ProximityFilter(100.0, 0.2, 0.5, limit_ma=limit_ma)


def pulse(number: int, current_ma: float | None, uv: float = 150.0, *, t: float | None = None) -> PulseOutcome:
    responds = uv > 40.0
    return outcome(number, 0.5 * number if t is None else t, current_ma, detected=responds, amplitude_uv=uv)


def latent(number: int, latency_ms: float, current_ma: float = 0.5, uv: float = 150.0) -> PulseOutcome:
    made = pulse(number, current_ma, uv)
    return replace(made, response=replace(made.response, latency_ms=latency_ms))


def summary(low: float, high: float, **shares: float) -> Proximity:
    interval = (low, math.sqrt(low * high), high)
    return PosteriorSummary(interval, interval, (1.0, 2.0, 3.0), SHARES | shares, 5.0).proximity(7, width_known=True)


@pytest.mark.parametrize(("ratio", "valid"), [(1.1, True), (0.999 * MOST_RATIO, True), (1.001 * MOST_RATIO, False)])
def test_an_estimate_is_valid_while_its_interval_has_a_ratio_of_at_most_three(ratio: float, valid: bool) -> None:
    estimate = summary(0.4, 0.4 * ratio)
    assert (estimate.valid, estimate.why, estimate.zone) == (
        (True, None, "target") if valid else (False, "uncertain", None)
    )


def test_a_wide_interval_keeps_its_numbers_and_the_probabilities_that_an_alarm_needs() -> None:
    estimate = summary(0.1, 1.0)
    assert estimate.threshold_ma is not None
    assert estimate.zone_probability == SHARES


def test_a_wide_interval_after_a_lost_response_is_still_in_the_zone_none() -> None:
    estimate = summary(1.0, 4.9, none=0.95, far=0.05, approach=0.0, target=0.0, close=0.0)
    assert (estimate.valid, estimate.zone, estimate.why) == (False, "none", "uncertain")


def test_a_threshold_above_the_limit_has_no_number() -> None:
    estimate = summary(4.0, 9.0)
    assert (estimate.valid, estimate.why, estimate.zone, estimate.above_ma) == (False, "above-limit", "none", 5.0)
    assert (estimate.threshold_ma, estimate.threshold_0p1ms_ma, estimate.distance_mm) == (None, None, None)


def test_misses_at_the_highest_current_are_reported_as_above_the_limit() -> None:
    nerve = started()
    for number in range(8):
        nerve.observe(pulse(number, 0.5))
    for number in range(8, 24):
        estimate = nerve.observe(pulse(number, 5.0, uv=5.0))
    assert (estimate.above_ma, estimate.threshold_ma, estimate.zone) == (5.0, None, "none")


def test_undecided_sweeps_teach_nothing_however_many_there_are() -> None:
    nerve = started()
    for number in range(40):
        estimate = nerve.observe(outcome(number, 0.5 * number, contaminated=True))
    assert (estimate.valid, estimate.why, estimate.zone, estimate.threshold_ma) == NOTHING_KNOWN


def test_after_many_undecided_sweeps_a_known_threshold_is_not_known_any_more() -> None:
    nerve = started()
    for number in range(10):
        assert nerve.observe(pulse(number, 0.5)).why in {None, "uncertain"}
    for number in range(10, 130):
        estimate = nerve.observe(outcome(number, 0.5 * number, contaminated=True))
    assert (estimate.valid, estimate.why) == (False, "uncertain")


def test_pulses_of_unknown_current_between_others_leave_the_estimate_known() -> None:
    nerve = started()
    for number in range(12):
        nerve.observe(pulse(number, 0.5 + 0.02 * (number % 3), uv=150.0 + 60.0 * (number % 3)))
    assert nerve.observe(pulse(12, None)).why == "current-unknown"
    assert nerve.observe(pulse(13, 0.5)).valid


def test_currents_that_jump_between_extremes_give_finite_numbers() -> None:
    nerve = started()
    for number in range(30):
        current_ma = (0.02, 5.0, 0.3, 60.0)[number % 4]
        estimate = nerve.observe(pulse(number, current_ma, uv=3000.0 if current_ma > 1 else 5.0))
    for interval in (estimate.threshold_ma, estimate.distance_mm):
        assert interval is None or all(map(math.isfinite, interval))


@pytest.mark.parametrize("times", [[3.0] * 40, [1e9, 0.0, 1e9, 5.0, 4.0, 3.0] * 5], ids=["stands still", "leaps"])
def test_a_clock_that_stands_still_or_leaps_gives_finite_numbers_and_no_false_certainty(times: list[float]) -> None:
    nerve = started()
    for number, t in enumerate(times):
        estimate = nerve.observe(pulse(number, 0.5, t=t))
        assert estimate.threshold_ma is None or all(map(math.isfinite, estimate.threshold_ma))
    for number in range(20):
        current_ma = 0.45 + 0.03 * (number % 4)
        estimate = nerve.observe(pulse(50 + number, current_ma, uv=1e2 * (current_ma / 0.5) ** 7, t=2e9 + number / 2))
    assert estimate.threshold_ma is not None
    assert estimate.threshold_ma[1] == pytest.approx(0.5, rel=0.15)


def test_a_clock_that_leaps_back_widens_the_interval() -> None:
    nerve = started()
    for number in range(20):
        before = nerve.observe(pulse(number, 0.5 + 0.02 * (number % 3), uv=150.0 + 60.0 * (number % 3)))
    after = nerve.observe(outcome(20, -60.0, contaminated=True))
    assert before.threshold_ma is not None
    assert after.threshold_ma is not None
    assert after.threshold_ma[2] / after.threshold_ma[0] > 2 * before.threshold_ma[2] / before.threshold_ma[0]


def test_a_lasting_jump_of_the_latency_restarts_the_estimate_and_is_recorded() -> None:
    nerve = started()
    for number in range(12):
        nerve.observe(latent(number, 6.0 + 0.1 * (number % 3), 0.5, 150.0))
    assert not list(nerve.entries())
    for number in range(12, 15):
        estimate = nerve.observe(latent(number, 2.5, 2.0, 150.0))
    (entry,) = nerve.entries()
    assert entry.what == "response-changed"
    assert "from 6.1 to 2.5 ms" in entry.fields["text"]
    assert "restarted" in entry.fields["estimate"]
    assert estimate.threshold_ma is not None
    assert estimate.threshold_ma[1] > 1.0


def test_a_single_stray_latency_or_a_small_drift_restarts_nothing() -> None:
    nerve = started()
    for number in range(60):
        nerve.observe(latent(number, 20.0 if number % 7 == 6 else 6.0 + 0.03 * number))
    assert not list(nerve.entries())


def test_latencies_that_agree_on_no_other_value_restart_nothing() -> None:
    nerve = started()
    for number in range(8):
        nerve.observe(latent(number, 6.0))
    for number, latency_ms in enumerate((12.0, 20.0, 9.0, 16.0, 3.0), 8):
        nerve.observe(latent(number, latency_ms))
    assert not list(nerve.entries())
