from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.base import DeviceError, DeviceLost, DeviceRefused
from drivers.ona.amplifier import OnaAmplifier
from tests.drivers.ona import fake_ona
from tests.drivers.ona.bench import ROWS, Bench, read_samples
from tests.drivers.ona.fake_ona import samples_body
from tests.drivers.reading import read_for


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def test_a_device_that_stops_replying_is_lost_after_its_last_samples(bench: Bench) -> None:
    amplifier = bench.started()
    bench.fake.script = lambda _: []
    amplifier.set_pulses(1.0, 0.1, 1.0)
    bench.fake.wait_for(fake_ona.STIM_SET)
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    assert read_samples(amplifier, 20)[-1].end_sample == 20
    with pytest.raises(DeviceLost, match="did not acknowledge STIM_SET"):
        read_for(amplifier, 1.0)
    with pytest.raises(DeviceLost, match="did not acknowledge STIM_SET"):
        amplifier.enable(False)
    with pytest.raises(DeviceLost, match="did not acknowledge STIM_SET"):
        amplifier.start()
    amplifier.close()
    assert bench.fake.wait_for(fake_ona.STOP, 2)


def test_a_device_that_falls_silent_is_lost(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnaAmplifier, "silence_s", 0.05)
    amplifier = bench.started()
    with pytest.raises(DeviceLost, match=r"has sent nothing for 0\.05 s"):
        read_for(amplifier, 1.0)


def test_a_device_that_restarts_its_count_is_lost(bench: Bench) -> None:
    amplifier = bench.started()
    frames = [bench.fake.next_frame(fake_ona.SAMPLES, samples_body(first, ROWS)) for first in (0, 20, 0, 20)]
    bench.fake.send_bytes(b"".join(frames))
    assert read_samples(amplifier, 40)[-1].end_sample == 40
    with pytest.raises(DeviceLost, match="restarted"):
        read_for(amplifier, 1.0)
    assert amplifier.duplicates == 2


def test_unplugged_and_plugged_in_again_it_goes_on_with_the_gap_shown(bench: Bench) -> None:
    amplifier = bench.started()
    amplifier.enable(True)
    sampled = time.monotonic()
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    assert read_samples(amplifier, 20)[-1].end_sample == 20
    unplugged = time.monotonic()
    bench.fake.unplug()
    with pytest.raises(DeviceLost, match="connect it again"):
        read_for(amplifier, 1.0)
    with pytest.raises(DeviceError, match="connect it again"):  # nothing is sent for 1.2 s
        amplifier.reopen()
    with pytest.raises(DeviceLost):
        amplifier.read()
    bench.replug()
    reopened = time.monotonic()
    amplifier.reopen(2.0)
    started = time.monotonic()
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    (block,) = read_samples(amplifier, 21)
    assert block.first_sample == 20 + block.lost_before
    assert (reopened - unplugged) * 20_000 <= block.lost_before <= (started - sampled) * 20_000 + 1
    read_for(amplifier, 0.15)
    assert bench.fake.kinds() == [fake_ona.HELLO, fake_ona.STOP, fake_ona.START]


def test_another_device_in_the_same_place_is_refused(bench: Bench) -> None:
    amplifier = bench.started()
    bench.fake.unplug()
    bench.replug()
    bench.fake.info = fake_ona.info_body(serial="S-2")
    with pytest.raises(DeviceRefused, match=r"Fake S-2 replies, .* connect Fake S-1"):
        amplifier.reopen()
    with pytest.raises(DeviceLost):
        amplifier.read()


def test_a_gap_across_two_losses_is_shown_whole(bench: Bench) -> None:
    amplifier = bench.started()
    began = time.monotonic()
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    read_samples(amplifier, 20)
    for _ in range(2):
        bench.fake.unplug()
        bench.replug()
        amplifier.reopen()
        read_for(amplifier, 0.05)
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    (block,) = read_samples(amplifier, 21)
    assert block.first_sample == 20 + block.lost_before
    assert 0.05 * 20_000 < block.lost_before <= (time.monotonic() - began) * 20_000


def test_a_device_lost_before_its_first_sample_comes_back_at_0(bench: Bench) -> None:
    amplifier = bench.started()
    bench.fake.unplug()
    bench.replug()
    amplifier.reopen()
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    (block,) = read_samples(amplifier, 20)
    assert (block.first_sample, block.lost_before) == (0, 0)
