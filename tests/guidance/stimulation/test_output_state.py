"""On and off as the device reports them, by its own time and by the host's."""

from __future__ import annotations

import pytest

from guidance.stimulation.output_state import OutputMonitor

NS = 1_000_000_000


@pytest.fixture
def monitor() -> OutputMonitor:
    made = OutputMonitor()
    made.reports = True
    return made


def at(monitor: OutputMonitor, seconds: float, report: str | None = None, *, on: bool = False) -> None:
    """What is known ``seconds`` from the start on both clocks."""
    if report:
        monitor.report(report)
    monitor.follow(seconds, round(seconds * NS), wanted=on)


def armed_until(monitor: OutputMonitor, seconds: float) -> None:
    at(monitor, 0.0, on=True)
    at(monitor, seconds / 2, "enabled", on=True)
    at(monitor, seconds)


@pytest.mark.parametrize("state", ["streaming", "idle", "fault"])
def test_off_is_known_once_it_is_reported(monitor: OutputMonitor, state: str) -> None:
    armed_until(monitor, 5.0)
    assert not monitor.is_off
    at(monitor, 5.1, state)
    assert monitor.is_off
    at(monitor, 60.0)
    assert monitor.not_off is None


def test_a_report_of_on_that_was_under_way_is_no_alarm(monitor: OutputMonitor) -> None:
    armed_until(monitor, 5.0)
    at(monitor, 5.3, "enabled")
    at(monitor, 5.4, "streaming")
    assert monitor.not_off is None


def test_a_report_of_on_after_the_command_had_its_time_is_an_alarm(monitor: OutputMonitor) -> None:
    armed_until(monitor, 5.0)
    at(monitor, 5.6, "enabled")
    assert monitor.not_off is not None
    assert "reports it on" in monitor.not_off
    assert not monitor.is_off


def test_without_any_report_off_is_not_known(monitor: OutputMonitor) -> None:
    armed_until(monitor, 5.0)
    at(monitor, 6.4)
    assert monitor.not_off is None
    at(monitor, 6.6)
    assert monitor.not_off is not None
    assert "has not reported" in monitor.not_off


@pytest.mark.parametrize(("t", "now_s"), [(5.0, 6.6), (6.6, 5.0)])
def test_either_clock_ends_the_wait(monitor: OutputMonitor, t: float, now_s: float) -> None:
    armed_until(monitor, 5.0)
    monitor.follow(t, round(now_s * NS), wanted=False)
    assert monitor.not_off


@pytest.mark.parametrize("state", ["enabled", "state 7"])
def test_the_alarm_lasts_until_off_is_reported(monitor: OutputMonitor, state: str) -> None:
    armed_until(monitor, 5.0)
    at(monitor, 7.0, state)
    at(monitor, 30.0)
    assert monitor.not_off
    at(monitor, 31.0, "streaming")
    assert monitor.not_off is None
    assert monitor.is_off


def test_a_device_that_switches_itself_on_is_not_off(monitor: OutputMonitor) -> None:
    at(monitor, 0.0)
    at(monitor, 0.5, "streaming")
    at(monitor, 20.0, "enabled")
    assert monitor.not_off


@pytest.mark.parametrize("state", ["streaming", "idle"])
def test_on_that_is_reported_off_is_not_armed(monitor: OutputMonitor, state: str) -> None:
    at(monitor, 0.0, on=True)
    at(monitor, 0.2, state, on=True)
    assert monitor.not_on is None
    at(monitor, 0.9, state, on=True)
    assert monitor.not_on
    at(monitor, 1.0)
    assert monitor.not_on, "it stays reported until it is armed again"
    at(monitor, 2.0, on=True)
    assert monitor.not_on is None


def test_a_fault_is_reported_elsewhere(monitor: OutputMonitor) -> None:
    at(monitor, 0.0, on=True)
    at(monitor, 1.0, "fault", on=True)
    assert monitor.not_on is None


def test_a_device_lost_while_armed_is_not_known_to_be_off_until_it_reports_again(monitor: OutputMonitor) -> None:
    at(monitor, 0.0, on=True)
    at(monitor, 1.0, "enabled", on=True)
    monitor.follow(1.0, 60 * NS, wanted=False, connected=False)
    assert monitor.not_off is None, "the loss is an alarm of its own"
    assert not monitor.is_off
    monitor.follow(1.0, 61 * NS, wanted=False)
    monitor.report("streaming")
    monitor.follow(1.1, 62 * NS, wanted=False)
    assert monitor.is_off


def test_a_device_that_reports_no_state_alarms_nothing() -> None:
    monitor = OutputMonitor()
    armed_until(monitor, 5.0)
    at(monitor, 60.0, "enabled")
    assert monitor.is_off
    assert (monitor.not_off, monitor.not_on) == (None, None)
