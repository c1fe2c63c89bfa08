"""Pulses of other widths: on request, within the interlock, and as evidence of distance."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from drivers.base import Limits
from guidance.common.errors import BAD_ARGUMENTS, UsageError
from guidance.contracts.commands import HoldCurrent
from guidance.contracts.events import Proximity
from guidance.contracts.events import Stimulus as StimulusRecord
from guidance.engine.settings import Mode, Settings
from guidance.protocol import load
from guidance.proximity.filter import ProximityFilter
from guidance.session.stimulation_setup import stimulation_within
from guidance.stimulation.interlock import ABSOLUTE_MAX_CHARGE_UC, highest_step, widening
from guidance.stimulation.width_probing import USUAL_BETWEEN, WidthProbing, probed_widths
from tests.support.closed_loop import ClosedLoop
from tests.support.command_line import command
from tests.support.outcomes import outcome
from tests.worlds import chronaxies, nerves
from tests.worlds.tracking import Ours, Pulsed, run

PROBES_MS = probed_widths(0.1, 0.05, 1.0)
CRITERION_UV, LARGEST_UV, WIDTH = 100.0, 4000.0, 0.15


@pytest.mark.parametrize(
    ("usual_ms", "least_ms", "most_ms", "widths"),
    [
        (0.1, 0.05, 1.0, (0.3, 1.0)),
        (1.0, 0.05, 1.0, (0.3, 0.1)),
        (0.2, 0.05, 1.0, (0.3, 0.1, 1.0)),
        (0.1, 0.1, 0.1, ()),
        (0.1, 0.05, 0.5, (0.3,)),
    ],
)
def test_probes_have_widths_that_the_stimulator_can_give_the_nearest_first(
    usual_ms: float, least_ms: float, most_ms: float, widths: tuple[float, ...]
) -> None:
    assert probed_widths(usual_ms, least_ms, most_ms) == widths


def test_a_round_goes_up_through_the_widths_and_down_again_between_usual_pulses() -> None:
    probing, given = WidthProbing(0.1, (0.3, 1.0)), []
    for _ in range(2 * USUAL_BETWEEN + 8):
        given.append(probing.width_ms)
        probing.observe(may=True)
    found = "".join({0.1: ".", 0.3: "m", 1.0: "w"}[width] for width in given).strip(".")
    assert found.startswith("mwm" + "." * USUAL_BETWEEN)


def test_a_round_that_may_not_go_on_waits_and_begins_anew() -> None:
    probing = WidthProbing(0.1, (0.3, 1.0))
    for _ in range(USUAL_BETWEEN + 1):
        probing.observe(may=True)
    assert probing.probes
    probing.observe(may=False)
    assert probing.width_ms == 0.1
    probing.observe(may=True)
    assert probing.width_ms == 0.3


def looped(law: str, *, seed: int = 40_001, probes_ms: tuple[float, ...] = PROBES_MS) -> list[Pulsed]:
    return list(run(nerves.wide(seed, 0.5, chronaxies.LAWS[law]), Ours(own_rate=True, probes_ms=probes_ms), 20.0))


@pytest.mark.parametrize("law", list(chronaxies.LAWS))
def test_whatever_model_the_nerve_follows_probes_stay_within_step_limit_and_charge(law: str) -> None:
    pulses = looped(law)
    assert {pulse.width_ms for pulse in pulses} == {0.1, *PROBES_MS}
    for before, after in pairwise(pulses):
        step_ma = highest_step(before.current_ma)
        assert after.current_ma <= step_ma * widening(before.width_ms, after.width_ms) + 1e-9
        assert after.current_ma * after.width_ms <= ABSOLUTE_MAX_CHARGE_UC + 1e-9


@pytest.mark.parametrize("law", list(chronaxies.LAWS))
def test_probes_leave_the_threshold_known(law: str) -> None:
    estimates = [
        (pulse.proximity.threshold_0p1ms_ma, pulse.threshold_ma)
        for pulse in looped(law)[20:]
        if pulse.proximity and pulse.proximity.threshold_0p1ms_ma
    ]
    errors = [abs(short[1] / threshold_ma - 1) for short, threshold_ma in estimates]
    held = [short[0] <= threshold_ma <= short[2] for short, threshold_ma in estimates]
    assert len(estimates) > 40
    assert np.median(errors) < 0.12
    assert np.mean(held) > 0.7


def test_without_the_option_no_other_width_is_given() -> None:
    assert {pulse.width_ms for pulse in looped("Sweeney", probes_ms=())} == {0.1}


def probed(chronaxie_ms: float, *, by_width: bool) -> Proximity:
    """Return the estimate of a nerve of 1 mA after probes, its threshold following Weiss with ``chronaxie_ms``."""
    nerve = ProximityFilter(CRITERION_UV, 0.2, 0.5, by_width=by_width)
    odds = CRITERION_UV / (LARGEST_UV - CRITERION_UV)
    for pulse in range(60):
        width_ms = 0.1 if pulse < 15 else (0.1, 0.3, 1.0, 0.3)[pulse % 4]
        threshold_ma = chronaxies.weiss(chronaxie_ms, width_ms)
        current_ma = threshold_ma * (1.0, 1.1, 1.2)[pulse % 3]
        raised = odds * math.exp(math.log(current_ma / threshold_ma) / WIDTH)
        amplitude_uv = LARGEST_UV * raised / (1 + raised)
        estimate = nerve.observe(
            outcome(
                pulse, 0.4 * pulse, current_ma, width_ms, amplitude_uv=amplitude_uv, amplitude_sd_uv=8.0, p_value=1e-6
            )
        )
    return estimate


def test_a_longer_chronaxie_means_farther_as_growth_with_distance_is_possible() -> None:
    medians = [probed(ms, by_width=True).distance_mm[1] for ms in (0.06, 0.2, 0.5)]  # type: ignore[index]
    assert medians[2] > max(medians[:2]) + 0.1


def test_widths_never_make_the_distance_known_beyond_what_models_agree_on() -> None:
    for chronaxie_ms in (0.02, 0.12, 0.5):
        with_widths, without = (probed(chronaxie_ms, by_width=on).distance_mm for on in (True, False))
        assert with_widths
        assert without
        assert with_widths[2] - with_widths[0] > 0.4 * (without[2] - without[0])


def test_widths_move_the_distance_alone() -> None:
    with_widths, without = probed(0.3, by_width=True), probed(0.3, by_width=False)
    assert with_widths.threshold_ma == without.threshold_ma
    assert with_widths.zone_probability == without.zone_probability
    assert with_widths.distance_mm != without.distance_mm


def test_in_a_whole_procedure_probes_are_given_recorded_and_shown_and_a_held_current_has_the_usual_width() -> None:
    loop = ClosedLoop(seed=4, start_mm=1.5, probe_widths=True)
    doings = set()
    for _ in range(100):
        loop.run(0.2)
        doings.add(loop.stimulation.current_control.doing)
    assert {pulse.width_ms for pulse in loop.of(StimulusRecord)} >= {0.1, 0.3}
    assert any("probing the pulse width: 0.3 ms" in doing for doing in doings)
    loop.run(0.5, HoldCurrent())
    before = len(loop.of(StimulusRecord))
    loop.run(6.0)
    assert {pulse.width_ms for pulse in loop.of(StimulusRecord)[before:]} == {0.1}


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (Limits(5.0, 0.01, 0.05, 1.0, 5.0, single_pulses=False), "trains"),
        (Limits(5.0, 0.01, 0.1, 0.1, 5.0), "no width to probe"),
    ],
)
def test_a_stimulator_that_cannot_probe_is_reported_before_anything_runs(limits: Limits, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        stimulation_within(Settings(load("generic-block"), Mode.AUTO, probe_widths=True), limits)


@pytest.mark.parametrize("mode", ["manual", "listen"])
def test_the_option_is_refused_where_nobody_but_the_operator_sets_the_width(mode: str) -> None:
    done = command("demo", "--headless", "--mode", mode, "--probe-widths")
    assert (done.status, done.is_one_sentence) == (BAD_ARGUMENTS, True), done.err
    assert "--probe-widths" in done.err
