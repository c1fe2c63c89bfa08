"""No fault of the disk, no kill and no power cut loses a committed line or lets a torn one pass."""

from __future__ import annotations

import pytest

from tests.faults.record import DURATION_S, ERRORS, calls_of_a_run, crash_point, failing_call, killed

KINDS = {"make folder", "create", "rename", "sync folder", "thread", "write", "sync"}


def chosen(calls: list[str], every: int) -> list[int]:
    """Return the numbers of the first three calls of each kind, and of each ``every``-th call."""
    first = {i for kind in set(calls) for i in [i for i, name in enumerate(calls) if name == kind][:3]}
    return sorted({*first, *range(0, len(calls), every)})


def test_a_run_makes_every_kind_of_call() -> None:
    assert set(calls_of_a_run()) >= KINDS


@pytest.mark.parametrize("error", ERRORS)
def test_a_call_of_the_disk_may_fail(error: str) -> None:
    calls = calls_of_a_run()
    results = [failing_call(index, error, goes_on=bool(index % 2)) for index in chosen(calls, 80)]
    assert [result for result in results if result.faults] == []


@pytest.mark.slow
@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("error", ERRORS)
def test_every_call_of_the_disk_may_fail(error: str, goes_on: bool) -> None:
    results = [failing_call(index, error, goes_on=goes_on) for index in range(len(calls_of_a_run()))]
    assert [result for result in results if result.faults] == []


def test_a_kill_loses_no_line_and_the_device_switches_off() -> None:
    found = [killed(at_s, 1) for at_s in (0.5, 1.9, 2.021, 2.3, 3.0)]
    assert [faults for faults in found if faults] == []


@pytest.mark.slow
def test_two_hundred_kills_lose_no_line() -> None:
    found = [killed((DURATION_S + 1.5) * (number + 0.5) / 200, number) for number in range(200)]
    assert [faults for faults in found if faults] == []


def test_a_power_cut_loses_no_committed_line_and_leaves_no_torn_one() -> None:
    found = [crash_point(1 + seed % 40, seed) for seed in range(100)]
    assert (sum(lost for lost, _ in found), sum(torn for _, torn in found)) == (0, 0)


@pytest.mark.slow
def test_a_thousand_power_cuts_lose_no_committed_line_and_leave_no_torn_one() -> None:
    found = [crash_point(1 + seed % 60, 1000 + seed) for seed in range(1000)]
    assert (sum(lost for lost, _ in found), sum(torn for _, torn in found)) == (0, 0)
