"""The address ``sim:SEED``: the real driver, and a patient that can be steered."""

from __future__ import annotations

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


@pytest.mark.parametrize("seed", ["", "x", "-1", "1.5", "٣", "1" * 30])
def test_a_seed_that_is_none_is_a_bad_option(seed: str) -> None:
    with pytest.raises(OptionRefused, match="whole number"):
        drivers.open_device(f"sim:{seed}")


def test_replies_to_lines_sent_without_waiting_are_skipped() -> None:
    with SimulatedDevice(1) as device:
        for _ in range(3):
            device.send("no such word")
        assert "truth" in device.command("truth")
        device.send("hold")
        with pytest.raises(ValueError, match="no command"):
            device.command("fly")
