"""Every named fault is survived: off in time, reported, nothing lost, no pulse unnoticed."""

from __future__ import annotations

import pytest

from tests.faults.judge import try_scenario
from tests.faults.scenarios import SCENARIOS, Scenario


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_fault_is_survived(scenario: Scenario) -> None:
    assert try_scenario(scenario).faults == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_fault_is_survived_with_every_seed(scenario: Scenario, seed: int) -> None:
    assert try_scenario(scenario, seed).faults == ()


def test_a_run_is_the_same_each_time() -> None:
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == "5 % of frames damaged")
    assert try_scenario(scenario, 3) == try_scenario(scenario, 3)
