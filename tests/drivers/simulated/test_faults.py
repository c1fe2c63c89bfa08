"""Faults that tests of a host can switch on: each has its effect, and none when off."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest

from drivers.simulated import messages as ona
from drivers.simulated.faults import Faults
from drivers.simulated.messages import WRONG_INFO
from tests.drivers.simulated.wire import MS, Host


def _host(**faults: str) -> Host:
    host = Host()
    for name, value in faults.items():
        host.device.faults.set(name, value)
    return host


@pytest.mark.parametrize("fault", ["flip", "cut", "garbage", "drop"])
def test_a_bad_line_loses_frames_and_the_reader_finds_back(fault: str) -> None:
    host = Host()
    host.start()
    host.device.faults.set(fault, "0.2")
    host.run(1000, beat=False)
    assert host.reader.lost > 20
    assert (host.reader.bad == 0) is (fault == "drop")
    lost, bad = host.reader.lost, host.reader.bad
    host.device.faults.set(fault, "0")
    host.run(100)
    host.frames.clear()
    host.run(400)
    assert (host.reader.lost - lost, host.reader.bad - bad) <= (2, 2)
    assert len(host.sample_heads()) == 200


def test_damage_is_the_same_for_the_same_generator() -> None:
    frames = [bytes(range(1, 50)) + b"\0"] * 100
    spoilt = [[Faults(flip=0.3, cut=0.2, garbage=0.3).corrupt(f) for f in frames] for _ in range(2)]
    assert spoilt[0] == spoilt[1]


def test_a_deaf_device_replies_nothing_and_loses_its_host() -> None:
    host = Host()
    host.start(enabled=True)
    host.device.faults.set("deaf", "on")
    assert host.device.feed(b"", host.now_ns) == b""
    with pytest.raises(ValueError, match="not enough values"):
        host.send(ona.HEARTBEAT)
    host.run(1100, beat=False)
    assert host.statuses()[-1]["fault"] == 1


def test_without_stim_frames_the_pulses_are_still_delivered() -> None:
    host = _host(no_stim="on")
    host.start(enabled=True, rate_mhz=5000)
    host.run(500)
    assert host.stims() == []
    evoked = host.device.patient.truth().evoked
    assert evoked is not None
    assert evoked.current_ma == 1.0


@pytest.mark.parametrize("shift_ms", [80, -80])
def test_stim_may_come_late_or_early(shift_ms: int) -> None:
    host = _host(stim_shift_ms=str(shift_ms))
    host.start(enabled=True, rate_mhz=2000)
    host.run(800)
    order = [f for f in host.frames if f.type in {ona.SAMPLES, ona.STIM}]
    place = next(i for i, f in enumerate(order) if f.type == ona.STIM)
    before = struct.unpack("<I", order[place - 1].body[:4])[0]
    assert before == pytest.approx(5000 + 10 * shift_ms, abs=40)
    assert host.reader.lost == 0
    firsts = [first for first, *_ in host.sample_heads()]
    assert firsts == sorted(firsts)


def test_a_stalled_device_is_silent_and_then_sends_it_all() -> None:
    host = Host()
    host.start()
    host.run(100)
    host.frames.clear()
    host.device.stall(host.now_ns + 500 * MS)
    host.run(490, beat=False)
    assert not host.frames
    host.run(100)
    heads = host.sample_heads()
    assert heads[0][0] == 1000
    assert all(b[0] == a[0] + a[1] for a, b in itertools.pairwise(heads))


@pytest.mark.parametrize("how", sorted(WRONG_INFO))
def test_info_can_be_wrong(how: str) -> None:
    good, host = Host(), _host(info=how)
    good.send(ona.HELLO)
    host.send(ona.HELLO)
    assert host.frames[-1].type == ona.INFO
    assert host.frames[-1].body != good.frames[-1].body


def test_a_lead_that_is_off_shows_mains_and_no_muscle() -> None:
    host = Host(seed=5)
    host.start()
    host.run(500)
    without_mains = host.lsb()[:, 1].std()
    host.device.patient.set_lead_off(1, True)
    host.run(100)
    host.frames.clear()
    host.run(500)
    assert host.statuses() == [] or host.statuses()[-1]["lead_off"] == 2
    assert host.lsb()[:, 1].std() > 5 * without_mains
    with pytest.raises(ValueError, match="no channel 2"):
        host.device.patient.set_lead_off(2, True)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("rng", "1", "no fault"),
        ("drop", "2", "within 0 and 1"),
        ("drop", "x", "could not convert"),
        ("deaf", "yes", "on or off"),
        ("info", "odd", "zero-channels"),
        ("stim-shift-ms", "101", "within -100 and 100"),
        ("impedance-kohm", "0", "within"),
    ],
)
def test_the_error_of_a_wrong_setting_lists_what_is_allowed(name: str, value: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Faults().set(name, value)


def test_limits_can_be_set_and_taken_back() -> None:
    faults = Faults()
    faults.set("impedance-kohm", "30")
    assert faults.impedance_kohm == 30.0
    faults.set("impedance-kohm", "off")
    assert faults.impedance_kohm is None
    assert np.isfinite(faults.rng.random())
