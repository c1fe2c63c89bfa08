"""A needle guided by its own EMG on the screen: the requested effort, the gauge of the rise time, the keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guidance.contracts.commands import OperatorNote, SimulatorCommand
from guidance.contracts.events import Proximity
from guidance.contracts.snapshot import NeedleView, Snapshot
from guidance.contracts.zones import Edges
from guidance.ui.app import GuidanceApp
from guidance.ui.estimate import EstimateReader
from guidance.ui.pages import ScreenPage
from guidance.ui.states import states
from guidance.ui.widgets.emg import EmgStrip
from guidance.ui.widgets.gauge import GaugePanel
from guidance.ui.widgets.needle import NeedlePanel
from tests.guidance.ui.painting import HOSTILE, OBEYED, drawn
from tests.guidance.ui.running import PATIENT_S, until
from tests.support.screens import FakeLink, build_live, build_stimulator

OFF, ARMED = build_stimulator(armed=False, current_ma=None), build_stimulator()
VIEW = NeedleView("slight", "Wrist flexion", "single units", 14.0, 2, True, "Their rise tells.", Edges(1.0, 0.5, 0.0))
SHARES = {"none": 0.0, "far": 0.02, "approach": 0.08, "target": 0.9, "close": 0.0}
NEAR = Proximity(
    1, None, None, None, "target", SHARES, valid=True, why=None, by="needle-emg", rise_time_us=(300.0, 400.0, 480.0)
)


def build(**changes: Any) -> Snapshot:
    return build_live(**{"stimulator": None, "needle": VIEW, "proximity": NEAR} | changes)


def test_it_shows_the_effort_the_movement_the_pattern_and_what_to_do() -> None:
    text = drawn(NeedlePanel(), build(), width=120, height=2)
    for part in ("SLIGHT: Wrist flexion", "single units", "14 potentials per s", "Their rise tells."):
        assert part in text


def test_end_plates_are_distinguished() -> None:
    at_plate = Proximity(
        1, None, None, None, "target", SHARES, valid=True, why=None, by="needle-emg", place="end-plate"
    )
    assert "AT THE END-PLATE ZONE" in drawn(NeedlePanel(), build(proximity=at_plate), width=120, height=2)
    assert "END-PLATE" not in drawn(NeedlePanel(), build(), width=120, height=2)


@pytest.mark.parametrize(("change", "word"), [("sharper", "▲ SHARPER"), ("duller", "▼ DULLER")])
def test_a_change_of_sharpness_is_shown(change: str, word: str) -> None:
    text = drawn(NeedlePanel(), build(needle=replace(VIEW, change=change)), width=120, height=2)
    assert word in text
    assert "SLIGHT: Wrist flexion" in text
    assert word not in drawn(NeedlePanel(), build(), width=120, height=2)


def test_no_text_of_a_protocol_is_obeyed_by_the_terminal() -> None:
    hostile = NeedleView("slight", HOSTILE, "full", 1.0, 1, False, HOSTILE, Edges(1.0, 0.5, 0.0))
    assert not set(OBEYED) & set(drawn(NeedlePanel(), build(needle=hostile), width=120, height=2))


def test_the_gauge_shows_the_rise_on_its_own_scale() -> None:
    estimate = EstimateReader().read(build())
    assert estimate.why is None
    assert estimate.rise_time_ms == pytest.approx((0.3, 0.4, 0.48))
    assert estimate.edges_ma == (1.0, 0.5, 0.0)
    gauge = GaugePanel()
    gauge.show_estimate(estimate)
    text = drawn(gauge, build(), width=30, height=20)
    assert "rise" in text
    assert "0.40" in text
    assert "mA" not in text


def test_at_rest_the_reason_stays_and_is_not_called_stale() -> None:
    unknown = Proximity(1, None, None, None, None, None, valid=False, why="at-rest", by="needle-emg")
    reader = EstimateReader()
    reader.read(build(proximity=unknown, t=10.0))
    assert reader.read(build(proximity=unknown, t=30.0)).why == "at rest: contract muscle"


def test_an_old_closeness_is_stale() -> None:
    reader = EstimateReader()
    reader.read(build(t=10.0))
    assert reader.read(build(t=30.0)).why == "stale: no fresh sweep"


@pytest.mark.parametrize(
    ("key", "phase", "effort"), [("7", "rest", "0"), ("8", "slight", "0.18"), ("9", "full", "0.9")]
)
async def test_a_key_requests_an_effort_and_a_simulated_patient_obeys(
    link: FakeLink, key: str, phase: str, effort: str
) -> None:
    async with GuidanceApp(link, PATIENT_S).run_test(size=(120, 40)) as pilot:
        link.feed(build())
        await until(lambda: bool(link.sent), PATIENT_S)
        await pilot.press(key)
        await until(lambda: OperatorNote(phase) in link.sent, PATIENT_S)
    assert SimulatorCommand(f"contract {effort}") in link.sent


async def test_without_needle_emg_the_keys_do_nothing(link: FakeLink) -> None:
    async with GuidanceApp(link, PATIENT_S).run_test(size=(120, 40)) as pilot:
        link.feed(build(needle=None))
        await until(lambda: bool(link.sent), PATIENT_S)
        await pilot.press("8")
        await pilot.pause()
    assert OperatorNote("slight") not in link.sent


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_while_the_emg_leads_the_signal_has_the_room_of_the_sweeps(link: FakeLink, size: tuple[int, int]) -> None:
    app = GuidanceApp(link, PATIENT_S)
    async with app.run_test(size=size) as pilot:
        for led in (build(sweeps=(), stimulator=OFF), build(stimulator=ARMED), build(sweeps=())):
            link.feed(led)
            await until(lambda led=led: app.newest is led)  # type: ignore[misc]
            app.turn_to(ScreenPage.GUIDE)
            await pilot.pause(0.1)
            by_emg = led.stimulator is not ARMED
            assert app.screen.query_one("#middle").display is not by_emg
            if by_emg:
                assert app.screen.query_one(EmgStrip).size.height >= 5


def test_no_stimulator_is_mentioned_where_no_pulse_was_found() -> None:
    words = {state.name: state.words for state in states(build(sweeps=(), mode="listen", live=True))}
    assert words["stimulator"] == "none"
    shown = {state.name: state.words for state in states(build(mode="listen", live=True))}
    assert shown["stimulator"] == "external"


def test_the_gauge_keeps_the_scale_of_the_rise_while_nothing_is_known() -> None:
    gauge = GaugePanel()
    gauge.show_estimate(EstimateReader().read(build(sweeps=()), silent=True))
    assert "rise" in drawn(gauge, build(), width=30, height=20)
