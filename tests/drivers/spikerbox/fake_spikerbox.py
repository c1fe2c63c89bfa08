"""A simulated SpikerShield, written from the reference: frames, in-band messages, its reset when opened."""

from __future__ import annotations

import re
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

    def __init__(self, folder: Path, *, answers: bool = True, rate_hz: float = TRUE_RATE_HZ) -> None:
        self.channels = 1
        self._answers, self._total_hz = answers, rate_hz
        super().__init__(folder, rate_hz, streaming=True)

    def bytes_of(self, first: int, count: int) -> bytes:
        out = bytearray()
        for sample in range(first, first + count):
            values = [ramp(sample, channel) for channel in range(self.channels)]
            frame = bytearray(b for value in values for b in (value >> 7, value & 0x7F))
            frame[0] |= 0x80
            out += frame
        return bytes(out)

    def told(self, data: bytes) -> bytes:
        asked = re.search(rb"conf s:\d+;c:(\d);", data)
        if asked:
            self.channels = int(asked[1])
            self.rate_hz = self._total_hz / self.channels
            self.restart_clock()
        answer = message("HWT:MUSCLESS;") if self._answers and b"b:;" in data else b""
        return b"\x85" + answer if answer else b""
