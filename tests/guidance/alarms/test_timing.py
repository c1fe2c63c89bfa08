"""A clock that is wrong is named within seconds; stalls, jitter and drift of a right one are not."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.base import Block
from guidance.alarms.board import AlarmBoard
from guidance.alarms.sample_clock import SampleClock
from guidance.alarms.timing import TimingMonitor

RATE_HZ = 2000.0


def fed(
    factor: float, seconds: float, *, portion_s: float = 0.02, jitter_s: float = 0.0, stall_s: float = 0.0
) -> SampleClock:
    """Feed a clock whose device runs ``factor`` as fast as it claims, with a stall of the line at half of the time."""
    clock, rng, count = SampleClock(RATE_HZ), np.random.default_rng(1), 0
    for number in range(1, int(seconds / portion_s) + 1):
        sent_s = number * portion_s
        total = int(sent_s * RATE_HZ * factor)
        samples, count = np.zeros((total - count, 1), np.float32), total
        arrives_s = sent_s + float(rng.exponential(jitter_s)) if jitter_s else sent_s
        if stall_s and seconds / 2 < sent_s < seconds / 2 + stall_s:
            arrives_s = seconds / 2 + stall_s
        clock.feed(Block(total - len(samples), samples, arrived_ns=10**12 + int(arrives_s * 1e9)))
    return clock


@pytest.mark.parametrize("factor", [0.1, 0.5, 0.7, 1.4, 2.0, 10.0])
def test_a_wrong_rate_is_named_with_its_factor(factor: float) -> None:
    assert fed(factor, 4.0).factor == pytest.approx(factor, rel=0.1)


@pytest.mark.parametrize("stall_s", [0.0, 0.4, 1.0, 2.9])
@pytest.mark.parametrize("portion_s", [0.002, 0.1, 0.25])
@pytest.mark.parametrize("factor", [0.98, 1.0, 1.02])
def test_a_right_rate_is_not_named_whatever_the_line_does(factor: float, portion_s: float, stall_s: float) -> None:
    assert fed(factor, 12.0, portion_s=portion_s, jitter_s=0.005, stall_s=stall_s).factor is None


def test_a_late_program_is_named_and_the_alarm_ends() -> None:
    monitor = TimingMonitor(AlarmBoard(), RATE_HZ)
    block = Block(0, np.zeros((40, 1), np.float32), arrived_ns=10**12)
    (begun,) = monitor.pace([block], 10**12 + 600_000_000)
    assert (begun.code, begun.active) == ("computer-slow", True)
    assert "0.6 s late" in begun.text
    assert monitor.computer_is_slow
    (over,) = monitor.pace([], 10**12 + 7_000_000_000)
    assert not over.active


def test_reports_that_come_too_late_are_a_fault_of_the_device() -> None:
    monitor = TimingMonitor(AlarmBoard(), RATE_HZ)
    assert list(monitor.report_late(0.1, 5.0)) == []
    (begun,) = monitor.report_late(0.3, 6.0)
    assert (begun.code, begun.priority) == ("device-fault", "high")
    assert list(monitor.supervise(7.9)) == []
    (over,) = monitor.supervise(8.1)
    assert not over.active
