from __future__ import annotations

from dataclasses import replace

import pytest

from guidance.contracts.events import Alarm, Command, Interval, Proximity, Record, Response, Stimulus, TimedRecord
from guidance.protocol import load
from guidance.trial.score import InsertionScore, Truth

STIMULUS = Stimulus(1, 1.0, 1.0, 0.1, 10.0, "device")


def estimate(threshold_ma: Interval, distance_mm: Interval | None = (0.0, 1.0, 2.0)) -> Proximity:
    return Proximity(1, threshold_ma, threshold_ma, distance_mm, "target", {}, valid=True, why=None)


UNKNOWN = Proximity(1, None, None, None, None, None, valid=False, why="no-response-yet")


@pytest.fixture
def score() -> InsertionScore:
    return InsertionScore(load("generic-block"), 5.0)


def actual(t: float, threshold_ma: float, distance_mm: float = 1.0) -> Truth:
    return Truth(t, threshold_ma, distance_mm, 1.0)


def take(score: InsertionScore, *records: Record) -> None:
    for record in records:
        score.take(TimedRecord(0.0, record))


def test_a_moment_is_measured_now_and_when_the_next_pulse_comes(score: InsertionScore) -> None:
    score.now(actual(10.0, 0.5))
    take(score, STIMULUS, estimate((0.4, 0.55, 0.7)))
    score.now(actual(10.2, 0.3))
    score.now(actual(10.5, 0.25), pulse=True)
    (moment,) = score.insertion(0, 20.0).moments
    assert moment.error == pytest.approx(0.1)
    assert moment.next_error == pytest.approx(1.2)
    assert (moment.threshold_held, moment.distance_held, moment.zone) == (True, True, "target")


def test_the_last_moment_has_no_next_pulse(score: InsertionScore) -> None:
    score.now(actual(10.0, 0.5))
    take(score, STIMULUS, estimate((0.4, 0.55, 0.7)))
    assert [moment.next_error for moment in score.insertion(0, 20.0).moments] == [None]


@pytest.mark.parametrize(("threshold_ma", "is_false"), [(0.4, 0), (1.4, 0), (1.6, 1)])
def test_a_target_is_false_where_the_threshold_is_more_than_three_times_its_edge(
    score: InsertionScore, threshold_ma: float, is_false: int
) -> None:
    score.now(actual(10.0, threshold_ma))
    take(score, STIMULUS, estimate((0.4, 0.45, 0.5)), UNKNOWN)
    assert score.insertion(0, 20.0).far_named == is_false


def test_undecided_sweeps_are_counted_by_their_reason(score: InsertionScore) -> None:
    unsure = Response(1, "emg", False, None, None, None, contaminated=True)
    take(score, replace(unsure, doubt="blanking"), replace(unsure, doubt="blanking"), unsure)
    assert score.insertion(0, 20.0).undecided == {"blanking": 2, "unfit": 1}


@pytest.mark.parametrize(
    ("distance_mm", "interval", "held"),
    [(1.0, (0.5, 1.0, 1.5), True), (2.0, (0.5, 1.0, 1.5), False), (-0.3, (0.0, 0.1, 0.4), True), (1.0, None, None)],
)
def test_inside_the_nerve_the_distance_is_zero(
    score: InsertionScore, distance_mm: float, interval: Interval | None, held: bool | None
) -> None:
    score.now(actual(10.0, 0.5, distance_mm))
    take(score, estimate((0.6, 0.7, 0.8), interval))
    (moment,) = score.insertion(0, 20.0).moments
    assert (moment.distance_held, moment.threshold_held) == (held, False)


def search(score: InsertionScore, estimates_ma: list[float | None]) -> int | None:
    for i, median_ma in enumerate(estimates_ma):
        score.now(actual(1.0 + i * 0.5, 1.0), pulse=True)
        take(score, STIMULUS, UNKNOWN if median_ma is None else estimate((0.1, median_ma, 9.0)))
    return score.insertion(0, 20.0).cold


def test_the_search_ends_with_the_first_of_two_good_estimates(score: InsertionScore) -> None:
    assert search(score, [None, 3.0, 1.05, 2.0, 1.08, 0.95, 1.0]) == 5


@pytest.mark.parametrize("estimates_ma", [[1.0], [1.0, 2.0, 1.0], [1.0, None, 1.0]])
def test_one_good_estimate_does_not_end_the_search(score: InsertionScore, estimates_ma: list[float | None]) -> None:
    assert search(score, estimates_ma) is None


def test_once_the_needle_has_moved_the_search_is_over(score: InsertionScore) -> None:
    for t in (9.0, 9.5):
        score.now(actual(t, 1.0), pulse=True)
        take(score, STIMULUS, estimate((0.9, 1.0, 1.1)))
    assert score.insertion(0, 20.0).cold is None


def test_a_nerve_out_of_reach_is_counted_separately(score: InsertionScore) -> None:
    score.now(actual(2.0, 7.0))
    score.now(actual(9.0, 1.0))
    assert not score.insertion(0, 20.0).reachable


def test_what_safety_refused_is_counted_by_reason_and_the_rest_is_not(score: InsertionScore) -> None:
    refused = Command(1.0, 0.1, None, enabled=True, by="safety", why="pulse withheld: no samples arrive")
    take(score, refused, refused, Command(1.0, 0.1, 2.0, enabled=True, by="controller"))
    assert score.insertion(0, 20.0).refused == {"pulse withheld: no samples arrive": 2}


def test_the_alarm_is_compared_with_the_true_threshold(score: InsertionScore) -> None:
    score.now(actual(10.0, 0.15))
    take(score, STIMULUS)
    score.now(actual(10.5, 0.15))
    take(
        score,
        Alarm("too-close", "high", active=True, text="Withdraw."),
        Alarm("stale", "medium", active=True, text="x"),
    )
    result = score.insertion(0, 20.0).too_close
    assert (result.delays_s, result.delays_pulses) == ([0.5], [1])


@pytest.mark.parametrize(("distance_mm", "inside"), [(-0.3, True), (0.1, False)])
def test_a_rise_of_the_impedance_counts_for_the_nerve_it_was_in(
    score: InsertionScore, distance_mm: float, inside: bool
) -> None:
    score.now(actual(10.0, 0.5, distance_mm))
    take(score, Alarm("impedance-rise", "medium", active=True, text="x"))
    made = score.insertion(0, 20.0)
    assert (made.entered, made.rise_inside, made.rise_outside) == (inside, inside, not inside)
