"""What was delivered is compared with what was requested: in count, rate, size and kind."""

from __future__ import annotations

import pytest

from drivers.base import Outcome, Pulse
from guidance.stimulation.reconciliation import MOST_REPORTS, ReportLimit, Request, SingleRequests, TrainRequests

STEP_MA = 0.01


def single(*requests: Request) -> SingleRequests:
    account = SingleRequests(STEP_MA)
    for request in requests:
        account.request(request)
    return account


def given(
    t: float, current_ma: float | None = 1.0, width_ms: float | None = 0.1, *, echo_ma: float | None = None,
    is_single: bool | None = None, requested_ns: int | None = None,
) -> tuple[Pulse, float]:  # fmt: skip
    return Pulse(round(t * 5000), 0, current_ma, echo_ma, width_ms, single=is_single, requested_ns=requested_ns), t


def test_a_pulse_that_was_requested_is_accounted_for_once() -> None:
    account = single(Request(1.0, 1.0, 0.1))
    assert account.mismatch(*given(1.02, is_single=True)) is None
    more = account.mismatch(*given(1.3, is_single=True))
    assert more is not None
    assert "a pulse of 1.00 mA was given that nobody requested" in more.why


def test_a_report_that_comes_twice_is_one_pulse() -> None:
    account = single(Request(1.0, 1.0, 0.1))
    assert [account.mismatch(*given(1.02)) for _ in range(2)] == [None, None]


@pytest.mark.parametrize("t", [0.5, 2.5])
def test_a_pulse_long_before_or_after_a_request_does_not_belong_to_it(t: float) -> None:
    assert single(Request(1.0, 1.0, 0.1)).mismatch(*given(t))


@pytest.mark.parametrize(
    ("pulse", "word"),
    [
        (given(1.0, 1.31), "no more than 1.00 mA requested"),
        (given(1.0, 1.0, echo_ma=1.05), "1.05 mA"),
        (given(1.0, width_ms=0.2), "0.2 ms"),
        (given(1.0, is_single=False), "train"),
    ],
)
def test_a_pulse_larger_or_of_another_kind_is_not_as_requested(pulse: tuple[Pulse, float], word: str) -> None:
    found = single(Request(1.0, 1.0, 0.1)).mismatch(*pulse)
    assert found is not None
    assert word in found.why


@pytest.mark.parametrize(
    "pulse",
    [given(1.0, 1.29), given(1.0, 0.4), given(1.0, None, None), given(1.0, echo_ma=1.01), given(1.0, 1.0, 0.13)],
)
def test_small_errors_of_what_a_device_gives_or_measures_are_tolerated(pulse: tuple[Pulse, float]) -> None:
    assert single(Request(1.0, 1.0, 0.1)).mismatch(*pulse) is None


def test_a_lost_report_does_not_make_the_next_one_wrong() -> None:
    account = single(Request(1.0, 0.5, 0.1), Request(1.6, 0.9, 0.1))
    assert account.mismatch(*given(1.62, 0.9, echo_ma=0.9)) is None
    assert account.mismatch(*given(1.02, 0.5, echo_ma=0.5)) is None


def test_a_pulse_of_a_stimulator_on_its_own_clock_is_matched_by_its_order() -> None:
    account = single(Request(1.0, 1.0, 0.1))
    assert account.mismatch(*given(3.0, requested_ns=7)) is None
    assert account.mismatch(*given(3.0, requested_ns=8))


def test_a_pulse_that_failed_and_was_not_requested_is_reported_too() -> None:
    assert single().mismatch(Pulse(5000, current_ma=0.0, outcome=Outcome.NOT_DELIVERED), 1.0)


def train(pulse_rate_hz: float = 2.0, current_ma: float = 1.0) -> TrainRequests:
    account = TrainRequests(STEP_MA)
    account.request(Request(0.0, current_ma, 0.1, pulse_rate_hz))
    account.switch(0.0, on=True)
    return account


def test_a_train_is_as_requested_at_its_rate() -> None:
    account = train()
    assert [account.mismatch(*given(i / 2, is_single=False)) for i in range(1, 60)] == [None] * 59


def test_a_train_that_is_faster_than_requested_is_found_within_a_second() -> None:
    account = train()
    found = [account.mismatch(*given(i / 8)) for i in range(1, 9)]
    assert any(found)


def test_a_train_goes_on_for_a_moment_and_no_longer_when_it_is_set_anew_or_off() -> None:
    account = train(current_ma=2.0)
    account.request(Request(1.0, 0.5, 0.1, 2.0))
    assert account.mismatch(*given(1.1, 2.0)) is None
    assert account.mismatch(*given(2.6, 2.0))
    account.switch(3.0, on=False)
    assert account.mismatch(*given(3.1, 0.5)) is None
    assert account.mismatch(*given(4.6, 0.5))


def test_a_pulse_before_the_train_or_by_itself_does_not_belong_to_it() -> None:
    assert TrainRequests(STEP_MA).mismatch(*given(1.0))
    assert train().mismatch(*given(1.0, is_single=True))


def test_more_reports_than_any_stimulator_gives_are_a_flood_until_they_end() -> None:
    limit = ReportLimit()
    assert sum(limit.admits(1.0 + i / 4000) for i in range(3999)) == MOST_REPORTS
    assert limit.floods(2.5)
    assert not limit.floods(4.1)
    assert limit.admits(4.1)
