from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from drivers.base import Block, Status
from guidance.alarms.board import PRIORITIES, AlarmBoard
from guidance.alarms.health import HealthMonitor
from guidance.contracts.events import Alarm, Proximity, unknown_proximity
from guidance.signal.pipeline import QualitySecond
from guidance.signal.sweep.monitor import ChannelQuality
from tests.support.event_rules import ALARMS

RATE_HZ = 1000.0
NS = 1_000_000_000


@pytest.fixture
def board() -> AlarmBoard:
    return AlarmBoard()


@pytest.fixture
def health(board: AlarmBoard) -> HealthMonitor:
    return HealthMonitor(board, RATE_HZ)


def test_there_is_an_alarm_for_every_code_of_the_stream() -> None:
    assert set(PRIORITIES) == ALARMS


def test_an_occurrence_is_recorded_when_it_begins_and_when_it_ends(board: AlarmBoard) -> None:
    assert board.update("stale", "old") == Alarm("stale", "medium", active=True, text="old")
    assert board.update("stale", "older") is None
    assert board.update("stale", None) == Alarm("stale", "medium", active=False, text="older")
    assert board.update("stale", None) is None


def test_a_condition_lasts_as_long_as_any_of_its_causes(board: AlarmBoard) -> None:
    assert board.update("storage", "journal", "journal")
    assert board.update("storage", "copy", "copy") is None
    assert board.signals()[0].text == "copy"
    assert board.update("storage", None, "copy") is None
    assert board.signals()[0].text == "journal"
    assert board.holds("storage")
    assert board.update("storage", None, "journal")
    assert not board.holds("storage")


@pytest.mark.parametrize("code", ["too-close", "lead-off"])
def test_a_high_priority_alarm_outlasts_its_condition_until_it_is_acknowledged(board: AlarmBoard, code: str) -> None:
    board.update(code, "text")
    board.update(code, None)
    (shown,) = board.signals()
    assert (shown.code, shown.active) == (code, False)
    assert board.acknowledge() == [code]
    assert board.signals() == ()


def test_a_low_priority_alarm_ends_with_its_condition(board: AlarmBoard) -> None:
    board.update("samples-lost", "text")
    board.update("samples-lost", None)
    assert board.signals() == ()


def test_an_acknowledged_alarm_stays_while_its_condition_lasts(board: AlarmBoard) -> None:
    board.update("lead-off", "text")
    assert board.acknowledge() == ["lead-off"]
    assert board.acknowledge() == []
    assert board.signals()[0].active
    board.update("lead-off", None)
    assert board.signals() == ()


def test_an_alarm_that_recurs_must_be_acknowledged_again(board: AlarmBoard) -> None:
    for _ in range(2):
        board.update("lead-off", "text")
        assert board.acknowledge() == ["lead-off"]
        board.update("lead-off", None)


def test_the_highest_priority_is_shown_first_and_active_alarms_before_past_ones(board: AlarmBoard) -> None:
    for code in ("samples-lost", "stale", "lead-off", "display-lost"):
        board.update(code, "text")
    board.update("stale", None)
    assert [shown.code for shown in board.signals()] == ["display-lost", "lead-off", "stale", "samples-lost"]


def block(
    first: int = 0, *, lost_before: int = 0, status: tuple[Status, ...] = (), clipped: tuple[bool, ...] = (False,)
) -> Block:
    samples = np.zeros((10, 1), np.float32)
    return Block(first, samples, lost_before=lost_before, arrived_ns=NS, status=status, clipped=clipped)


def second(clipped: float) -> QualitySecond:
    return QualitySecond(0, (ChannelQuality(1.0, 1.0, clipped),))


def codes(found: Iterable[Alarm | tuple[float, Alarm]]) -> list[tuple[str, bool]]:
    alarms = [item[1] if isinstance(item, tuple) else item for item in found]
    return [(alarm.code, alarm.active) for alarm in alarms]


def test_lost_samples_are_shown_for_some_seconds(health: HealthMonitor) -> None:
    assert codes(health.block(block(100, lost_before=50))) == [("samples-lost", True)]
    assert codes(health.second(second(0.0), 4.0)) == []
    assert codes(health.second(second(0.0), 6.0)) == [("samples-lost", False)]


def test_saturation_is_reported_while_it_lasts(health: HealthMonitor) -> None:
    assert codes(health.second(second(0.2), 1.0)) == [("saturated", True)]
    assert codes(health.second(second(0.01), 2.0)) == [("saturated", False)]


def test_an_input_that_is_clipped_for_a_second_is_reported_while_it_lasts(health: HealthMonitor) -> None:
    def reported(first: int, *, clipped: bool) -> list[tuple[str, bool]]:
        list(health.block(block(first, clipped=(clipped,))))
        state = health.conditions(None, NS, headless=True)
        return codes(health.supervise(None, state, (first + 10) / RATE_HZ))

    assert reported(0, clipped=False) == []
    assert reported(int(0.9 * RATE_HZ), clipped=True) == []
    assert reported(int(1.2 * RATE_HZ), clipped=True) == [("saturated", True)]
    assert codes(health.second(second(0.0), 1.3)) == []
    assert not health.is_fit(1.3, NS)
    assert reported(int(1.4 * RATE_HZ), clipped=False) == [("saturated", False)]


def status(fault: str = "none", lead_off: tuple[bool, ...] = (False,)) -> Status:
    return Status(0, "streaming", fault, lead_off)


def test_a_status_brings_the_alarms_of_leads_and_faults(health: HealthMonitor) -> None:
    found = codes(health.block(block(status=(status("over-current", (True,)),))))
    assert found == [("lead-off", True), ("stimulus-not-delivered", True)]
    state = health.conditions(None, NS, headless=True)
    assert (state.lead_off, state.device_fault) == (True, "over-current")
    assert codes(health.block(block(status=(status(),)))) == [("lead-off", False), ("stimulus-not-delivered", False)]


def test_the_signal_is_fit_once_it_arrives_without_losses(health: HealthMonitor) -> None:
    assert not health.is_fit(0.0, NS)
    list(health.block(block()))
    assert health.is_fit(0.01, NS)
    assert not health.is_fit(0.01, 2 * NS)


@pytest.mark.parametrize(("lost", "is_sound"), [(50, True), (200, False)])
def test_a_few_lost_samples_are_tolerated(health: HealthMonitor, lost: int, is_sound: bool) -> None:
    list(health.block(block(1000, lost_before=lost)))
    assert health.is_fit(1.5, NS) == is_sound
    assert health.is_fit(2.5, NS)


@pytest.mark.parametrize("trouble", [status("battery"), status(lead_off=(False, True))])
def test_a_signal_with_an_alarm_is_not_fit(health: HealthMonitor, trouble: Status) -> None:
    list(health.block(block(status=(trouble,))))
    assert not health.is_fit(0.01, NS)


def _proximity(close: float, *, valid: bool = True) -> Proximity:
    zones = {"none": 0.0, "far": 1 - close, "approach": 0.0, "target": 0.0, "close": close}
    return Proximity(1, None, None, None, "far", zones, valid=valid, why=None if valid else "stale")


def test_probably_too_close_is_an_alarm_of_high_priority(health: HealthMonitor) -> None:
    alarm = health.too_close(_proximity(0.5))
    assert alarm is not None
    assert (alarm.code, alarm.priority, alarm.active) == ("too-close", "high", True)
    assert health.too_close(_proximity(0.49)) is None
    over = health.too_close(_proximity(0.49))
    assert over is not None
    assert not over.active


def test_one_estimate_that_wavers_does_not_end_the_alarm(health: HealthMonitor) -> None:
    assert health.too_close(_proximity(0.9)) is not None
    for close in (0.4, 0.6, 0.4, 0.6):
        assert health.too_close(_proximity(close)) is None


def test_probably_too_close_is_an_alarm_though_the_estimate_is_not_valid(health: HealthMonitor) -> None:
    alarm = health.too_close(_proximity(0.5, valid=False))
    assert alarm is not None
    assert alarm.active


def test_where_nothing_is_known_of_the_nerve_the_alarm_ends(health: HealthMonitor) -> None:
    health.too_close(_proximity(0.9))
    over = health.too_close(unknown_proximity(1, "no-response-yet"))
    assert over is not None
    assert not over.active


@pytest.mark.parametrize(
    ("t", "rate_hz", "stale"), [(2.9, 2.0, False), (3.1, 2.0, True), (9.9, 0.25, False), (10.1, 0.25, True)]
)
def test_an_estimate_is_stale_some_seconds_after_the_last_fit_response(
    health: HealthMonitor, t: float, rate_hz: float, stale: bool
) -> None:
    health.last_response_t = 0.0
    assert health.is_stale(t, rate_hz) == stale


def test_without_samples_the_signal_is_stale_but_not_without_a_device(health: HealthMonitor, board: AlarmBoard) -> None:
    list(health.block(block()))
    state = health.conditions(None, 2 * NS, headless=True)
    assert codes(health.supervise(None, state, 0.01)) == [("stale", True)]
    board.update("device-lost", "gone")
    assert codes(health.supervise(None, health.conditions(None, 2 * NS, headless=True), 0.01)) == [("stale", False)]


def test_a_lost_screen_and_its_return_are_reported(health: HealthMonitor) -> None:
    health.screen_ack_ns = NS
    assert codes(health.supervise(None, health.conditions(None, 3 * NS, headless=False), 0.0)) == [
        ("display-lost", True)
    ]
    assert codes(health.supervise(None, health.conditions(None, NS, headless=False), 0.0)) == [("display-lost", False)]
