"""The address ``sim:SEED``: the real driver, and a patient that can be steered."""

from __future__ import annotations

import contextlib
import os
import time

import pytest

import drivers
from drivers.base import OptionRefused
from drivers.simulated import SimulatedDevice
from drivers.simulated.amplifier import SimulatedAmplifier


def test_it_is_opened_by_its_seed_steered_and_ends_when_closed() -> None:
    amplifier = drivers.open_device("sim:3", sample_rate_hz=5000)
    assert isinstance(amplifier, SimulatedAmplifier)
    assert (amplifier.info.address, amplifier.info.serial) == ("sim:3", "SIM-3")
    amplifier.start()
    device = amplifier._device
    assert device is not None
    before = device.truth()["ahead_mm"]
    amplifier.steer("advance 1")
    amplifier.steer("no such word")
    until = time.monotonic() + 5.0
    while device.truth()["ahead_mm"] > before - 0.5:
        assert time.monotonic() < until
        amplifier.read(0.05)
    pid = device.pid
    amplifier.close()
    amplifier.steer("advance 1")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_needle_that_waits_begins_with_the_stimulator_and_its_depth_is_reported_without_waiting() -> None:
    amplifier = drivers.open_device("sim:3,waits,stays", sample_rate_hz=5000)
    assert isinstance(amplifier, SimulatedAmplifier)
    with contextlib.closing(amplifier):
        amplifier.start()
        assert _depth_within(amplifier, 1.0, 1.5) == 0.0
        amplifier.enable(on=True)
        for _ in range(3):
            amplifier.steer("advance 0.5")
        assert _depth_within(amplifier, 10.0, 1.5) == pytest.approx(1.5)
        assert amplifier._device is not None
        assert amplifier._device.truth()["ahead_mm"]


def _depth_within(amplifier: SimulatedAmplifier, seconds: float, wanted_mm: float) -> float | None:
    """Return the depth reported last, after ``seconds`` or as soon as it is ``wanted_mm``."""
    depth_mm, until_s = None, time.monotonic() + seconds
    while time.monotonic() < until_s and depth_mm != pytest.approx(wanted_mm):
        amplifier.read(0.05)
        depth_mm = amplifier.needle_depth_mm()
    return depth_mm


@pytest.mark.parametrize("seed", ["", "x", "-1", "1.5", "٣", "1" * 30])
def test_a_seed_that_is_none_is_a_bad_option(seed: str) -> None:
    with pytest.raises(OptionRefused, match="whole number"):
        drivers.open_device(f"sim:{seed}")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("sim:1,front=magic", "no front end 'magic'; choose one of open, rail"),
        ("sim:1,back=rail", "'back=rail' is not known; after the seed write needle, waits, stays, or front=KIND"),
    ],
)
def test_a_word_after_the_seed_that_is_none_is_a_bad_option(address: str, why: str) -> None:
    with pytest.raises(OptionRefused, match=why):
        drivers.open_device(address)


def test_a_front_end_and_the_needle_may_both_be_named() -> None:
    amplifier = drivers.open_device("sim:3,needle,front=blank-zero", sample_rate_hz=5000)
    with contextlib.closing(amplifier):
        amplifier.start()
        until = time.monotonic() + 5.0
        while not any(len(block.samples) for block in amplifier.read(0.05)):
            assert time.monotonic() < until
    assert amplifier.info.channels[0].range_uv == pytest.approx(25_000.0)


def test_replies_to_lines_sent_without_waiting_are_skipped() -> None:
    with SimulatedDevice(1) as device:
        for _ in range(3):
            device.send("no such word")
        assert "truth" in device.command("truth")
        device.send("hold")
        with pytest.raises(ValueError, match="no command"):
            device.command("fly")
