"""Helpers of the RHX tests: open the driver on a simulated RHX, and read until its commands are carried out."""

from __future__ import annotations

import time

from drivers.base import Block, DeviceError, Pulse
from drivers.rhx.amplifier import IntanRhx
from tests.drivers.reading import read_for
from tests.drivers.rhx.fake_rhx import FakeRhx

WITHIN_S = 5.0


def opened(fake: FakeRhx, query: str = "") -> IntanRhx:
    return IntanRhx(fake.address.removeprefix("rhx:") + query).connect()


def started(fake: FakeRhx, query: str = "") -> IntanRhx:
    """Return the driver on ``fake``, started as a session starts it: streaming, its output requested off."""
    amplifier = opened(fake, query)
    amplifier.start()
    if "stimulate" in query:
        amplifier.enable(False)
        assert outcome(amplifier, []) is None
    return amplifier


def outcome(amplifier: IntanRhx, blocks: list[Block]) -> DeviceError | None:
    """Return the error of the one command under way, None where it succeeded; add the blocks read to ``blocks``."""
    (error,) = outcomes(amplifier, 1, blocks)
    return error


def outcomes(amplifier: IntanRhx, count: int, blocks: list[Block]) -> list[DeviceError | None]:
    """Return the errors of the next ``count`` commands, None where one succeeded."""
    until = time.monotonic() + WITHIN_S
    errors: list[DeviceError | None] = []
    while len(errors) < count:
        assert time.monotonic() < until, "no outcome"
        blocks += amplifier.read(0.01)
        errors += [each.error for each in amplifier.take_outcomes()]
    return errors


def pulses_of(blocks: list[Block]) -> list[Pulse]:
    """Return the pulses in ``blocks``."""
    return [pulse for block in blocks for pulse in block.pulses]


def give(amplifier: IntanRhx, currents_ma: list[float], width_ms: float = 0.2) -> list[Pulse]:
    """Arm, request a pulse of each current, each after the one before, and return the pulses recorded."""
    blocks: list[Block] = []
    amplifier.enable(True)
    assert outcome(amplifier, blocks) is None
    for current_ma in currents_ma:
        amplifier.pulse_once(current_ma, width_ms)
        refused = outcome(amplifier, blocks)
        assert refused is None, refused
        blocks += read_for(amplifier, 0.1)
    return pulses_of(blocks)
