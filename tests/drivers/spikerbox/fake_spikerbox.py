"""Simulated SpikerShield, written from the reference: frames, in-band messages, and a reset when opened."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from drivers.spikerbox.messages import CLOSING, OPENING
from tests.drivers.pty_device import PtyDevice

TRUE_RATE_HZ = 16e6 / 8 / 199


def message(text: str) -> bytes:
    return OPENING + text.encode() + CLOSING


def ramp(sample: int, channel: int) -> int:
    return (sample + 100 * channel) % 1000


class FakeSpikerShield(PtyDevice):
    """A ramp on each input, 100 steps apart."""

    def __init__(self, folder: Path, *, replies: bool = True, sample_rate_hz: float = TRUE_RATE_HZ) -> None:
        self.channels = 1
        self._replies, self._total_hz = replies, sample_rate_hz
        super().__init__(folder, sample_rate_hz, streaming=True)

    def bytes_of(self, first: int, count: int) -> bytes:
        out = bytearray()
        for sample in range(first, first + count):
            values = [ramp(sample, channel) for channel in range(self.channels)]
            frame = bytearray(b for value in values for b in (value >> 7, value & 0x7F))
            frame[0] |= 0x80
            out += frame
        return bytes(out)

    def reply_to(self, data: bytes) -> bytes:
        setting = re.search(rb"conf s:\d+;c:(\d);", data)
        if setting:
            self.channels = int(setting[1])
            self.sample_rate_hz = self._total_hz / self.channels
            self.restart_clock()
        reply = message("HWT:MUSCLESS;") if self._replies and b"b:;" in data else b""
        return b"\x85" + reply if reply else b""


def frames(values: Iterable[Iterable[int]]) -> bytes:
    """Return the bytes of ``values``, one row a frame."""
    out = bytearray()
    for row in values:
        frame = bytearray(b for value in row for b in (value >> 7, value & 0x7F))
        frame[0] |= 0x80
        out += frame
    return bytes(out)
