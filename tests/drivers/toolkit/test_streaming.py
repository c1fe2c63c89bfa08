"""Base class of streaming drivers, tested on a minimal driver."""

from __future__ import annotations

import time

import numpy as np
import pytest

from drivers.base import Block, Button, Channel, DeviceInfo, DeviceLost, DeviceNotFound, DeviceRefused
from drivers.toolkit.streaming import StreamingAmplifier

INFO = DeviceInfo("Minimal", "M-1", "minimal:1", 1000.0, (Channel("EMG", 100.0),))
MS = 1_000_000


class Minimal(StreamingAmplifier):
    """Minimal driver: ``steps`` are the actions of each pump, ``found`` is the device there (None: none)."""

    def __init__(self) -> None:
        super().__init__("minimal:1")
        self.found: DeviceInfo | None = INFO
        self.calls: list[str] = []
        self.fails = 0
        self.samples: list[tuple[int, int]] = []
        self.broken = False

    def _connect(self) -> DeviceInfo:
        self.calls.append("connect")
        self.fails -= 1
        if self.found is None or self.fails >= 0:
            raise DeviceNotFound("There is nothing at minimal:1.")
        return self.found

    def _begin(self) -> None:
        self.calls.append("begin")

    def _pump(self, _timeout_s: float) -> None:
        for count, arrived_ns in self.samples:
            self.emit_samples(np.zeros((count, 1), np.float32), arrived_ns)
        self.samples.clear()
        if self.broken:
            raise DeviceLost("minimal:1 is gone.")

    def _stop(self) -> None:
        self.calls.append("stop")
        raise DeviceRefused("It has stopped already.")

    def _release(self) -> None:
        self.calls.append("release")


def only(blocks: list[Block]) -> Block:
    (block,) = blocks
    return block


def started() -> Minimal:
    device = Minimal().connect()
    device.start()
    return device


def lost(device: Minimal) -> None:
    device.broken = True
    with pytest.raises(DeviceLost, match="is gone"):
        device.read()
    device.broken = False


def test_to_construct_a_driver_opens_nothing() -> None:
    device = Minimal()
    assert device.calls == []
    with pytest.raises(DeviceLost, match="not connected yet"):
        device.start()
    with pytest.raises(DeviceLost, match="not connected yet"):
        device.read()


def test_to_connect_twice_connects_once() -> None:
    device = Minimal()
    assert device.connect() is device.connect() is device
    assert device.calls == ["connect"]


def test_what_could_not_be_connected_is_released_and_may_be_tried_again() -> None:
    device = Minimal()
    device.fails = 1
    with pytest.raises(DeviceNotFound):
        device.connect()
    assert device.calls == ["connect", "release"]
    assert device.connect().info == INFO


def test_a_driver_never_connected_is_closed_without_sending_anything() -> None:
    device = Minimal()
    device.close()
    assert "stop" not in device.calls
    with pytest.raises(DeviceLost, match="closed"):
        device.connect()


def test_closing_stops_the_device_once_and_releases_it() -> None:
    device = started()
    device.close()
    device.close()
    assert device.calls == ["connect", "begin", "stop", "release", "release"]
    with pytest.raises(DeviceLost, match="closed"):
        device.reopen()


def test_what_came_before_a_loss_is_returned_first() -> None:
    device = started()
    device.samples, device.broken = [(5, time.monotonic_ns())], True
    assert only(device.read()).end_sample == 5
    with pytest.raises(DeviceLost, match="is gone"):
        device.read()


def test_samples_after_a_loss_come_behind_the_gap() -> None:
    device = started()
    device.samples = [(10, time.monotonic_ns())]
    last_ns = device.samples[0][1]
    device.read()
    lost(device)
    device.reopen()
    device.samples = [(20, last_ns + 100 * MS), (20, last_ns + 120 * MS)]
    block = only(device.read())
    assert (block.first_sample, block.lost_before, len(block.samples)) == (90, 80, 40)


def test_a_gap_goes_across_two_losses() -> None:
    device = started()
    device.samples = [(10, time.monotonic_ns())]
    last_ns = device.samples[0][1]
    device.read()
    for _ in range(2):
        lost(device)
        device.reopen()
    device.samples = [(20, last_ns + 100 * MS)]
    assert only(device.read()).lost_before == 80


def test_a_device_lost_before_its_first_sample_comes_back_at_0() -> None:
    device = started()
    lost(device)
    device.reopen()
    device.samples = [(10, time.monotonic_ns())]
    block = only(device.read())
    assert (block.first_sample, block.lost_before) == (0, 0)


def test_another_device_is_refused_by_name_and_the_loss_stays() -> None:
    device = started()
    lost(device)
    device.found = DeviceInfo("Other", "", "minimal:1", 2000.0, (Channel("EMG"),))
    with pytest.raises(DeviceRefused, match=r"Other replies, .* connect Minimal M-1"):
        device.reopen()
    with pytest.raises(DeviceLost, match="is gone"):
        device.read()


def test_reopening_tries_again_for_as_long_as_it_may() -> None:
    device = started()
    lost(device)
    device.fails = 2
    with pytest.raises(DeviceNotFound):
        device.reopen()
    device.fails = 2
    device.reopen(5.0)
    assert device.read() == []


def test_silence_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    device, future_ns = started(), time.monotonic_ns() + 3_600_000 * MS
    monkeypatch.setattr(device, "silence_s", 0.0)
    device.emit_samples(np.zeros((1, 1), np.float32), future_ns)
    assert len(device.read()) == 1
    device.mark_received(0)
    with pytest.raises(DeviceLost, match="minimal:1 has sent nothing for 0 s"):
        device.read()


def test_messages_without_samples_are_a_loss_too(monkeypatch: pytest.MonkeyPatch) -> None:
    device = started()
    monkeypatch.setattr(device, "silence_s", 0.0)
    device.mark_received(time.monotonic_ns() + 3_600_000 * MS)
    with pytest.raises(DeviceLost, match="minimal:1 has sent no samples for 0 s"):
        device.read()


def test_gaps_events_and_damage_come_with_the_block_of_their_moment() -> None:
    device = started()
    device.emit_gap(7)
    device.emit_event(Button(3, 1, pressed=True), 5)
    device.emit_damage(2)
    device.emit_samples(np.full((4, 1), 100.0, np.float32), time.monotonic_ns())
    block = only(device.read())
    assert (block.first_sample, block.lost_before, block.bad_frames) == (7, 7, 2)
    assert block.buttons == (Button(3, 1, pressed=True),)
    assert block.clipped == (True,)
    assert device.next_sample == 11
