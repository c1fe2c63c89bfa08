"""The closed loop on simulated nerves: hard cases, one by one; the worlds share no formula with the program."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from guidance.contracts.events import Entry, Proximity
from guidance.proximity.filter import ProximityFilter
from guidance.stimulation.closed_loop import ClosedLoopController, PulseLimits
from tests.support.outcomes import outcome
from tests.worlds.hard import BURSTS, Course, course_world, error, hill, is_held, still
from tests.worlds.nerves import LARGEST_MA, Curve, Faults
from tests.worlds.tracking import FAST_HZ, RATE_HZ, Ours, Pulsed, run


def loop(
    thresholds_ma: Course, seed: int = 0, curve: Curve | None = None, faults: Faults | None = None,
    duration_s: float = 12.0, *, own_rate: bool = True,
) -> list[Pulsed]:  # fmt: skip
    """Return every pulse on a nerve whose threshold follows ``thresholds_ma``: (time in s, mA), linear in its
    logarithm.
    """
    world = course_world(seed, thresholds_ma, curve or hill(), faults or Faults())
    return list(run(world, Ours(own_rate=own_rate), duration_s))


@pytest.mark.parametrize("threshold_ma", [0.05, 0.12, 0.3, 0.8, 2.0, 4.5])
def test_the_threshold_is_found_from_a_cold_start_wherever_it_is(threshold_ma: float) -> None:
    for seed in range(3):
        pulses = loop(still(threshold_ma), seed)
        assert error(pulses[15]) < 0.15
        assert np.median([error(pulse) for pulse in pulses[15:]]) < 0.08


def test_the_rate_falls_back_when_the_threshold_rests_and_rises_when_it_moves() -> None:
    pulses = loop([(0.0, 0.6), (10.0, 0.6), (14.0, 2.5), (30.0, 2.5)], duration_s=14.0)
    resting = [1 / pulse.interval_s for pulse in pulses if 6.0 < pulse.t_s < 9.5]
    moving = [1 / pulse.interval_s for pulse in pulses if 11.0 < pulse.t_s < 14.0]
    assert np.mean(resting) < 0.7 * FAST_HZ
    assert np.mean(moving) > 0.9 * FAST_HZ


def test_withdrawal_that_doubles_the_threshold_between_usual_pulses_is_followed() -> None:
    doubling_s = 1 / RATE_HZ
    pulses = loop([(0.0, 0.3), (6.0, 0.3), (6.0 + 3 * doubling_s, 2.4), (30.0, 2.4)])
    arrived = [pulse for pulse in pulses if pulse.t_s > 6.0 + 3 * doubling_s + 1.5]
    assert max(error(pulse) for pulse in arrived[3:]) < 0.25


def test_an_approach_after_a_long_rest_is_noticed_in_time() -> None:
    for seed in range(3):
        pulses = loop([(0.0, 2.0), (40.0, 2.0), (42.0, 0.28), (60.0, 0.28)], seed, duration_s=45.0)
        during = [error(pulse) for pulse in pulses if 41.0 < pulse.t_s < 42.0]
        assert min(during) < 0.2
        assert max(error(pulse) for pulse in pulses if pulse.t_s > 43.0) < 0.25


def test_at_rest_the_current_stays_close_to_the_threshold() -> None:
    ratios = [pulse.current_ma / pulse.threshold_ma for seed in range(3) for pulse in loop(still(0.7), seed)[15:]]
    assert np.median(ratios) < 1.2
    assert np.percentile(ratios, 95) < 1.5


def test_the_interval_holds_the_threshold_while_a_withdrawal_outruns_the_current() -> None:
    pulses = loop([(0.0, 0.3), (6.0, 0.3), (7.5, 2.4), (30.0, 2.4)])
    during = [pulse for pulse in pulses if 6.2 < pulse.t_s < 8.0 and pulse.proximity and pulse.proximity.threshold_ma]
    held = [pulse.threshold_ma <= pulse.proximity.threshold_ma[2] for pulse in during]  # type: ignore[union-attr,index]
    assert np.mean(held) > 0.7


def test_voluntary_bursts_do_not_throw_the_estimate() -> None:
    errors = [error(pulse) for seed in range(4) for pulse in loop(still(0.7), seed, faults=BURSTS)[15:]]
    assert np.median(errors) < 0.06
    assert np.percentile(errors, 90) < 0.4


def test_a_flat_recruitment_at_contact_is_learned() -> None:
    errors = [error(pulse) for seed in range(3) for pulse in loop(still(0.15), seed, curve=hill(2.8))[20:]]
    assert np.median(errors) < 0.10


@pytest.mark.parametrize("steepness", [2.8, 2.1])
def test_the_interval_holds_the_threshold_where_recruitment_is_flat(steepness: float) -> None:
    held = [is_held(pulse) for seed in range(10) for pulse in loop(still(0.15), seed, curve=hill(steepness))[10:]]
    assert np.mean(held) > 0.75


def test_a_first_response_of_millivolts_lowers_the_current_at_once() -> None:
    pulses = loop(still(0.1), curve=hill(7.0, 9000.0))
    assert pulses[0].response.amplitude_uv > 3000.0
    assert pulses[1].current_ma < 0.7
    assert pulses[6].current_ma < 0.3


def test_nothing_is_requested_beyond_the_limit_and_no_step_up_beyond_the_interlock() -> None:
    for threshold_ma in (0.1, 1.0, 20.0):
        currents = [pulse.current_ma for pulse in loop(still(threshold_ma), seed=1)]
        assert max(currents) <= LARGEST_MA + 1e-9
        assert all(b <= max(1.3 * a, a + 0.1) + 1e-9 for a, b in pairwise(currents))


def test_without_any_response_it_climbs_once_and_then_waits_at_a_comfortable_current() -> None:
    pulses = loop(still(50.0), duration_s=40.0)
    currents = [pulse.current_ma for pulse in pulses]
    top = currents.index(max(currents))
    assert currents[: top + 1] == sorted(currents[: top + 1])
    assert currents[top] == pytest.approx(LARGEST_MA)
    assert {round(current, 6) for current in currents[top + 10 :]} == {2.0}
    assert [1 / pulse.interval_s for pulse in pulses[top + 10 :]] == pytest.approx([RATE_HZ] * len(pulses[top + 10 :]))
    assert not any(pulse.proximity and pulse.proximity.valid and not pulse.response.detected for pulse in pulses[:top])


def test_a_nerve_that_comes_near_from_out_of_reach_is_found_within_a_second() -> None:
    for seed in range(3):
        pulses = loop([(0.0, 20.0), (10.0, 20.0), (11.0, 0.4), (60.0, 0.4)], seed, duration_s=15.0)
        arrived = [pulse for pulse in pulses if pulse.t_s > 12.5]
        assert max(error(pulse) for pulse in arrived) < 0.25
        estimates = [pulse.proximity for pulse in pulses if pulse.t_s < 10.5 and pulse.proximity]
        assert not any(estimate.valid for estimate in estimates)


def test_a_lost_response_is_not_sought_beyond_what_is_comfortable_for_ever() -> None:
    pulses = loop([(0.0, 0.5), (8.0, 0.5), (10.0, 30.0), (90.0, 30.0)], duration_s=60.0)
    late = [pulse.current_ma for pulse in pulses if pulse.t_s > 30.0]
    assert max(late) <= 2.0 + 1e-9


def test_the_same_insertion_gives_the_same_pulses() -> None:
    assert loop(still(0.4), seed=3, faults=BURSTS) == loop(still(0.4), seed=3, faults=BURSTS)


def test_at_the_target_both_currents_are_verified_and_recorded_once() -> None:
    tracker = Ours(own_rate=True)
    world = course_world(0, still(0.38), hill(), Faults())
    found: list[Entry] = []
    doings: set[str] = set()
    for _ in run(world, tracker, 15.0):
        found += tracker.controller.entries()
        doings.add(tracker.controller.doing)
    assert [entry.what for entry in found] == ["verification"]
    fields = found[0].fields
    assert fields["held"] is True
    assert (fields["present_ma"], fields["present_answered"], fields["absent_answered"]) == (0.5, 2, 0)
    assert fields["absent_ma"] < 0.3
    assert any(doing.startswith("verifying") for doing in doings)


def observed(
    controller: ClosedLoopController,
    *,
    contaminated: bool = False,
    why: str = "no-response-yet",
    doubt: str | None = None,
) -> float:
    missed = outcome(
        current_ma=controller.next_ma(), detected=False, amplitude_uv=10.0, contaminated=contaminated, p_value=0.5
    )
    missed = replace(missed, response=replace(missed.response, doubt=doubt))
    controller.observe(missed, Proximity(0, None, None, None, None, None, valid=False, why=why))
    return controller.next_ma()


def controller() -> ClosedLoopController:
    made = ClosedLoopController(PulseLimits(1.0, 5.0, 0.1, 2.0, 5.0), 0.2)
    made.follow(ProximityFilter(100.0, 0.2, 0.5))
    return made


def test_the_pulse_of_an_undecided_sweep_is_repeated_but_not_for_ever() -> None:
    made = controller()
    currents = [observed(made, contaminated=True) for _ in range(6)]
    assert currents[:3] == [1.0, 1.0, 1.0]
    assert currents[-1] > 1.0


def test_the_current_is_lowered_where_only_another_one_can_decide_but_not_for_ever() -> None:
    made = controller()
    currents = [observed(made, contaminated=True, doubt="contrast") for _ in range(6)]
    assert currents[:3] == pytest.approx([0.7, 0.49, 0.343])
    assert currents[-1] > currents[2]


@pytest.mark.parametrize("doubt", ["burst", "noise", "overload", "blanking", "artefact", "samples"])
def test_a_pulse_that_may_decide_when_repeated_is_repeated_and_the_reason_is_named(doubt: str) -> None:
    made = controller()
    assert observed(made, contaminated=True, doubt=doubt) == 1.0
    assert made.doing


def test_with_an_injectate_at_the_tip_the_current_is_left_alone() -> None:
    made = controller()
    assert observed(made, why="injectate") == 1.0
    assert made.next_pulse_rate_hz() == 2.0
    assert "injectate" in made.doing
