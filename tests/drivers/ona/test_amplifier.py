from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from unittest.mock import Mock

import pytest

from drivers.base import Button, DeviceLost, DeviceNotFound, DeviceRefused
from drivers.ona.amplifier import OnaAmplifier
from drivers.ona.frames import FrameReader
from drivers.recording import Recording
from tests.drivers.formats.edf_files import Wave, edf_bytes, ramp
from tests.drivers.ona import fake_ona
from tests.drivers.ona.bench import ROWS, Bench, read_samples, replying
from tests.drivers.ona.fake_ona import FakeOna, Received, Replies, samples_body, status_body, stim_body
from tests.drivers.playing import write


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.mark.parametrize("transport", [fake_ona.on_pty, fake_ona.on_socket])
def test_it_opens_starts_streams_and_stops(tmp_path: Path, transport: Callable[[], tuple[FakeOna, str]]) -> None:
    bench = Bench(tmp_path, transport)
    amplifier = bench.open()
    assert bench.fake.kinds() == [fake_ona.HELLO]
    assert amplifier.info.address == f"ona:{bench.url}"
    amplifier.start()
    for first in range(0, 200, 20):
        bench.fake.send(fake_ona.SAMPLES, samples_body(first, ROWS))
    blocks = read_samples(amplifier, 200)
    assert sum(len(block.samples) for block in blocks) == 200
    assert blocks[0].samples[0].tolist() == pytest.approx([5.0, -10.0])
    assert 0 <= time.monotonic_ns() - blocks[-1].arrived_ns < 2_000_000_000
    amplifier.close()
    amplifier.close()
    assert bench.fake.kinds() == [fake_ona.HELLO, fake_ona.STOP, fake_ona.START, fake_ona.STOP]
    assert [command.seq for command in bench.fake.received] == [0, 1, 2, 3]
    with pytest.raises(DeviceLost, match="closed"):
        amplifier.read()
    bench.close()


def test_opening_sends_hello_alone_even_to_a_device_that_streams(bench: Bench) -> None:
    bench.fake.send_bytes(b"\x07end of a frame\0")

    def stream_first(command: Received) -> Replies | None:
        if command.type != fake_ona.HELLO:
            return None
        old = [(fake_ona.SAMPLES, samples_body(900_000 + 20 * i, ROWS)) for i in range(20)]
        return [*old, (fake_ona.INFO, bench.fake.info), *old, (fake_ona.ACK, bytes((command.seq, 0)))]

    bench.fake.script = stream_first
    amplifier = bench.open()
    assert bench.fake.kinds() == [fake_ona.HELLO]
    amplifier.start()
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    (block,) = read_samples(amplifier, 20)
    assert (block.first_sample, block.lost_before, block.bad_frames) == (0, 0, 0)


@pytest.mark.parametrize("ack_first", [True, False])
def test_samples_of_a_start_sent_twice_count_from_the_second(bench: Bench, ack_first: bool) -> None:
    starts: list[int] = []
    samples = [(fake_ona.SAMPLES, samples_body(first, ROWS)) for first in (0, 20, 40)]

    def script(command: Received) -> Replies | None:
        if command.type != fake_ona.START:
            return None
        starts.append(command.seq)
        ack = (fake_ona.ACK, bytes((command.seq, 0)))
        return [] if len(starts) == 1 else [ack, *samples] if ack_first else [samples[0], ack, *samples[1:]]

    bench.fake.script = script
    blocks = read_samples(bench.started(), 60)
    assert sum(len(block.samples) + block.lost_before for block in blocks) == 60
    assert blocks[-1].end_sample == 60
    assert sum(block.lost_before for block in blocks) == (0 if ack_first else 20)


def test_samples_show_that_start_was_carried_out_where_its_ack_is_lost(bench: Bench) -> None:
    bench.fake.script = lambda command: (
        [(fake_ona.SAMPLES, samples_body(0, ROWS))] if command.type == fake_ona.START else None
    )
    (block,) = read_samples(bench.started(), 20)
    assert (block.first_sample, block.lost_before) == (0, 0)
    assert bench.fake.kinds().count(fake_ona.START) == 1


def test_start_refused_on_its_second_sending_has_been_carried_out_by_the_first(bench: Bench) -> None:
    bench.fake.script = replying(fake_ona.START, None, 4)
    amplifier = bench.started()
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    assert read_samples(amplifier, 20)[-1].end_sample == 20


@pytest.mark.hazard("lost-device")
def test_a_deaf_device_is_lost_in_words_within_half_a_second(bench: Bench) -> None:
    bench.fake.script = lambda _: []
    began = time.monotonic()
    with pytest.raises(DeviceLost, match="did not acknowledge HELLO, sent 4 times; check its cable and power"):
        bench.open()
    assert 0.39 < time.monotonic() - began < 0.9
    times = [command.at_s for command in bench.fake.received]
    assert [command.seq for command in bench.fake.received] == [0, 1, 2, 3]
    assert all(0.05 < later - earlier < 0.4 for earlier, later in pairwise(times))


def test_a_device_without_info_is_lost_and_one_that_loses_it_once_is_not(bench: Bench) -> None:
    bench.fake.script = replying(fake_ona.HELLO, 0)
    bench.open().close()
    bench.fake.script = replying(fake_ona.HELLO, 0, 0, 0, 0)
    with pytest.raises(DeviceLost, match="does not describe itself"):
        bench.open()


def test_a_refused_hello_and_an_unusable_device_are_refused(bench: Bench) -> None:
    bench.fake.script = replying(fake_ona.HELLO, 5)
    with pytest.raises(DeviceRefused, match="refused HELLO"):
        bench.open()
    bench.fake.info = fake_ona.info_body(sample_rate_hz=0)
    with pytest.raises(DeviceRefused, match="sample rate of 0 Hz"):
        bench.open()


def test_a_refused_start_is_raised_and_a_refused_stop_before_it_is_not(bench: Bench) -> None:
    amplifier = bench.open()
    bench.fake.script = replying(fake_ona.STOP, 4)
    amplifier.start()
    bench.fake.script = replying(fake_ona.START, 5)
    with pytest.raises(DeviceRefused, match="refused START: it reports a fault"):
        amplifier.start()


def test_nothing_there_is_not_found() -> None:
    with pytest.raises(DeviceNotFound):
        OnaAmplifier("/dev/none-such").connect()


def test_every_event_comes_with_the_block_of_its_moment(bench: Bench) -> None:
    amplifier = bench.started()
    fake = bench.fake
    data = fake.next_frame(fake_ona.STIM, stim_body(2000, flags=4)) + fake.next_frame(fake_ona.STATUS, status_body(3))
    data += fake.next_frame(fake_ona.BUTTON, struct.pack("<IBB", 5, 2, 1)) + fake.next_frame(0x44, b"new")
    fake.send_bytes(data + fake.next_frame(fake_ona.SAMPLES, samples_body(0, ROWS, flags=2)))
    blocks = read_samples(amplifier, 20)
    assert [pulse.sample for block in blocks for pulse in block.pulses] == [2000]
    assert [status.state for block in blocks for status in block.status] == ["streaming"]
    assert [button for block in blocks for button in block.buttons] == [Button(5, 2, pressed=True)]
    assert blocks[-1].clipped == (False, True)
    assert (amplifier.unknown_frames, amplifier.bad_frames, amplifier.lost_frames) == (1, 0, 0)


def test_damage_is_counted_and_leaves_a_gap(bench: Bench) -> None:
    amplifier = bench.started()
    frames = [bench.fake.next_frame(fake_ona.SAMPLES, samples_body(first, ROWS)) for first in range(0, 200, 20)]
    frames[3] = frames[3][:50] + b"\x11" + frames[3][51:]
    frames[5] = frames[5][:30]
    frames[8] = bench.fake.next_frame(fake_ona.STIM, b"short") + frames[8]
    bench.fake.send_bytes(b"".join(frames))
    blocks = read_samples(amplifier, 200)
    assert sum(len(block.samples) + block.lost_before for block in blocks) == 200
    assert sum(block.lost_before for block in blocks) == 60
    assert sum(block.bad_frames for block in blocks) == amplifier.bad_frames == 3


def test_random_bytes_between_frames_never_raise(bench: Bench) -> None:
    amplifier = bench.started()
    for seed in range(20):
        bench.fake.send_bytes(bytes((seed * 7 + i * i) % 256 for i in range(500)) + b"\0")
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    assert read_samples(amplifier, 20)[-1].end_sample == 20
    assert amplifier.bad_frames > 20


def test_a_probe_returns_how_long_an_ack_takes(bench: Bench) -> None:
    amplifier = bench.started()
    taken_s = amplifier.probe()
    assert taken_s is not None
    assert 0 < taken_s < 0.1
    assert bench.fake.kinds()[-1] == fake_ona.HEARTBEAT


def test_a_probe_without_ack_is_a_loss(bench: Bench) -> None:
    amplifier = bench.started()
    bench.fake.script = replying(fake_ona.HEARTBEAT, None, None, None, None)
    with pytest.raises(DeviceLost, match="HEARTBEAT"):
        amplifier.probe()


def test_a_tap_gets_every_byte_of_both_ways_also_after_a_loss(bench: Bench) -> None:
    amplifier = bench.open()
    taken: dict[bool, bytes] = {False: b"", True: b""}

    def take(data: bytes, *, sent: bool) -> None:
        taken[sent] += data

    amplifier.tap(take)
    amplifier.start()
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    read_samples(amplifier, 20)
    assert [frame.type for frame in FrameReader(range(256)).feed(taken[True])] == [fake_ona.STOP, fake_ona.START]
    kinds = [frame.type for frame in FrameReader(range(256)).feed(taken[False])]
    assert kinds.count(fake_ona.SAMPLES) == 1
    before = len(taken[True])
    amplifier.reopen()
    assert len(taken[True]) > before


def test_a_device_without_a_line_refuses_a_tap(tmp_path: Path) -> None:
    recording = Recording(write(tmp_path / "a.edf", edf_bytes([Wave(ramp())])))
    with pytest.raises(DeviceRefused, match="no line whose bytes could be kept"):
        recording.tap(Mock())
