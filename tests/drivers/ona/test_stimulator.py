from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from drivers.base import DeviceRefused, LimitExceeded
from drivers.ona.amplifier import OnaAmplifier
from tests.drivers.ona import fake_ona
from tests.drivers.ona.bench import ROWS, Bench, read_samples, replying
from tests.drivers.ona.fake_ona import samples_body, status_body
from tests.drivers.reading import read_for


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def test_commands_do_not_wait_and_their_outcomes_come_in_order(bench: Bench) -> None:
    amplifier = bench.started()
    bench.fake.script = replying(fake_ona.STIM_ONCE, 4)
    began = time.monotonic()
    amplifier.set_pulses(0.505, 0.1, 2.0)
    amplifier.enable(True)
    amplifier.pulse_once(1.0, 0.2)
    assert time.monotonic() - began < 0.05
    read_for(amplifier, 0.05)
    set_pulses, enable, once = amplifier.take_outcomes()
    assert (set_pulses.command, set_pulses.error) == ("STIM_SET", None)
    assert (enable.command, enable.error) == ("STIM_ENABLE", None)
    assert once.command == "STIM_ONCE"
    assert isinstance(once.error, DeviceRefused)
    assert bench.fake.wait_for(fake_ona.STIM_SET).body == struct.pack("<IHI", 500, 100, 2000)
    assert bench.fake.wait_for(fake_ona.STIM_ENABLE).body == b"\x01"
    assert bench.fake.wait_for(fake_ona.STIM_ONCE).body == struct.pack("<IH", 1000, 200)


def test_samples_are_read_while_a_command_waits_for_its_ack(bench: Bench) -> None:
    amplifier = bench.started()
    bench.fake.script = replying(fake_ona.STIM_SET, None, None)
    amplifier.set_pulses(0.5, 0.1, 2.0)
    bench.fake.wait_for(fake_ona.STIM_SET)
    bench.fake.send(fake_ona.SAMPLES, samples_body(0, ROWS))
    read_samples(amplifier, 20)
    assert amplifier.take_outcomes() == []
    read_for(amplifier, 0.3)
    assert [outcome.error for outcome in amplifier.take_outcomes()] == [None]
    assert bench.fake.kinds().count(fake_ona.STIM_SET) == 3


def test_a_value_out_of_range_is_not_even_sent(bench: Bench) -> None:
    amplifier = bench.started()
    with pytest.raises(LimitExceeded):
        amplifier.set_pulses(5.01, 0.1, 1.0)
    with pytest.raises(LimitExceeded):
        amplifier.pulse_once(0.5, 2.0)
    read_for(amplifier, 0.02)
    assert bench.fake.kinds()[-1] == fake_ona.START


def test_what_a_device_cannot_do_is_refused(bench: Bench) -> None:
    bench.fake.info = fake_ona.info_body(capabilities=1)
    with pytest.raises(DeviceRefused, match="no single pulses; set a train instead"):
        bench.open().pulse_once(0.5, 0.1)


@pytest.mark.parametrize(
    "request_pulse", [lambda a: a.enable(True), lambda a: a.set_pulses(0.0, 0.1, 0.0), lambda a: a.pulse_once(0.0, 0.1)]
)
def test_a_device_that_only_measures_is_refused_to_stimulate(
    bench: Bench, request_pulse: Callable[[OnaAmplifier], None]
) -> None:
    bench.fake.info = fake_ona.info_body(capabilities=0)
    amplifier = bench.open()
    assert amplifier.info.limits is None
    assert amplifier.limits.max_current_ma == 0.0
    with pytest.raises(DeviceRefused, match="does not stimulate"):
        request_pulse(amplifier)


def test_heartbeats_go_while_enabled_and_read_and_not_otherwise(bench: Bench) -> None:
    amplifier = bench.started()
    read_for(amplifier, 0.15)
    assert fake_ona.HEARTBEAT not in bench.fake.kinds()
    amplifier.enable(True)
    amplifier.read(0.35)
    beats = [command.at_s for command in bench.fake.received if command.type == fake_ona.HEARTBEAT]
    assert len(beats) in (2, 3)
    assert max(later - earlier for earlier, later in pairwise(beats)) < 0.25
    time.sleep(0.3)
    assert bench.fake.kinds().count(fake_ona.HEARTBEAT) == len(beats)
    amplifier.service()
    bench.fake.wait_for(fake_ona.HEARTBEAT, len(beats) + 1)
    amplifier.enable(False)
    read_for(amplifier, 0.15)
    assert bench.fake.kinds()[-1] == fake_ona.STIM_ENABLE


def test_a_fault_ends_the_heartbeats(bench: Bench) -> None:
    amplifier = bench.started()
    amplifier.enable(True)
    bench.fake.send(fake_ona.STATUS, status_body(0, state=3, fault=2))
    blocks = read_for(amplifier, 0.2)
    assert [status.fault for block in blocks for status in block.status] == ["over-current"]
    assert fake_ona.HEARTBEAT not in bench.fake.kinds()


def test_disarming_overtakes_all_that_waits(bench: Bench) -> None:
    amplifier = bench.started()
    bench.fake.script = replying(fake_ona.STIM_SET, None, None, None)
    amplifier.set_pulses(1.0, 0.1, 1.0)
    amplifier.enable(True)
    amplifier.enable(False)
    assert bench.fake.wait_for(fake_ona.STIM_ENABLE).body == b"\0"
    read_for(amplifier, 0.15)
    kinds = bench.fake.kinds()
    assert fake_ona.STIM_SET not in kinds[kinds.index(fake_ona.STIM_ENABLE) :]
    withdrawn_set, withdrawn_enable, disarmed = amplifier.take_outcomes()
    assert "withdrawn" in str(withdrawn_set.error)
    assert "withdrawn" in str(withdrawn_enable.error)
    assert disarmed.error is None
