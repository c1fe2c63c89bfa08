"""Every named fault is survived: off in time, reported, nothing lost, no pulse unnoticed."""

from __future__ import annotations

import pytest

from tests.faults.judge import try_scenario
from tests.faults.scenarios import AT_S, SCENARIOS, Scenario, at, both, combined, device, terminate


def named(name: str) -> Scenario:
    """Return the scenario of this name."""
    return next(scenario for scenario in SCENARIOS if scenario.name == name)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_fault_is_survived(scenario: Scenario) -> None:
    assert try_scenario(scenario).faults == ()


@pytest.mark.hazard("wrong-clock")
@pytest.mark.parametrize("name", ["rate 0.5 times the claimed", "rate 2 times from 5 s on"])
def test_a_clock_that_is_wrong_by_half_is_named(name: str) -> None:
    assert "clock-wrong" in try_scenario(named(name)).reports


@pytest.mark.hazard("slow-computer")
def test_a_slow_computer_is_named_and_the_cable_is_not_blamed() -> None:
    reports = try_scenario(named("slow disk for 2 s")).reports
    assert "computer-slow" in reports
    assert not {"amplifier-lost", "samples-lost"} & set(reports)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_fault_is_survived_with_every_seed(scenario: Scenario, seed: int) -> None:
    assert try_scenario(scenario, seed).faults == ()


@pytest.mark.parametrize("seed", range(6))
def test_two_faults_at_once_are_survived(seed: int) -> None:
    assert try_scenario(combined(seed), seed).faults == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 206))
def test_two_hundred_pairs_of_faults_are_survived(seed: int) -> None:
    assert try_scenario(combined(seed), seed).faults == ()


@pytest.mark.parametrize("at_s", [0.001, 0.5, 1.9, 2.021, 2.05, 2.3, AT_S + 0.2, AT_S + 0.6, AT_S + 1.5, AT_S + 2.3])
def test_a_stop_in_any_state_ends_in_order(at_s: float) -> None:
    stop = both(device(deaf=True, until_s=AT_S + 2.0), at(terminate, at_s))
    assert try_scenario(Scenario("a stop", stop, statuses=(0, 1, 3), duration_s=12.0)).faults == ()


def test_a_run_is_the_same_each_time() -> None:
    scenario = named("5 % of frames damaged")
    assert try_scenario(scenario, 3) == try_scenario(scenario, 3)
