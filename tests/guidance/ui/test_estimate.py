"""Which estimates may be shown, and which may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guidance.alarms.board import AlarmBoard
from guidance.alarms.health import HealthMonitor
from guidance.contracts.events import Proximity
from guidance.contracts.signal_fitness import STALE_S
from guidance.contracts.snapshot import AlarmView
from guidance.ui.estimate import EstimateReader, ShownEstimate
from tests.support.screens import build_live, build_proximity, build_snapshot, build_stimulator, unknown_proximity

OFF = build_stimulator(armed=False, current_ma=None)


def alarm(code: str, *, active: bool = True) -> AlarmView:
    return AlarmView(code, "medium", code, active=active)


def read(**changes: Any) -> ShownEstimate:
    return EstimateReader().read(build_live(**changes))


def test_a_fresh_and_valid_estimate_is_shown_whole() -> None:
    proximity = build_proximity("approach", 0.7)
    estimate = read(proximity=proximity)
    assert (estimate.zone, estimate.probability, estimate.why) == ("approach", 0.87, None)
    assert estimate.threshold_ma == proximity.threshold_0p1ms_ma
    assert estimate.distance_mm == proximity.distance_mm


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"connected": False}, "device lost"),
        ({"alarms": (alarm("device-lost"),)}, "device lost"),
        ({"alarms": (alarm("lead-off"),)}, "electrode off"),
        ({"alarms": (alarm("stale"),)}, "stale: no fresh sweep"),
        ({"ended": "duration"}, "the procedure has ended"),
        ({"proximity": None}, "no response yet"),
        ({"proximity": None, "stimulator": OFF}, "stimulator off"),
        ({"proximity": unknown_proximity("no-response-yet", "none")}, "no response yet"),
        ({"proximity": unknown_proximity("current-unknown")}, "current not known"),
        ({"proximity": unknown_proximity("injectate")}, "injection at the needle tip"),
        ({"proximity": unknown_proximity("some-new\x1b[2J-reason")}, "some new[2J reason"),
        (
            {"proximity": replace(build_proximity("far", 2.0), threshold_0p1ms_ma=None, zone=None)},
            "pulse width not known",
        ),
    ],
)
def test_what_is_not_known_shows_nothing_but_the_reason(changes: dict[str, Any], why: str) -> None:
    estimate = read(**changes)
    assert estimate.why == why
    assert (estimate.probability, estimate.threshold_ma, estimate.distance_mm) == (None, None, None)
    assert estimate.zone in {None, "none"}


@pytest.mark.parametrize("code", ["stale", "lead-off", "device-lost"])
def test_an_alarm_that_has_passed_blinds_no_more(code: str) -> None:
    assert read(alarms=(alarm(code, active=False),)).why is None


def test_an_engine_that_is_silent_knows_nothing() -> None:
    assert EstimateReader().read(build_live(), silent=True).why == "no data from the engine"


def test_only_a_search_without_response_shows_no_response() -> None:
    assert read(proximity=unknown_proximity("no-response-yet", "none")).zone == "none"
    assert read(proximity=unknown_proximity("no-response-yet", "none"), connected=False).zone is None


def test_a_wide_interval_is_shown_as_not_known_without_zone_probability_or_distance() -> None:
    wide = replace(build_proximity("target", 0.6, 2.0), zone=None, valid=False, why="uncertain")
    estimate = read(proximity=wide)
    assert estimate.why == "threshold not known: 0.3 to 1.2 mA"
    assert estimate.threshold_ma == wide.threshold_0p1ms_ma
    assert (estimate.zone, estimate.probability, estimate.distance_mm, estimate.trend) == (None, None, None, None)


def test_a_wide_interval_names_no_current_that_cannot_be_given() -> None:
    wide = replace(build_proximity("far", 6.0, 5.0), zone=None, valid=False, why="uncertain")
    assert read(proximity=wide).why == "threshold not known: 1.2 to more than 10 mA"


def test_a_threshold_above_the_limit_is_shown_as_that_and_never_as_a_number() -> None:
    above = replace(unknown_proximity("above-limit", "none"), above_ma=5.0)
    estimate = read(proximity=above)
    assert (estimate.why, estimate.zone, estimate.threshold_ma) == ("threshold above 5 mA", "none", None)


@pytest.mark.parametrize("rate_hz", [0.25, 0.5, 2.0])
def test_the_screen_and_the_engine_call_an_estimate_stale_at_the_same_time(rate_hz: float) -> None:
    reader, health = EstimateReader(), HealthMonitor(AlarmBoard(), 10_000.0)
    health.last_response_t = 0.0
    snapshot = build_live(stimulator=build_stimulator(pulse_rate_hz=rate_hz))
    reader.read(snapshot)
    for later_s in (2.9, 3.1, 4.9, 5.1, 9.9, 10.1):
        is_stale = reader.read(replace(snapshot, t=snapshot.t + later_s)).why is not None
        assert is_stale == health.is_stale(later_s, rate_hz)


@pytest.mark.hazard("stale-estimate")
@pytest.mark.parametrize(
    ("stimulator", "why"), [(build_stimulator(), "stale: no fresh sweep"), (OFF, "stimulator off")]
)
def test_an_estimate_that_no_pulse_renews_is_stale_after_three_seconds(stimulator: Any, why: str) -> None:
    reader, snapshot = EstimateReader(), build_live(stimulator=stimulator)
    assert reader.read(snapshot).why is None
    assert reader.read(replace(snapshot, t=snapshot.t + STALE_S)).why is None
    late = reader.read(replace(snapshot, t=snapshot.t + STALE_S + 0.1))
    assert (late.why, late.is_old) == (why, True)


def test_a_new_pulse_makes_it_fresh_again_even_if_nothing_changes() -> None:
    reader, snapshot = EstimateReader(), build_live()
    reader.read(snapshot)
    renewed = build_proximity("target", 0.38, sample=2000)
    assert reader.read(replace(snapshot, t=snapshot.t + 10.0, proximity=renewed)).why is None


def test_a_paused_replay_keeps_its_estimate() -> None:
    reader = EstimateReader()
    paused = build_snapshot(proximity=build_proximity("far", 2.0), paused=True)
    assert [reader.read(paused).why for _ in range(200)] == [None] * 200


def trend_of(thresholds_ma: list[float], step_s: float = 0.5) -> str | None:
    reader, estimate = EstimateReader(), ShownEstimate()
    for index, threshold_ma in enumerate(thresholds_ma):
        proximity = narrow(threshold_ma, index)
        estimate = reader.read(build_live(t=index * step_s, proximity=proximity))
    return estimate.trend


def narrow(threshold_ma: float, sample: int) -> Proximity:
    return build_proximity("target", threshold_ma, 1.1, sample=sample)


@pytest.mark.parametrize(
    ("thresholds_ma", "trend"),
    [
        ([0.9, 0.7, 0.5, 0.4], "closer"),
        ([0.4, 0.5, 0.7, 0.9], "away"),
        ([0.5, 0.51, 0.49, 0.5], "steady"),
        ([0.5], None),
    ],
)
def test_the_last_seconds_give_the_trend(thresholds_ma: list[float], trend: str | None) -> None:
    assert trend_of(thresholds_ma) == trend


def test_a_change_within_the_uncertainty_is_no_trend() -> None:
    reader = EstimateReader()
    for sample, threshold_ma in enumerate((2.6, 2.4, 2.2, 2.1)):
        proximity = build_proximity("far", threshold_ma, 2.0, sample=sample)
        estimate = reader.read(build_live(t=sample * 0.5, proximity=proximity))
    assert estimate.trend == "steady"


def test_a_trend_does_not_reach_across_a_time_without_estimate() -> None:
    reader = EstimateReader()
    reader.read(build_live(t=0.0, proximity=narrow(2.0, 0)))
    reader.read(build_live(t=1.0, proximity=replace(unknown_proximity("injectate"), sample=1)))
    assert reader.read(build_live(t=2.0, proximity=narrow(0.4, 2))).trend is None
