"""The search for a response: how far it climbs, when it asks, and what it remembers."""

from __future__ import annotations

import pytest

from guidance.stimulation.interlock import highest_step
from guidance.stimulation.search import ASK_AFTER_S, Search, SearchRange

LIMIT_MA, COMFORTABLE_MA, SKIN_MA = 5.0, 2.0, 1.0
PERIOD_S = 0.5


def begun(*, asks: bool = True) -> Search:
    return Search(SearchRange(1.0, LIMIT_MA, 0.1, asks))


def currents(search: Search, duration_s: float, *, first_ma: float = 1.0, from_s: float = 0.0) -> list[float]:
    """Return the currents of pulses without a response, two a second."""
    found = [first_ma]
    for number in range(round(duration_s / PERIOD_S)):
        found.append(search.next_ma(from_s + PERIOD_S * number, found[-1], highest_step(found[-1])))
    return found


def test_it_climbs_once_to_the_limit_and_then_waits_at_a_comfortable_current() -> None:
    found = currents(begun(), 120.0)
    assert max(found) == LIMIT_MA
    assert sum(current > COMFORTABLE_MA for current in found) < 15
    assert set(found[60:]) == {COMFORTABLE_MA}


def test_on_the_way_it_stays_a_while_at_the_comfortable_current() -> None:
    found = currents(begun(), 10.0)
    assert found.count(COMFORTABLE_MA) >= 3
    assert found.index(COMFORTABLE_MA) < found.index(LIMIT_MA)


def test_a_wider_pulse_has_a_lower_comfortable_current() -> None:
    found = currents(Search(SearchRange(0.5, LIMIT_MA, 0.2, asks=True)), 60.0, first_ma=0.5)
    assert found[-1] == pytest.approx(COMFORTABLE_MA / 2)


def test_it_asks_once_after_the_stated_time_and_the_answer_lets_it_climb_once_more() -> None:
    search = begun()
    currents(search, ASK_AFTER_S - 1)
    assert not search.is_asking
    currents(search, 60.0, first_ma=COMFORTABLE_MA, from_s=ASK_AFTER_S)
    assert search.is_asking
    assert "still searching?" in search.doing(COMFORTABLE_MA)
    (entry,) = search.entries()
    assert (entry.what, entry.fields["asked"]) == ("still-searching", True)
    search.apply_entry("search-on")
    assert not search.is_asking
    again = currents(search, 15.0, first_ma=COMFORTABLE_MA, from_s=100.0)
    assert max(again) == LIMIT_MA
    assert again[-1] == COMFORTABLE_MA


def test_where_nobody_can_answer_it_climbs_once_a_minute_and_records_that() -> None:
    search = begun(asks=False)
    found = currents(search, 200.0)
    at_limit = [number for number, current in enumerate(found) if current == LIMIT_MA]
    begins = [number for number in at_limit if number - 1 not in at_limit]
    assert len(begins) == 4
    assert not search.is_asking
    assert [entry.fields["asked"] for entry in search.entries()] == [False] * 3


def test_after_a_lost_response_it_goes_on_from_the_present_current_to_the_limit_at_once() -> None:
    search = begun()
    search.end()
    found = currents(search, 20.0, first_ma=1.5)
    assert found[1] == pytest.approx(1.95)
    assert found.index(LIMIT_MA) <= 5
    assert found[-1] == COMFORTABLE_MA
    assert "lost" in search.doing(3.9)


def test_a_response_ends_the_question() -> None:
    search = begun()
    currents(search, 60.0)
    search.end()
    assert not search.is_asking


def test_after_an_insertion_the_charge_is_low_while_the_tip_is_in_the_skin() -> None:
    search = begun()
    search.apply_entry("insertion")
    found = currents(search, 8.0)
    assert max(found[:6]) == SKIN_MA
    assert max(found) > COMFORTABLE_MA


def test_after_a_redirect_it_begins_as_if_there_had_been_no_response() -> None:
    search = begun()
    search.end()
    search.apply_entry("redirect")
    assert max(currents(search, 1.5)) == COMFORTABLE_MA


def test_a_clock_that_leaps_back_asks_no_sooner() -> None:
    search = begun()
    search.next_ma(1e6, 1.0, 1.3)
    search.next_ma(0.0, 1.0, 1.3)
    search.next_ma(1.0, 1.0, 1.3)
    assert not search.is_asking
