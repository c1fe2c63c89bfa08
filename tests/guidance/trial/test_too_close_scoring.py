"""The alarm too-close, compared with a true threshold that passes 0.2 mA."""

from __future__ import annotations

import pytest

from guidance.trial.too_close_scoring import LEAST_S, Passages

ABOVE, BELOW = 0.5, 0.15


@pytest.fixture
def passages() -> Passages:
    return Passages(0.2)


def test_an_alarm_after_a_passage_reports_it(passages: Passages) -> None:
    passages.threshold(0.0, ABOVE, 4)
    passages.threshold(1.0, BELOW, 6)
    passages.alarm(1.8, 8, active=True)
    passages.threshold(5.0, ABOVE, 14)
    passages.alarm(5.5, 15, active=False)
    result = passages.end(9.0)
    assert (result.delays_s, result.delays_pulses) == ([0.8], [2])
    assert (result.missed, result.false) == (0, 0)


def test_an_alarm_that_came_before_it_has_no_delay(passages: Passages) -> None:
    passages.threshold(0.0, 0.22, 1)
    passages.alarm(0.5, 2, active=True)
    passages.threshold(1.0, BELOW, 3)
    result = passages.end(9.0)
    assert (result.delays_s, result.missed, result.false) == ([0.0], 0, 0)


@pytest.mark.parametrize(("lasts_s", "missed"), [(LEAST_S - 0.1, 0), (LEAST_S + 0.1, 1)])
def test_a_passage_without_alarm_is_missed_if_it_lasts(passages: Passages, lasts_s: float, missed: int) -> None:
    passages.threshold(1.0, BELOW, 0)
    passages.threshold(1.0 + lasts_s, ABOVE, 4)
    assert passages.end(9.0).missed == missed


def test_a_passage_still_open_at_the_end_is_missed_too(passages: Passages) -> None:
    passages.threshold(1.0, BELOW, 0)
    assert passages.end(9.0).missed == 1


@pytest.mark.parametrize(("threshold_ma", "far"), [(0.21, 0), (0.25, 1), (0.4, 1)])
def test_an_alarm_without_passage_is_false(passages: Passages, threshold_ma: float, far: int) -> None:
    passages.threshold(0.0, threshold_ma, 0)
    passages.alarm(1.0, 2, active=True)
    passages.alarm(2.0, 4, active=False)
    result = passages.end(9.0)
    assert (result.false, result.far_false) == (1, far)


def test_an_alarm_that_sounds_on_after_the_passage_is_not_false_and_the_next_is(passages: Passages) -> None:
    passages.threshold(0.0, BELOW, 0)
    passages.alarm(0.5, 1, active=True)
    passages.threshold(3.0, ABOVE, 6)
    passages.alarm(3.5, 7, active=False)
    passages.alarm(4.0, 8, active=True)
    assert passages.end(9.0).false == 1


def test_small_changes_about_the_bound_are_one_passage(passages: Passages) -> None:
    for i in range(20):
        passages.threshold(i * 0.2, 0.19 if i % 2 else 0.21, i)
    assert passages.end(9.0).missed == 1


def test_an_alarm_interrupted_within_one_passage_counts_once(passages: Passages) -> None:
    passages.threshold(0.0, BELOW, 0)
    for t in (0.5, 1.5):
        passages.alarm(t, 1, active=True)
        passages.alarm(t + 0.5, 2, active=False)
    result = passages.end(9.0)
    assert (result.delays_s, result.false) == ([0.5], 0)
