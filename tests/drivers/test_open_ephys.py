"""The Open Ephys driver: blocks of separate channels, gaps, TTL lines, the GUI not ready, and a public client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from drivers.base import DeviceLost, DeviceRefused, OptionRefused
from tests.drivers.reading import read_for, read_until, samples_of

pytest.importorskip("zmq", reason="pyzmq is not installed; it is in the extra openephys")

from drivers.open_ephys import OpenEphys
from tests.drivers.fake_open_ephys import BLOCK, FIRST, RATE_HZ, FakeOpenEphys, wave


@pytest.fixture
def plugin() -> Iterator[FakeOpenEphys]:
    made = FakeOpenEphys(channels=(0, 3, 7))
    yield made
    made.unplug()


def started(plugin: FakeOpenEphys, options: str = "") -> OpenEphys:
    amplifier = OpenEphys(plugin.address + options).connect()
    amplifier.start()
    return amplifier


def test_each_channel_has_its_own_samples_and_the_headers_name_the_rest(plugin: FakeOpenEphys) -> None:
    amplifier = started(plugin, "?channels=3,7")
    blocks = read_until(amplifier, lambda blocks: samples_of(blocks) >= 200)
    amplifier.close()
    assert (amplifier.info.model, amplifier.info.sample_rate_hz) == ("Open Ephys Acq Board", RATE_HZ)
    assert [channel.name for channel in amplifier.info.channels] == ["channel 3", "channel 7"]
    samples = np.concatenate([block.samples for block in blocks])
    first = int(samples[0, 0] - 300) % 1000
    expected = np.stack([wave(first, len(samples), channel) for channel in (3, 7)], axis=1)
    np.testing.assert_array_equal(samples, expected)


def test_all_channels_are_read_where_none_are_named(plugin: FakeOpenEphys) -> None:
    amplifier = OpenEphys(plugin.address).connect()
    amplifier.close()
    assert [channel.name for channel in amplifier.info.channels] == ["channel 0", "channel 3", "channel 7"]


def test_a_channel_that_does_not_come_is_a_hole_in_it_alone(plugin: FakeOpenEphys) -> None:
    amplifier = started(plugin)
    read_until(amplifier, samples_of)
    plugin.withheld = {7}
    blocks = read_until(amplifier, lambda blocks: any(np.isnan(block.samples).any() for block in blocks))
    amplifier.close()
    samples = np.concatenate([block.samples for block in blocks])
    assert np.isfinite(samples[:, :2]).all()
    assert np.isnan(samples[:, 2]).sum() % BLOCK == 0
    assert sum(block.lost_before for block in blocks) == 0


def test_a_first_block_that_is_cut_by_the_start_is_left_out(
    plugin: FakeOpenEphys, monkeypatch: pytest.MonkeyPatch
) -> None:
    amplifier = OpenEphys(plugin.address).connect()
    parts = [(7, FIRST)] + [(channel, FIRST + BLOCK) for channel in plugin.channels]
    messages: list[tuple[str, dict[str, Any], bytes] | None] = [None]
    for channel, first in parts:
        content = {"channel_num": channel, "sample_num": first, "num_samples": BLOCK}
        messages.append(("data", content, wave(first, BLOCK, channel).tobytes()))
    monkeypatch.setattr(amplifier, "_receive", lambda _: messages.pop(0) if messages else None)
    amplifier.start()
    (block,) = read_until(amplifier, samples_of)
    amplifier.close()
    assert (block.first_sample, block.lost_before) == (0, 0)
    np.testing.assert_array_equal(block.samples[:, 0], wave(FIRST + BLOCK, BLOCK, 0))


def test_a_rising_edge_of_the_chosen_line_is_a_stimulus_on_its_sample() -> None:
    plugin = FakeOpenEphys(pulse_every=500)
    amplifier = started(plugin, "?ttl=1&channels=0")
    blocks = read_until(amplifier, lambda blocks: sum(len(block.pulses) for block in blocks) >= 3)
    blocks += read_for(amplifier, 0.1)
    samples = np.concatenate([block.samples for block in blocks])[:, 0]
    pulses = [pulse.sample for block in blocks for pulse in block.pulses if pulse.sample < len(samples)]
    assert [samples[pulse] % 500 for pulse in pulses] == [0.0] * len(pulses)
    assert len(pulses) >= 2
    other = started(plugin, "?ttl=2")
    assert not any(block.pulses for block in read_for(other, 0.6))
    other.close()
    amplifier.close()
    plugin.unplug()


def test_messages_that_are_none_are_counted_and_skipped(plugin: FakeOpenEphys) -> None:
    amplifier = started(plugin, "?channels=0")
    read_until(amplifier, samples_of)
    for damaged in (
        [b"DATA\0"],
        [b"DATA\0", b"{nonsense", b"\0" * 8],
        [b"DATA\0", b'{"type": "data"}', b""],
        [b"x", b"[]"],
    ):
        with plugin._skip:
            plugin._data.send_multipart(damaged)
    blocks = read_until(amplifier, lambda blocks: sum(block.bad_frames for block in blocks) >= 4)
    amplifier.close()
    assert sum(block.lost_before for block in blocks) == 0


def test_the_gui_is_not_acquiring_or_sends_other_channels(
    plugin: FakeOpenEphys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.open_ephys._FIRST_S", 0.3)
    with pytest.raises(DeviceRefused, match=r"does not send channel 1, 2; it sends 0, 3, 7"):
        OpenEphys(f"{plugin.address}?channels=0,1,2").connect()
    plugin.acquiring = False
    time.sleep(0.05)
    with pytest.raises(DeviceRefused, match="start the acquisition in the GUI"):
        OpenEphys(plugin.address).connect()


def test_an_acquisition_that_starts_again_is_a_loss_and_not_a_gap(plugin: FakeOpenEphys) -> None:
    amplifier = started(plugin, "?channels=0")
    read_until(amplifier, lambda blocks: samples_of(blocks) >= 3 * BLOCK)
    plugin.sample = FIRST - 5000
    with pytest.raises(DeviceLost, match="has started its acquisition again"):
        read_until(amplifier, lambda _: False)
    amplifier.close()


def test_heartbeats_go_on_while_it_streams(plugin: FakeOpenEphys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.open_ephys.HEARTBEAT_S", 0.1)
    amplifier = started(plugin)
    read_for(amplifier, 0.6)
    amplifier.close()
    assert len(plugin.heartbeats) >= 4
    assert {beat["type"] for beat in plugin.heartbeats} == {"heartbeat"}
    assert len({beat["uuid"] for beat in plugin.heartbeats}) == 1


@pytest.mark.parametrize(
    "rest", ["host:x", "host:0", "host:65535", "?channels=a", "?channels=1,1", "?channels=4000", "?ttl=0"]
)
def test_a_malformed_address_is_refused(rest: str) -> None:
    with pytest.raises(OptionRefused):
        OpenEphys(rest)


@pytest.mark.slow
def test_a_public_client_reads_the_same_simulation(plugin: FakeOpenEphys) -> None:
    peer: Any = pytest.importorskip(
        "pyoephys.interface", reason="uv pip install --no-deps python-oephys open-ephys-python-tools"
    )
    client = peer.ZMQClient(host_ip="127.0.0.1", data_port=str(plugin.port), expected_channel_count=3)
    client.start()
    assert client.wait_for_expected_channels(5.0)
    time.sleep(0.3)
    with client._lock:
        held = {channel: np.array(client.buffers[channel], np.float32) for channel in (0, 3, 7)}
        last, rate_hz = dict(client._last_header_index), client.fs
    client.close()
    assert rate_hz == RATE_HZ
    for channel, samples in held.items():
        np.testing.assert_array_equal(samples, wave(last[channel] + BLOCK - len(samples), len(samples), channel))
